/** `.data/run.json`: who runs in this folder, so that a second start finds the first and a later one its remains. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { endProcess, processInfo } from "./processes.ts";

export type Run = {
  launcherPid: number;
  /** The console's address; null until everything is up. */
  url: string | null;
  sandboxUrl: string | null;
  /** Process numbers by name: `server`, `sandbox`, `postgres`. */
  children: Record<string, number>;
};

export type RunFile = { update(change: Partial<Run>): void; remove(): void };

/**
 * Takes the folder for this process, or returns the run that has it. What a killed run left behind is ended first:
 * its server and sandbox here, its postgres by the database's own start.
 */
export async function takeFolder(dataDir: string): Promise<{ taken: RunFile } | { running: Run }> {
  const file = path.join(dataDir, "run.json");
  const run: Run = { launcherPid: process.pid, url: null, sandboxUrl: null, children: {} };
  for (let tries = 0; tries < 10; tries += 1) {
    if (create(file, run)) return { taken: runFile(file, run) };
    const other = read(file);
    if (other && isLauncher(other.launcherPid)) return { running: other };
    await endRemains(other);
    rmSync(file, { force: true });
  }
  throw new Error(`${file} keeps coming back: is another start at work in this folder?`);
}

/** The run in this folder once it is up; its `url` is still null when it is not within `timeoutMs`. */
export async function waitUntilUp(dataDir: string, run: Run, timeoutMs: number): Promise<Run> {
  const file = path.join(dataDir, "run.json");
  let latest = run;
  for (const endsAt = Date.now() + timeoutMs; latest.url === null && Date.now() < endsAt; await delay(100)) {
    latest = read(file) ?? latest;
  }
  return latest;
}

/** The run that is alive in this folder, if any. */
export function findRun(dataDir: string): Run | null {
  const run = read(path.join(dataDir, "run.json"));
  return run && isLauncher(run.launcherPid) ? run : null;
}

/** Ends what a killed run may have left; the numbers may belong to other programs by now, hence the look at them. */
async function endRemains(run: Run | null): Promise<void> {
  for (const [name, pid] of Object.entries(run?.children ?? {})) {
    if (name !== "postgres" && processInfo(pid)?.command.includes(`${name}/main.ts`)) {
      await endProcess(pid, ["SIGTERM", "SIGKILL"], 5_000);
    }
  }
}

function isLauncher(pid: number): boolean {
  return pid !== process.pid && (processInfo(pid)?.command.includes("local/start.ts") ?? false);
}

function create(file: string, run: Run): boolean {
  try {
    writeFileSync(file, JSON.stringify(run), { mode: 0o600, flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** null when there is none, or only the beginning of one that a killed run was writing. */
function read(file: string): Run | null {
  if (!existsSync(file)) return null;
  const text = readFileSync(file, "utf8");
  return text.endsWith("}") ? (JSON.parse(text) as Run) : null;
}

function runFile(file: string, run: Run): RunFile {
  return {
    update(change) {
      Object.assign(run, change);
      writeFileSync(`${file}.new`, JSON.stringify(run), { mode: 0o600 });
      renameSync(`${file}.new`, file);
    },
    remove: () => rmSync(file, { force: true }),
  };
}
