/**
 * The embedded PostgreSQL: a real server from npm's binaries, as durable as an installed one. It listens on 127.0.0.1
 * only, asks for a password (scram), sorts by C.UTF-8 on every system, keeps its data between starts, and ends with the
 * process that started it, even when that is killed. One postgres process per data directory.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chownSync,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { chmod, chown, mkdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startGuard, type Guard } from "./guard.ts";
import {
  placeCluster,
  prepareBinaries,
  readRecord,
  type ClusterRecord,
  type Runner,
} from "./postgres-files.ts";
import { postgresSettings } from "./postgres-settings.ts";
import { choosePort } from "./ports.ts";
import { endProcess, processInfo } from "./processes.ts";

export type PostgresOptions = {
  /** Holds the password, the log, `postgres.json` and, where possible, the cluster. Made (mode 0700) when missing. */
  dataDir: string;
  /** false loses data in a power cut: for tests only. */
  fsync?: boolean;
  /** Wanted port; the next free one is taken when it is busy. Default: that of the last start, else any. */
  port?: number;
  /** Ends postgres when this process is killed; one of its own by default. */
  guard?: Guard;
};

export type Postgres = {
  /** The cluster's superuser and owner of the database `holdfast`. */
  ownerUrl: string;
  port: number;
  pid: number;
  clusterDir: string;
  /** Settles when the process has ended, by `stop` or by itself. */
  ended: Promise<void>;
  /** Fast shutdown: open transactions are rolled back, a checkpoint is written, the process is gone afterwards. */
  stop(): Promise<void>;
};

const owner = "holdfast_owner";
const database = "holdfast";
const startTimeoutMs = 60_000;
const heldTimeoutMs = 20_000;
const logLimitBytes = 10 * 1024 * 1024;

type Place = { dataDir: string; clusterDir: string; runner: Runner; binaries: string; logFile: string };

export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  const dataDir = realpathSync(options.dataDir);
  const fsync = options.fsync ?? true;
  const { clusterDir, runner, leftover } = placeCluster(dataDir);
  await stopOrphan(clusterDir, readRecord(dataDir)?.launcherPid);
  if (leftover) await rm(clusterDir, { recursive: true });
  const logFile = path.join(dataDir, "postgres.log");
  const place: Place = {
    dataDir,
    clusterDir,
    runner,
    binaries: await prepareBinaries(dataDir, runner),
    logFile,
  };
  const password = await ensureCluster(place, fsync);
  const guard = options.guard ?? startGuard();

  const port = await choosePort(options.port ?? readRecord(dataDir)?.port);
  const child = await launchOnceFree(place, postgresSettings({ port, fsync }));
  const pid = child.pid as number;
  guard.watch(pid, "INT", 20);
  writeRecord({ clusterDir, dataDir, port, pid, launcherPid: process.pid });
  const ended = new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once("exit", () => resolve());
  }).then(() => {
    guard.forget(pid);
    if (!options.guard) guard.close();
  });
  const ownerUrl = `postgres://${owner}:${password}@127.0.0.1:${port}/${database}`;
  return { ownerUrl, port, pid, clusterDir, ended, stop: () => stop(child, ended) };
}

/** Ends the postgres of this data directory, if one was left running, and deletes its cluster. Everything in it is lost. */
export async function destroyCluster(dataDir: string): Promise<void> {
  if (!existsSync(dataDir)) return;
  const real = realpathSync(dataDir);
  const { clusterDir } = placeCluster(real);
  await stopOrphan(clusterDir, readRecord(real)?.launcherPid);
  await rm(clusterDir, { recursive: true, force: true });
  for (const file of ["postgres.json", "postgres.password", "postgres.log"])
    await rm(path.join(real, file), { force: true });
}

/**
 * A killed launcher may leave its postgres behind; it is stopped, which takes a fraction of a second, so that every run
 * has the process it started itself. A pid file whose number meanwhile belongs to another program is removed: postgres
 * would take that program for itself and refuse to start.
 */
async function stopOrphan(clusterDir: string, launcherPid: number | undefined): Promise<void> {
  const pidFile = path.join(clusterDir, "postmaster.pid");
  const known = readIfThere(pidFile);
  if (known === null) return;
  const [pidLine, dirLine] = known.split("\n");
  const pid = Number(pidLine);
  const found = processInfo(pid);
  if (found && dirLine === clusterDir && found.command.includes(clusterDir)) {
    if (found.parent === launcherPid && processInfo(launcherPid)) {
      throw new Error(`the database in ${clusterDir} is in use by process ${launcherPid}`);
    }
    await endProcess(pid, ["SIGINT", "SIGQUIT"], 15_000);
  }
  await rm(pidFile, { force: true });
}

