/** A world of the sandbox as the driver holds it: its clock, its weather, and what its companies told of themselves. */
import { createClient, type Client, type Json } from "../harness/client.ts";

export type Credentials = {
  stripe: { api_key: string; webhook_secret: string; base_url: string };
  paypal: {
    client_id: string;
    client_secret: string;
    base_url: string;
    webhook_id: string;
    cert_roots: string;
    cert_hosts: string;
  };
};

/** Its clock moves only when told; moving it delivers what falls due, in order. */
export type World = {
  readonly credentials: Credentials;
  now(): Promise<Date>;
  advance(ms: number): Promise<void>;
  storm(): Promise<void>;
  calm(): Promise<void>;
  remove(): Promise<void>;
};

const HOUR_MS = 3_600_000;

/** Rates per call and per delivery. Nothing waits here for a real clock. */
const STORM: Json[] = [
  ...["reset", "status"].flatMap((fault) =>
    ["done", "none"].map((effect) => ({ on: "call", fault, effect, probability: 0.04 })),
  ),
  { on: "call", fault: "truncate", probability: 0.03 },
  { on: "call", fault: "rate_limit", probability: 0.03, params: { retry_after: 1 } },
  { on: "webhook", fault: "duplicate", probability: 0.2, params: { n: 2 } },
  { on: "webhook", fault: "reorder", probability: 0.3, params: { window_ms: HOUR_MS } },
  { on: "webhook", fault: "delay", probability: 0.1, params: { ms: HOUR_MS } },
  { on: "webhook", fault: "drop", probability: 0.1 },
  { on: "webhook", fault: "corrupt", probability: 0.05 },
  { on: "webhook", fault: "bad_signature", probability: 0.05 },
  { on: "webhook", fault: "old_timestamp", probability: 0.05 },
];

export async function openWorld(
  sandboxUrl: string,
  wanted: { name: string; seed: string; webhookBase: string },
): Promise<World> {
  const control = createClient(`${sandboxUrl}/_sandbox`);
  const world = wanted.name;
  const made = await ask(control, "POST", "/worlds", {
    name: world,
    seed: wanted.seed,
    clock: "manual",
    webhook_base: wanted.webhookBase,
  });
  return {
    credentials: made as unknown as Credentials,
    now: async () => new Date(String((await ask(control, "GET", `/clock?world=${world}`)).now)),
    advance: async (ms) => void (await ask(control, "POST", "/clock", { world, advance: `${ms}ms` })),
    async storm() {
      for (const fault of STORM) await ask(control, "POST", "/faults", { world, ...fault });
    },
    calm: async () => void (await ask(control, "DELETE", `/faults?world=${world}`)),
    remove: async () => void (await control.call("DELETE", `/worlds/${world}`)),
  };
}

async function ask(control: Client, method: string, path: string, body?: Json): Promise<Json> {
  const answer = await control.call(method, path, { ...(body ? { body } : {}), idempotencyKey: null });
  if (answer.status >= 300) throw new Error(`the sandbox refused ${path}: ${answer.text}`);
  return answer.body;
}
