/** A company of the sandbox as the driver sees it: its clock, its weather, its pages, and in the end its books. */
import { createClient, type Client, type Json } from "../harness/client.ts";

export type Stripe = { api_key: string; webhook_secret: string; base_url: string };

/** Of a world whose clock moves only when told; moving it delivers what falls due, in order. */
export type World = {
  readonly stripe: Stripe;
  now(): Promise<Date>;
  advance(ms: number): Promise<void>;
  storm(): Promise<void>;
  calm(): Promise<void>;
  /** Calls Stripe's API as its dashboard would; null when the weather swallowed the answer. */
  call(method: string, path: string, form?: Record<string, string>): Promise<Json | null>;
  /** Posts a form to one of its pages; null when it was not answered. */
  page(url: string, form: Record<string, string>): Promise<Json | null>;
  /** All objects of a list, read in calm weather. */
  list(path: string): Promise<Json[]>;
  remove(): Promise<void>;
};

const HOUR_MS = 3_600_000;
const FORM = { accept: "application/json" };

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
  const stripe = made.stripe as Stripe;
  const authorization = `Bearer ${stripe.api_key}`;
  const call: World["call"] = async (method, path, form = {}) => {
    const query = new URLSearchParams(form);
    const url = `${stripe.base_url}/v1${path}${method === "GET" ? `?${query}` : ""}`;
    const body = method === "GET" ? {} : { body: query };
    return answerOf(fetch(url, { method, ...body, headers: { authorization } }));
  };
  return {
    stripe,
    call,
    now: async () => new Date(String((await ask(control, "GET", `/clock?world=${world}`)).now)),
    advance: async (ms) => void (await ask(control, "POST", "/clock", { world, advance: `${ms}ms` })),
    async storm() {
      for (const fault of STORM) await ask(control, "POST", "/faults", { world, ...fault });
    },
    calm: async () => void (await ask(control, "DELETE", `/faults?world=${world}`)),
    page: (url, form) =>
      answerOf(
        fetch(url, {
          method: "POST",
          body: new URLSearchParams(form),
          headers: FORM,
          redirect: "manual",
        }),
      ),
    async list(path) {
      const rows: Json[] = [];
      for (let after: string | undefined; ;) {
        const page = await call("GET", path, { limit: "100", ...(after ? { starting_after: after } : {}) });
        if (!page || !Array.isArray(page.data))
          throw new Error(`${path} cannot be read: ${JSON.stringify(page)}`);
        rows.push(...(page.data as Json[]));
        after = rows.at(-1)?.id as string | undefined;
        if (page.has_more !== true) return rows;
      }
    },
    remove: async () => void (await control.call("DELETE", `/worlds/${world}`)),
  };
}

async function ask(control: Client, method: string, path: string, body?: Json): Promise<Json> {
  const answer = await control.call(method, path, { ...(body ? { body } : {}), idempotencyKey: null });
  if (answer.status >= 300) throw new Error(`the sandbox refused ${path}: ${answer.text}`);
  return answer.body;
}

async function answerOf(sent: Promise<Response>): Promise<Json | null> {
  try {
    const answer = await sent;
    const body = (await answer.json()) as Json;
    return answer.status < 400 ? body : null;
  } catch {
    // Cut off, or not JSON: the weather.
    return null;
  }
}
