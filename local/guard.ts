/**
 * Ends the children when their parent dies in a way it cannot handle (kill -9). A small shell process in a session of its
 * own (`guard.sh`) reads from a pipe that only the parent holds: when the pipe ends, it ends what is still on its list.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export type Guard = {
  /** Ends this process with `signal` (KILL after `patienceSeconds`) if the parent dies; the newest entry first. */
  watch(pid: number, signal: "TERM" | "INT", patienceSeconds: number): void;
  /** To be called as soon as a watched process has ended: its number may be given to another. */
  forget(pid: number): void;
  /** Lets the guard go without touching what is on its list. */
  close(): void;
};

export function startGuard(): Guard {
  const shell = spawn("/bin/sh", [fileURLToPath(new URL("guard.sh", import.meta.url))], {
    detached: true, // out of the terminal's foreground group: Ctrl-C must not end it before the parent has stopped
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
