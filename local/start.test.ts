/** The launcher as a stranger runs it: real processes, a data directory and ports of its own. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitForAnswer } from "./child.ts";
import { destroyCluster } from "./postgres.ts";
import { waitUntilGone } from "./processes.ts";
import { root } from "./project.ts";
import type { Run } from "./run-file.ts";

let dataDir: string;
const launchers: ChildProcess[] = [];
beforeAll(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), "holdfast-start-"));
});
afterAll(async () => {
  for (const launcher of launchers.filter(
    ({ exitCode, signalCode }) => exitCode === null && signalCode === null,
  )) {
    launcher.kill("SIGTERM");
    await once(launcher, "exit");
  }
  await destroyCluster(dataDir);
  rmSync(dataDir, { recursive: true });
});

type Launcher = {
  process: ChildProcess;
  said(text: string): Promise<void>;
  ended: Promise<number | null>;
  output(): string;
};

const start = (...args: string[]): Launcher =>
  launch(process.execPath, path.join(import.meta.dirname, "start.ts"), ...args);

function launch(program: string, ...args: string[]): Launcher {
  const child = spawn(program, args, {
    cwd: root,
    // A clean environment: the test runner sets variables that mean something to the product, BASE_URL among them.
    env: {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      HOLDFAST_DATA: dataDir,
      PORT: "0",
      LOG_LEVEL: "warn",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  launchers.push(child);
  let output = "";
  let waiting: (() => void) | null = null;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      waiting?.();
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  void ended.then(() => waiting?.());
  return {
    process: child,
    ended,
    output: () => output,
    said: (text) =>
      new Promise((resolve, reject) => {
        waiting = () => {
          if (output.includes(text)) resolve();
          else if (child.exitCode !== null)
            reject(new Error(`the launcher ended without saying "${text}":\n${output}`));
        };
        waiting();
      }),
  };
}

function currentRun(): Run & { url: string } {
  return JSON.parse(readFileSync(path.join(dataDir, "run.json"), "utf8")) as Run & { url: string };
}

async function allGone(run: Run): Promise<boolean[]> {
  return Promise.all(Object.values(run.children).map((pid) => waitUntilGone(pid, 20_000)));
}

test(
  "up with its demo, and by npm again with the same data; an interrupt leaves no process",
  { timeout: 120_000 },
  async () => {
    for (const begin of [start, () => launch("npm", "start")]) {
      const launcher = begin();
      await launcher.said("Ctrl-C stops everything");
      expect(launcher.output()).toMatch(/API key +hf_test_/);
      expect(launcher.output()).not.toContain("not complete");
      const run = currentRun();
      expect((await fetch(`${run.url}/health`)).status).toBe(200);
      launcher.process.kill("SIGINT");
      expect(await launcher.ended).toBe(0);
      expect(await allGone(run)).toEqual([true, true, true]);
      expect(existsSync(path.join(dataDir, "run.json"))).toBe(false);
    }
  },
);

test(
  "a second start says where the first runs; each killed part is back, the launcher's death ends all",
  { timeout: 120_000 },
  async () => {
    const launcher = start("--empty");
    await launcher.said("Ctrl-C stops everything");
    const { url } = currentRun();

    const second = start("--empty");
    expect(await second.ended).toBe(0);
    expect(second.output()).toContain(`Holdfast runs already: ${url}`);

    for (const name of ["server", "sandbox", "postgres"]) {
      process.kill(currentRun().children[name] as number, "SIGKILL");
      await launcher.said(`${name}: `);
      expect(await waitForAnswer(`${url}/ready`, 20_000), launcher.output()).toBe(true);
    }

    const run = currentRun();
    launcher.process.kill("SIGKILL");
    expect(await allGone(run)).toEqual([true, true, true]);
    const next = start("--empty");
    await next.said("Ctrl-C stops everything");
    next.process.kill("SIGTERM");
    expect(await next.ended).toBe(0);
  },
);