/** Makes the cluster at the first start, all or nothing; returns the owner's password. */
async function ensureCluster(place: Place, fsync: boolean): Promise<string> {
  const passwordFile = path.join(place.dataDir, "postgres.password");
  if (existsSync(path.join(place.clusterDir, "PG_VERSION"))) {
    if (existsSync(passwordFile)) return readFileSync(passwordFile, "utf8").trim();
    throw new Error(
      `${passwordFile} is missing, and with it the way into the data: put it back, or run npm run reset`,
    );
  }
  const password = randomBytes(24).toString("base64url");
  const fresh = `${place.clusterDir}.init`;
  const handover = `${place.clusterDir}.password`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(path.dirname(fresh), { recursive: true, mode: 0o755 });
  await mkdir(fresh, { mode: 0o700 });
  writeFileSync(handover, password, { mode: 0o600 });
  if (place.runner) {
    await chown(fresh, place.runner.uid, place.runner.gid);
    chownSync(handover, place.runner.uid, place.runner.gid);
  }
  const locale = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"];
  const signIn = [`--username=${owner}`, "--auth=scram-sha-256", `--pwfile=${handover}`];
  await run(place, "initdb", [
    "-D",
    fresh,
    ...locale,
    ...signIn,
    "--no-instructions",
    ...(fsync ? [] : ["--no-sync"]),
  ]);
  await rm(handover);
  await run(
    place,
    "postgres",
    ["--single", "-j", "-D", fresh, ...(fsync ? [] : ["-F"]), "postgres"],
    `CREATE DATABASE ${database};\n\n`,
  );
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  await chmod(passwordFile, 0o600);
  // The password is on disk before the cluster carries its name: a start cut short in between begins anew.
  await rename(fresh, place.clusterDir);
  return password;
}

function spawnAs(place: Place, program: string, args: string[], stdin: "pipe" | "ignore"): ChildProcess {
  if (existsSync(place.logFile) && statSync(place.logFile).size > logLimitBytes)
    writeFileSync(place.logFile, "");
  const log = openSync(place.logFile, "a", 0o600);
  try {
    return spawn(path.join(place.binaries, "bin", program), args, {
      ...place.runner,
      cwd: path.dirname(place.clusterDir),
      // Nothing of our environment: PGOPTIONS, LC_* and TZ would reach the server. The bundled libraries name each
      // other without a path.
      env: {
        PATH: "/usr/bin:/bin",
        LC_ALL: "C",
        TZ: "UTC",
        LD_LIBRARY_PATH: path.join(place.binaries, "lib"),
      },
      stdio: [stdin, log, log],
      detached: true, // its own process group: Ctrl-C must reach it only after the server has drained
    });
  } finally {
    closeSync(log);
  }
}

async function run(place: Place, program: string, args: string[], input = ""): Promise<void> {
  const child = spawnAs(place, program, args, "pipe");
  child.stdin?.end(input);
  const code = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (status, signal) => resolve(status ?? signal));
  });
  if (code !== 0) throw new Error(`${program} failed (${String(code)}):\n${logTail(place.logFile)}`);
}

/** The connections of a server that was killed end a moment after it, and none starts as long as they hold its memory. */
async function launchOnceFree(place: Place, settings: string): Promise<ChildProcess> {
  for (const endsAt = Date.now() + heldTimeoutMs; ; await delay(50)) {
    try {
      return await launch(place, settings);
    } catch (error) {
      if (Date.now() >= endsAt || !String(error).includes("shared memory block")) throw error;
    }
  }
}

/** Starts postgres and waits until it takes connections. */
async function launch(place: Place, settings: string): Promise<ChildProcess> {
  const settingsFile = path.join(place.clusterDir, "postgresql.conf");
  writeFileSync(settingsFile, settings, { mode: 0o600 });
  if (place.runner) chownSync(settingsFile, place.runner.uid, place.runner.gid);
  const child = spawnAs(place, "postgres", ["-D", place.clusterDir], "ignore");
  const failed = new Promise<never>((_, reject) => child.once("error", reject));
  failed.catch(() => undefined);
  const pidFile = path.join(place.clusterDir, "postmaster.pid");
  for (const endsAt = Date.now() + startTimeoutMs; ; await Promise.race([delay(5), failed])) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`postgres did not start:\n${logTail(place.logFile)}`);
    }
    // Line 8 of the pid file says "ready" from the moment connections are accepted.
    const lines = readIfThere(pidFile)?.split("\n") ?? [];
    if (Number(lines[0]) === child.pid && lines[7]?.trim() === "ready") break;
    if (Date.now() < endsAt) continue;
    child.kill("SIGQUIT");
    throw new Error(`postgres was not ready after ${startTimeoutMs / 1000} s:\n${logTail(place.logFile)}`);
  }
  child.unref();
  return child;
}

/** Null when there is none: a postgres that ends takes it away at any moment. */
function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.ref();
  if (child.exitCode === null && child.signalCode === null) child.kill("SIGINT");
  const impatient = setTimeout(() => child.kill("SIGQUIT"), 30_000);
  await ended;
  clearTimeout(impatient);
}

function writeRecord(record: ClusterRecord): void {
  writeFileSync(path.join(record.dataDir, "postgres.json"), `${JSON.stringify(record, null, 2)}\n`, {
    mode: 0o600,
  });
}

function logTail(logFile: string): string {
  return readFileSync(logFile, "utf8").split("\n").slice(-15).join("\n");
}
