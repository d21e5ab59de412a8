/** Looking at and ending processes that another run may have started: no assumption that we are their parent. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

export type ProcessInfo = { parent: number; command: string };

/** What the system says about a process, or null when there is none. Linux: /proc (slim images have no `ps`). */
export function processInfo(pid: number): ProcessInfo | null {
  if (!Number.isSafeInteger(pid) || pid <= 0) return null;
  try {
    if (process.platform === "linux") return fromProc(pid);
    const line = execFileSync("ps", ["-o", "state=,ppid=,command=", "-p", String(pid)], {
      encoding: "utf8",
    }).trim();
    const [, state, parent, command] = /^(\S+)\s+(\d+)\s+(.*)$/s.exec(line) ?? [];
    return state && !state.startsWith("Z") ? { parent: Number(parent), command: command ?? "" } : null;
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

function fromProc(pid: number): ProcessInfo | null {
  // The name in parentheses may itself hold spaces and parentheses: read from the last one.
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (state === "Z") return null;
  return {
    parent: Number(parent),
    command: readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim(),
  };
}

/** ENOENT and ESRCH: it ended while we looked; status 1: `ps` knows no such process. */
function isGone(error: unknown): boolean {
  const { code, status } = error as { code?: string; status?: number };
  return code === "ENOENT" || code === "ESRCH" || status === 1;
}

/** Waits until the process is gone; false when it is still there after `timeoutMs`. */
export async function waitUntilGone(pid: number, timeoutMs: number): Promise<boolean> {
  for (const endsAt = Date.now() + timeoutMs; processInfo(pid) !== null; await delay(10)) {
    if (Date.now() > endsAt) return false;
  }
  return true;
}

/** Sends each signal in turn, giving the process `patienceMs` to end after each; throws when it outlives them all. */
export async function endProcess(pid: number, signals: NodeJS.Signals[], patienceMs: number): Promise<void> {
  for (const signal of signals) {
    signalIfAlive(pid, signal);
    if (await waitUntilGone(pid, patienceMs)) return;
  }
  throw new Error(`process ${pid} did not end after ${signals.join(", ")}`);
}

/** Signals a process that may have ended in the meantime. */
export function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
