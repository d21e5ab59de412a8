import { once } from "node:events";
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { destroyCluster, startPostgres } from "./postgres.ts";
import { makeLibraryLinks, placeCluster, readRecord } from "./postgres-files.ts";
import { endProcess, processInfo, waitUntilGone } from "./processes.ts";

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;
/** Whether an ordinary user can get at this project at all: not when root has it below a 0700 home. */
const othersMayRead = canPass(fileURLToPath(import.meta.url));

let home: string;
let dataDir: string;
/** A cluster as its first start leaves it. Making one takes longer than all that is done with it here. */
let made: string;
const launchers: ChildProcess[] = [];

beforeAll(async () => {
  made = path.join(mkdtempSync(path.join(tmpdir(), "holdfast-made-")), ".data");
  const server = await startPostgres({ dataDir: made });
  await server.stop();
});
afterAll(async () => {
  await destroyCluster(made);
  rmSync(path.dirname(made), { recursive: true });
});
/** As if the cluster of this data directory had been started once before. */
function startedBefore(dir: string): void {
  mkdirSync(dir, { mode: 0o700 });
  const own = realpathSync(dir);
  const record = readRecord(made);
  if (!record) throw new Error("nothing was made");
  const { clusterDir } = placeCluster(own);
  execFileSync("cp", ["-a", record.clusterDir, clusterDir]);
  copyFileSync(path.join(made, "postgres.password"), path.join(own, "postgres.password"));
  writeFileSync(path.join(own, "postgres.json"), JSON.stringify({ ...record, clusterDir, dataDir: own }));
}

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "holdfast-launcher-")); // 0700, like root's home
  dataDir = path.join(home, ".data");
});
afterEach(async () => {
  for (const child of launchers.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }
  await destroyCluster(dataDir);
  rmSync(home, { recursive: true });
});

function canPass(file: string): boolean {
  const rights = file === path.dirname(file) || canPass(path.dirname(file));
  return rights && (statSync(file).mode & 0o004) !== 0;
}

/** A launcher in a process of its own, so that it can be killed. */
async function launch(as?: { uid: number; gid: number }) {
  const script = fileURLToPath(new URL("hold-postgres.ts", import.meta.url));
  const child = spawn(process.execPath, [script, dataDir], { ...as, stdio: ["ignore", "pipe", "inherit"] });
  launchers.push(child);
  const { value } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  const said = JSON.parse(String(value)) as { ownerUrl: string; pid: number; clusterDir: string };
  return { child, pid: child.pid as number, postgres: said };
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query({ text, rowMode: "array" })).rows.flat();
  } finally {
    await client.end();
  }
}

test("data, port and password are kept between starts, and a stop leaves no process", async () => {
  const first = await startPostgres({ dataDir });
  await query(first.ownerUrl, "CREATE TABLE kept AS SELECT 42 AS answer");
  await first.stop();
  expect(processInfo(first.pid)).toBeNull();
  const second = await startPostgres({ dataDir });
  expect(second.ownerUrl).toBe(first.ownerUrl);
  expect(await query(second.ownerUrl, "SELECT answer FROM kept")).toEqual([42]);
  await second.stop();
});

test("the server is durable, local, asks for the password and sorts the same everywhere", async () => {
  const server = await startPostgres({ dataDir });
  const names = [
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "listen_addresses",
    "unix_socket_directories",
  ];
  const settings = names.map((name) => `current_setting('${name}')`).join(", ");
  expect(await query(server.ownerUrl, `SELECT ${settings}`)).toEqual(["on", "on", "on", "127.0.0.1", ""]);
  expect(
    await query(server.ownerUrl, "SELECT x FROM unnest(ARRAY['b', 'a', 'B', 'Ä']) x ORDER BY x"),
  ).toEqual(["B", "a", "b", "Ä"]);
  expect(await query(server.ownerUrl, "SELECT upper('äß')")).toEqual(["Äß"]);
  const url = new URL(server.ownerUrl);
  url.password = "guess";
  await expect(query(url.href, "SELECT 1")).rejects.toMatchObject({ code: "28P01" });
  expect(statSync(path.join(dataDir, "postgres.password")).mode & 0o777).toBe(0o600);
  await server.stop();
});

test("postgres ends by itself when its launcher is killed", async () => {
  startedBefore(dataDir);
  const { child, postgres } = await launch();
  child.kill("SIGKILL");
  expect(await waitUntilGone(postgres.pid, 10_000)).toBe(true);
});

test.runIf(process.platform === "linux")(
  "an orphan whose guard was killed too is stopped by the next start, its committed data kept",
  async () => {
    startedBefore(dataDir);
    const { child, pid, postgres } = await launch();
    await query(postgres.ownerUrl, "CREATE TABLE kept AS SELECT 42 AS answer");
    process.kill(guardOf(pid), "SIGKILL");
    child.kill("SIGKILL");
    await waitUntilGone(pid, 5_000);
    expect(processInfo(postgres.pid)).not.toBeNull();
    const next = await startPostgres({ dataDir });
    expect(processInfo(postgres.pid)).toBeNull();
    expect(await query(next.ownerUrl, "SELECT answer FROM kept")).toEqual([42]);
    await next.stop();
  },
);

test("after a kill -9 of postgres itself the next start recovers what was committed", async () => {
  startedBefore(dataDir);
  const first = await startPostgres({ dataDir });
  await query(first.ownerUrl, "CREATE TABLE kept AS SELECT 42 AS answer");
  await endProcess(first.pid, ["SIGKILL"], 5_000);
  await first.ended;
  const next = await startPostgres({ dataDir });
  expect(await query(next.ownerUrl, "SELECT answer FROM kept")).toEqual([42]);
  await next.stop();
});

