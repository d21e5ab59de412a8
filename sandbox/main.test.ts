/** The process: how it starts, what it keeps through kill -9, how it stops. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let dataDir: string;
const started: ChildProcess[] = [];
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "sandbox-"));
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  rmSync(dataDir, { recursive: true, force: true });
});

async function start(port: number): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(join(import.meta.dirname, "../bin/sandbox"), [], {
    env: { PATH: process.env["PATH"], PORT: String(port), DATA_DIR: dataDir },
    stdio: ["ignore", "pipe", "inherit"],
  });
  started.push(child);
  if (child.stdout === null) throw new Error("no stdout");
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  const ready = JSON.parse(line) as { ready: boolean; port: number };
  expect(ready.ready).toBe(true);
  return { child, port: ready.port };
}
const client = (port: number): Stripe =>
  new Stripe("sk_test_default_abcd1234", { host: "127.0.0.1", port, protocol: "http", telemetry: false });

describe("bin/sandbox", () => {
  it("says when it is ready, keeps every answered write through kill -9, and stops on SIGTERM", async () => {
    const first = await start(0);
    const made: string[] = [];
    let killed = false;
    const stripe = client(first.port);
    const work = (async () => {
      while (!killed) {
        try {
          made.push(
            (await stripe.customers.create({ name: `C${made.length}` }, { maxNetworkRetries: 0 })).id,
          );
        } catch (error) {
          if (!killed) throw error;
        }
        if (made.length === 40) {
          killed = true;
          first.child.kill("SIGKILL");
        }
      }
    })();
    await work;
    await once(first.child, "exit");
    const second = await start(0);
    const kept = new Set<string>();
    for await (const each of client(second.port).customers.list({ limit: 100 })) kept.add(each.id);
    expect(made.filter((id) => !kept.has(id))).toEqual([]);
    const next = await client(second.port).customers.create({ name: "after" });
    expect(kept.has(next.id)).toBe(false);
    second.child.kill("SIGTERM");
    const [code] = (await once(second.child, "exit")) as [number];
    expect(code).toBe(0);
  });

  it("takes the next free port, on the loopback only", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as AddressInfo;
    const { port: given } = await start(port);
    expect(given).toBeGreaterThan(port);
    await new Promise((resolve) => taken.close(resolve));
  });
});
