import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { processInfo } from "./processes.ts";
import { findRun, takeFolder } from "./run-file.ts";
import { openSecrets } from "./secrets.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), "holdfast-run-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** A process whose command line names the given script of ours; it only waits. */
function standIn(script: string) {
  const file = path.join(dir, script);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, "setInterval(() => {}, 1e6);");
  const child = spawn(process.execPath, [file], { stdio: "ignore" });
  return { pid: child.pid as number, ended: new Promise((resolve) => child.once("exit", resolve)), child };
}

function leaveBehind(launcherPid: number, children: Record<string, number>): void {
  const run = { launcherPid, url: "http://localhost:3000", sandboxUrl: null, children };
  writeFileSync(path.join(dir, "run.json"), JSON.stringify(run));
}

test("the folder is taken once and is free again after the run", async () => {
  const first = await takeFolder(dir);
  if (!("taken" in first)) throw new Error("the folder was not free");
  first.taken.update({ url: "http://localhost:3000" });
  expect(JSON.parse(readFileSync(path.join(dir, "run.json"), "utf8"))).toMatchObject({
    url: "http://localhost:3000",
  });
  first.taken.remove();
  expect(existsSync(path.join(dir, "run.json"))).toBe(false);
});

test("a living launcher keeps the folder", async () => {
  const launcher = standIn("local/start.ts");
  leaveBehind(launcher.pid, {});
  expect(await takeFolder(dir)).toMatchObject({
    running: { launcherPid: launcher.pid, url: "http://localhost:3000" },
  });
  expect(findRun(dir)?.launcherPid).toBe(launcher.pid);
  launcher.child.kill();
  await launcher.ended;
});

test("after a killed launcher its server is ended, another program with a reused number is not", async () => {
  const server = standIn("server/main.ts");
  const stranger = standIn("elsewhere/main.ts");
  leaveBehind(2 ** 22, { server: server.pid, sandbox: stranger.pid });
  expect(await takeFolder(dir)).toHaveProperty("taken");
  await server.ended;
  expect(processInfo(stranger.pid)).not.toBeNull();
  stranger.child.kill();
  await stranger.ended;
});

test("half a run file of a run killed while writing it is no obstacle", async () => {
  writeFileSync(path.join(dir, "run.json"), '{"launcherPid":');
  expect(await takeFolder(dir)).toHaveProperty("taken");
});

test("a secret is made once, long enough, and readable by its owner only", () => {
  const made = openSecrets(dir)("session");
  expect(Buffer.from(made, "base64url").length).toBe(32);
  expect(openSecrets(dir)("session")).toBe(made);
  expect(openSecrets(dir)("other")).not.toBe(made);
  expect(statSync(path.join(dir, "secrets.json")).mode & 0o777).toBe(0o600);
});
