/**
 * Ends the children when their parent dies in a way it cannot handle (kill -9). A small shell process of its own session
 * reads from a pipe that only the parent holds: when the pipe ends, it signals what is still on its list, newest first.
 */
import { spawn } from "node:child_process";

export type Guard = {
  /** Ends this process with `signal` (KILL after `patienceSeconds`) if the parent dies. */
  watch(pid: number, signal: "TERM" | "INT", patienceSeconds: number): void;
  /** To be called as soon as a watched process has ended: its number may be given to another. */
  forget(pid: number): void;
  /** Lets the guard go without touching what is on its list. */
  close(): void;
};

const script = `
list=""
while read -r verb pid signal patience; do
  case "$verb" in
    watch) list="$pid:$signal:$patience $list" ;;
    forget)
      kept=""
      for entry in $list; do [ "\${entry%%:*}" = "$pid" ] || kept="$kept$entry "; done
      list="$kept" ;;
    close) exit 0 ;;
  esac
done
for entry in $list; do
  pid=\${entry%%:*}; rest=\${entry#*:}; signal=\${rest%%:*}; left=\$(( \${rest#*:} * 10 ))
  kill -"$signal" "$pid" 2>/dev/null || continue
  while kill -0 "$pid" 2>/dev/null; do
    [ "$left" -gt 0 ] || { kill -KILL "$pid" 2>/dev/null; break; }
    left=$((left - 1)); sleep 0.1
  done
done
`;

export function startGuard(): Guard {
  const shell = spawn("/bin/sh", ["-c", script, "holdfast-guard"], {
    detached: true, // out of the terminal's foreground group: Ctrl-C must not end it before the parent has stopped
    cwd: "/",
    stdio: ["pipe", "ignore", "ignore"],
  });
  shell.unref();
  const pipe = shell.stdin as typeof shell.stdin & { unref(): void };
  pipe.unref();
  const fault = (error: Error) =>
    process.emitWarning(`the guard of the child processes is gone: ${error.message}`);
  shell.on("error", fault);
  pipe.on("error", fault);
  return {
    watch: (pid, signal, patienceSeconds) => void pipe.write(`watch ${pid} ${signal} ${patienceSeconds}\n`),
    forget: (pid) => void pipe.write(`forget ${pid}\n`),
    close: () => void pipe.end("close\n"),
  };
}