test("a connection that outlives a killed postgres holds the next start up, and does not stop it", async () => {
  startedBefore(dataDir);
  const first = await startPostgres({ dataDir });
  const client = new pg.Client({ connectionString: first.ownerUrl });
  client.on("error", () => undefined);
  await client.connect();
  const [{ pid }] = (await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid")).rows as [
    { pid: number },
  ];
  process.kill(pid, "SIGSTOP");
  await endProcess(first.pid, ["SIGKILL"], 5_000);
  await first.ended;
  const starting = startPostgres({ dataDir });
  const settled = await Promise.race([starting.then(() => true), delay(500, false)]);
  process.kill(pid, "SIGCONT");
  expect(settled).toBe(false);
  const next = await starting;
  expect(await query(next.ownerUrl, "SELECT 1")).toEqual([1]);
  await next.stop();
});

test("a pid file whose number belongs to another program by now is no obstacle", async () => {
  startedBefore(dataDir);
  const first = await startPostgres({ dataDir });
  await first.stop();
  const pidFile = path.join(first.clusterDir, "postmaster.pid");
  writeFileSync(
    pidFile,
    [process.pid, first.clusterDir, 1, first.port, "", "127.0.0.1", "", "ready", ""].join("\n"),
  );
  const next = await startPostgres({ dataDir });
  expect(await query(next.ownerUrl, "SELECT 1")).toEqual([1]);
  await next.stop();
});

test("a second start beside a living one is refused and disturbs nothing", async () => {
  startedBefore(dataDir);
  const { pid, postgres } = await launch();
  await expect(startPostgres({ dataDir })).rejects.toThrow(`in use by process ${pid}`);
  expect(await query(postgres.ownerUrl, "SELECT 1")).toEqual([1]);
});

test("a busy port is passed over", async () => {
  startedBefore(dataDir);
  const first = await startPostgres({ dataDir });
  const otherDir = path.join(home, "other");
  startedBefore(otherDir);
  const second = await startPostgres({ dataDir: otherDir, port: first.port });
  expect(second.port).not.toBe(first.port);
  await second.stop();
  await destroyCluster(otherDir);
  await first.stop();
});

test("a start cut short during initdb is begun anew", async () => {
  const first = await startPostgres({ dataDir });
  await first.stop();
  await destroyCluster(dataDir);
  mkdirSync(`${first.clusterDir}.init`, { recursive: true });
  writeFileSync(path.join(`${first.clusterDir}.init`, "PG_VERSION"), "18\n");
  const next = await startPostgres({ dataDir });
  expect(await query(next.ownerUrl, "SELECT 1")).toEqual([1]);
  await next.stop();
});

test("library links that an install script would have made are made", async () => {
  const native = path.join(home, "native");
  mkdirSync(path.join(native, "lib"), { recursive: true });
  writeFileSync(path.join(native, "lib", "libx.so.1.2"), "x");
  const list = [{ source: "native/lib/libx.so.1.2", target: "native/lib/libx.so.1" }];
  writeFileSync(path.join(native, "pg-symlinks.json"), JSON.stringify(list));
  await makeLibraryLinks(native);
  await makeLibraryLinks(native);
  expect(readFileSync(path.join(native, "lib", "libx.so.1"), "utf8")).toBe("x");
});

test.runIf(isRoot)(
  "root below a 0700 home: the cluster stands where the unprivileged user can reach it",
  async () => {
    const server = await startPostgres({ dataDir });
    expect(server.clusterDir.startsWith("/var/lib/holdfast/")).toBe(true);
    expect(statSync(server.clusterDir)).toMatchObject({ uid: nobody, mode: 0o40700 });
    expect(JSON.parse(readFileSync(path.join(dataDir, "postgres.json"), "utf8"))).toMatchObject({
      clusterDir: server.clusterDir,
    });
    await server.stop();
    await destroyCluster(dataDir);
    expect(existsSync(server.clusterDir)).toBe(false);
  },
);

test.runIf(isRoot)("root: a cluster whose .data was deleted by hand gives way to a new one", async () => {
  const first = await startPostgres({ dataDir });
  await query(first.ownerUrl, "CREATE TABLE lost (id int)");
  await first.stop();
  rmSync(dataDir, { recursive: true });
  const next = await startPostgres({ dataDir });
  expect(await query(next.ownerUrl, "SELECT to_regclass('lost')")).toEqual([null]);
  await next.stop();
});

test.runIf(isRoot && othersMayRead)(
  "an ordinary user: the cluster stands in the data directory, root may go on with it",
  async () => {
    chmodSync(home, 0o755);
    mkdirSync(dataDir, { mode: 0o700 });
    chownSync(dataDir, nobody, nobody);
    const { child, postgres } = await launch({ uid: nobody, gid: nobody });
    expect(postgres.clusterDir).toBe(path.join(dataDir, "postgres"));
    await query(postgres.ownerUrl, "CREATE TABLE kept AS SELECT 42 AS answer");
    child.kill("SIGKILL");
    expect(await waitUntilGone(postgres.pid, 10_000)).toBe(true);
    const asRoot = await startPostgres({ dataDir });
    expect(asRoot.clusterDir).toBe(postgres.clusterDir);
    expect(await query(asRoot.ownerUrl, "SELECT answer FROM kept")).toEqual([42]);
    await asRoot.stop();
  },
);

function guardOf(launcher: number): number {
  const children = readFileSync(`/proc/${launcher}/task/${launcher}/children`, "utf8")
    .trim()
    .split(" ")
    .map(Number);
  const guard = children.find((pid) => processInfo(pid)?.command.includes("guard.sh"));
  if (guard === undefined) throw new Error("the launcher has no guard");
  return guard;
}
