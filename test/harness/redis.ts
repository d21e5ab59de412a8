/** A Redis of its own for a test, so that it may be killed. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
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

export async function startRedis(): Promise<TestRedis> {
  const port = await testPort();
  let child: ChildProcess | null = null;
  const start = async () => {
    const flags = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    child = spawn("redis-server", flags, { stdio: "ignore" });
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
