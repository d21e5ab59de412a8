import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startGuard, type Guard } from "./guard.ts";
import { startSandbox, type Sandbox } from "./sandbox.ts";

let dir: string;
let guard: Guard;

beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), "holdfast-local-sandbox-"));
  guard = startGuard();
});
afterEach(() => {
  guard.close();
  rmSync(dir, { recursive: true });
});

function start(name: string, started: () => void = () => undefined): Promise<Sandbox> {
  const ignore = (): void => undefined;
  return startSandbox({
    dataDir: path.join(dir, name),
    guard,
    line: ignore,
    started,
    restarting: ignore,
    lost: ignore,
  });
}

test("one started before another listens never shares its port, nor its webhooks", async () => {
  const { promise: second, resolve } = Promise.withResolvers<Sandbox>();
  const sandboxes = await Promise.all([start("one", () => resolve(start("two"))), second]);
  try {
    const [one, two] = sandboxes;
    await one.introduce("http://127.0.0.1:1/webhooks");
    await two.introduce("http://127.0.0.1:2/webhooks");
    const answer = await fetch(`${one.url}/_sandbox/worlds/default`);
    expect(await answer.json()).toMatchObject({ webhook_base: "http://127.0.0.1:1/webhooks" });
  } finally {
    await Promise.all(sandboxes.map((sandbox) => sandbox.stop()));
  }
}, 30_000);
