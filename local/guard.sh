#!/bin/sh
# Reads "watch PID SIGNAL SECONDS" and "forget PID" from a pipe that only the launcher holds. When the pipe ends, the
# launcher is dead: what is still on the list is told to end, newest first, and killed when it takes longer than SECONDS.

# In a container whose first process reaps nobody, the dead stay as zombies: those count as gone.
alive() { kill -0 "$1" 2>/dev/null && ! grep -q "^State:.Z" "/proc/$1/status" 2>/dev/null; }

list=""
while read -r verb pid signal seconds; do
  case "$verb" in
    watch) list="$pid:$signal:$seconds $list" ;;
    forget)
      kept=""
      for entry in $list; do [ "${entry%%:*}" = "$pid" ] || kept="$kept$entry "; done
      list="$kept" ;;
    close) exit 0 ;;
  esac
done

for entry in $list; do
  IFS=: read -r pid signal seconds <<END
$entry
END
  kill -"$signal" "$pid" 2>/dev/null || continue
  tenths=$((seconds * 10))
  while alive "$pid"; do
    [ "$tenths" -gt 0 ] || { kill -KILL "$pid" 2>/dev/null; break; }
    tenths=$((tenths - 1))
    sleep 0.1
  done
done
