import { once } from "node:events";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keepRunning, type Child } from "./child.ts";
import { startGuard, type Guard } from "./guard.ts";
import { processInfo, waitUntilGone } from "./processes.ts";

let dir: string;
let guard: Guard;
let child: Child | undefined;
/** What the launcher was told, in order. */
let told: string[];
let waiting: { text: string; resolve: () => void } | null;

beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), "holdfast-child-"));
  guard = startGuard();
  told = [];
  waiting = null;
});
afterEach(async () => {
  await child?.stop();
  child = undefined;
  guard.close();
  rmSync(dir, { recursive: true });
});

function tell(text: string): void {
  told.push(text);
  if (waiting && told.join(" ").includes(waiting.text)) waiting.resolve();
}

async function untilTold(text: string): Promise<void> {
  if (!told.join(" ").includes(text)) await new Promise<void>((resolve) => (waiting = { text, resolve }));
}

let pids: number[] = [];
function run(script: string): Child {
  pids = [];
  const file = path.join(dir, "child.mjs");
  writeFileSync(file, script);
  child = keepRunning({
    name: "child",
    args: [file],
    env: process.env,
    guard,
    patienceSeconds: 5,
    line: (text) => tell(`line:${text}`),
    started: (pid) => void pids.push(pid),
    restarting: (how) => tell(`restarting:${how}`),
    lost: (how) => tell(`lost:${how}`),
  });
  return child;
}

const lives = "console.log('up'); setInterval(() => {}, 1e6);";

test("a killed process is started again at once, before as well as after it was ready", async () => {
  const running = run(lives);
  await untilTold("line:up");
  process.kill(pids[0] as number, "SIGKILL");
  await untilTold("restarting:killed by SIGKILL line:up");
  running.ready();
  for (let kills = 1; kills <= 8; kills += 1) {
    process.kill(pids.at(-1) as number, "SIGKILL");
    const expected = told.length + 2;
    while (told.length < expected) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(pids.length).toBe(10);
  expect(told.some((text) => text.startsWith("lost"))).toBe(false);
});

test("a process that ends by itself before it was ready is not started again", async () => {
  run("console.error('PORT is not a number'); process.exit(1);");
  await untilTold("lost:exit 1");
  expect(pids.length).toBe(1);
  expect(told).toContain("line:PORT is not a number");
});

test("stopping ends the process and starts no other", async () => {
  const polite = run("process.on('SIGTERM', () => { console.log('bye'); process.exit(0); });" + lives);
  await untilTold("line:up");
  await polite.stop();
  expect(processInfo(pids[0] as number)).toBeNull();
  expect(told.some((text) => text.startsWith("restarting"))).toBe(false);
});

test("children end when their launcher is killed", async () => {
  const launcher = path.join(dir, "launcher.mjs");
  const door = (name: string) => JSON.stringify(pathToFileURL(path.join(import.meta.dirname, name)).href);
  writeFileSync(path.join(dir, "deaf.mjs"), lives);
  writeFileSync(
    launcher,
    `import { keepRunning } from ${door("child.ts")};
     import { startGuard } from ${door("guard.ts")};
     const nothing = () => {};
     keepRunning({ name: "child", args: [${JSON.stringify(path.join(dir, "deaf.mjs"))}], env: process.env, guard: startGuard(),
       patienceSeconds: 5, line: nothing, started: (pid) => console.log(pid), restarting: nothing, lost: nothing });
     setInterval(nothing, 1e6);`,
  );
  const parent = spawn(process.execPath, [launcher], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(createInterface({ input: parent.stdout }), "line")) as [string];
  expect(processInfo(Number(line))).not.toBeNull();
  parent.kill("SIGKILL");
  expect(await waitUntilGone(Number(line), 10_000)).toBe(true);
});
