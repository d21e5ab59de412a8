/** What processes have used of the cores and of memory, by the system's own count. Linux only; elsewhere NaN. */
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** /proc counts in hundredths of a second on every Linux that we know. */
const TICK_MS = 10;
const linux = process.platform === "linux";

/** Of one process and those it has started itself; for postgres that is the server with its connections. */
export function cpuMs(pid: number): number {
  if (!linux) return Number.NaN;
  return [pid, ...childrenOf(pid)].reduce((sum, each) => sum + own(each), 0);
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
    .trim()
    .split(" ")
    .filter(Boolean)
    .map(Number);
}

/** 0 for a process that has ended meanwhile. */
function own(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return 0;
    throw error;
  }
}

/** Resident memory of one process. */
export function rssMb(pid: number): number {
  if (!linux) return Number.NaN;
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib) / 1_024;
}

/** How much of the machine others use while we do nothing, in percent. */
export async function othersPercent(ms: number): Promise<number> {
  if (!linux) return Number.NaN;
  const before = machine();
  await delay(ms);
  const after = machine();
  return (100 * (after.busy - before.busy)) / (after.all - before.all);
}

function machine(): { busy: number; all: number } {
  const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n", 1);
  const times = line.split(/\s+/).slice(1, 9).map(Number);
  const all = times.reduce((sum, time) => sum + time, 0);
  return { all, busy: all - (times[3] ?? 0) - (times[4] ?? 0) };
}
