import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { choosePort } from "../../../local/ports.ts";
import { startBaseline, stopChild } from "../child.ts";
import type { LoadOptions, LoadResult } from "./load.ts";

export type Running = { url: string; stop(): Promise<void> };

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
export const PORTKEY = here("../baselines/node_modules/@portkey-ai/gateway/build/start-server.js");

export async function startPassthrough(upstream: string): Promise<Running> {
  const { url, stop } = await startBaseline(here("passthrough.ts"), upstream);
  return { url: `${url}/v1/chat/completions`, stop };
}

/** Portkey's gateway as it comes, without its own console and logs. */
export async function startPortkey(): Promise<Running> {
  const port = await choosePort();
  const child = spawn(process.execPath, [PORTKEY, `--port=${port}`, "--headless"], {
    stdio: "ignore",
    env: { ...process.env, NODE_ENV: "production" },
  });
  await listening(port);
  return { url: `http://127.0.0.1:${port}/v1/chat/completions`, stop: () => stopChild(child) };
}

async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const socket = connect(port, "127.0.0.1");
    const open = await Promise.race([
      once(socket, "connect").then(() => true),
      once(socket, "error").then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (open) return;
    await delay(50);
  }
  throw new Error(`nothing listens on ${port}`);
}

/** Runs the load in a process of its own. */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const child = spawn(process.execPath, [here("load.ts"), JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const pieces: Buffer[] = [];
  child.stdout.on("data", (piece: Buffer) => pieces.push(piece));
  const [code] = (await once(child, "close")) as [number];
  if (code !== 0) throw new Error("the load generator failed");
  return JSON.parse(Buffer.concat(pieces).toString()) as LoadResult;
}
