/** A Redis of its own for a test, so that it may be killed. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { testPort } from "./ports.ts";

export type TestRedis = {
  readonly url: string;
  /** Ends it at once, as a crash would; what it held is lost. */
  kill(): Promise<void>;
  /** It stops answering, and its connections stay open. */
  freeze(): void;
  thaw(): void;
  /** Starts it again, empty, on the same port. */
  start(): Promise<void>;
};

const READY_TIMEOUT_MS = 5_000;

/** Where no server is installed, tests that need one are left out. */
export const redisInstalled = spawnSync("redis-server", ["--version"]).status === 0;

export async function startRedis(flags: readonly string[] = []): Promise<TestRedis> {
  const port = await testPort();
  let child: ChildProcess | null = null;
  const start = async () => {
    const own = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    child = spawn("redis-server", [...own, ...flags], { stdio: "ignore" });
    if (!(await answers(port))) throw new Error("redis-server does not answer");
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    start,
    freeze: () => void child?.kill("SIGSTOP"),
    thaw: () => void child?.kill("SIGCONT"),
    async kill() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}

const CLUSTER_SERVERS = 3;

/** A cluster without replicas: what a killed server held is away. */
export async function startRedisCluster(): Promise<{
  readonly url: string;
  readonly servers: readonly TestRedis[];
  close(): Promise<void>;
}> {
  const dir = await mkdtemp(path.join(tmpdir(), "holdfast-cluster-"));
  const servers: TestRedis[] = [];
  for (let at = 0; at < CLUSTER_SERVERS; at += 1) {
    const busPort = String(await testPort());
    const own = ["--cluster-config-file", path.join(dir, `${at}.conf`), "--cluster-port", busPort];
    servers.push(await startRedis(["--cluster-enabled", "yes", "--cluster-node-timeout", "500", ...own]));
  }
  const addresses = servers.map(({ url }) => new URL(url).host);
  const made = spawnSync("redis-cli", ["--cluster", "create", ...addresses, "--cluster-yes"]);
  if (made.status !== 0) throw new Error(`no cluster: ${made.stdout.toString()}`);
  return {
    url: servers.map(({ url }) => url).join(","),
    servers,
    async close() {
      await Promise.all(servers.map((server) => server.kill()));
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function answers(port: number): Promise<boolean> {
  for (const endsAt = Date.now() + READY_TIMEOUT_MS; Date.now() < endsAt; await delay(20)) {
    const socket = connect({ port, host: "127.0.0.1" });
    const up = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (up) return true;
  }
  return false;
}
