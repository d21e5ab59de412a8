/**
 * A story recorded at Stripe's sandbox: purchases that end paid, refunded, declined, held up at 3-D Secure and expired. The
 * sandbox stays, so that whoever replays the events can ask for the payments as they stand at the end.
 */
import { startSandbox } from "../../sandbox/main.ts";
import { createClient, type Client, type Json } from "../harness/client.ts";

export type Till = {
  readonly apiKey: string;
  readonly webhookSecret: string;
  readonly baseUrl: string;
  /** Pays on the checkout page; cards of Stripe's own list. */
  pay(url: string, card: string): Promise<void>;
  /** Answers 3-D Secure. */
  authenticate(url: string, outcome: "complete" | "fail"): Promise<void>;
  /** Calls Stripe's API, as its dashboard would. */
  post(path: string, form?: Record<string, string>): Promise<Json>;
  /** The company's clock, which moves only when told. */
  now(): Promise<Date>;
  advance(time: string): Promise<void>;
  /** Every event so far as it would be delivered, oldest first. */
  events(): Promise<string[]>;
  close(): Promise<void>;
};

const WORLD = "replay";
type Credentials = { stripe: { api_key: string; webhook_secret: string; base_url: string } };

export async function openTill(): Promise<Till> {
  const sandbox = await startSandbox();
  const control = createClient(`${sandbox.url}/_sandbox`);
  const world = { name: WORLD, clock: "manual" };
  const { stripe } = (await ok<Credentials>(control, "/worlds", world)) as Credentials;
  const authorization = `Bearer ${stripe.api_key}`;
  const page = (url: string, form: Record<string, string>) =>
    send(url, { method: "POST", body: new URLSearchParams(form), headers: { accept: "application/json" } });
  return {
    apiKey: stripe.api_key,
    webhookSecret: stripe.webhook_secret,
    baseUrl: stripe.base_url,
    pay: async (url, number) =>
      void (await page(url, { number, exp: "12/34", cvc: "123", name: "Ada", email: "ada@example.com" })),
    authenticate: async (url, outcome) => void (await page(`${url}/authenticate`, { outcome })),
    async post(path, form = {}) {
      const init = { method: "POST", body: new URLSearchParams(form), headers: { authorization } };
      const answer = await send(`${stripe.base_url}/v1${path}`, init);
      if (answer.error) throw new Error(`Stripe refused: ${JSON.stringify(answer)}`);
      return answer;
    },
    async now() {
      const { body } = await control.call<{ now: string }>("GET", `/clock?world=${WORLD}`);
      return new Date(body.now);
    },
    advance: async (time) => void (await ok(control, "/clock", { world: WORLD, advance: time })),
    async events() {
      const list = await send(`${stripe.base_url}/v1/events?limit=100`, { headers: { authorization } });
      if (list.has_more) throw new Error("the story is longer than one page of events");
      return (list.data as Json[]).map((event) => JSON.stringify(event)).toReversed();
    },
    close: () => sandbox.close(),
  };
}

async function ok<Body>(control: Client, path: string, body: Json): Promise<Body> {
  const answer = await control.call<Body>("POST", path, { body, idempotencyKey: null });
  if (answer.status >= 300) throw new Error(`the sandbox refused ${path}: ${answer.text}`);
  return answer.body;
}

async function send(url: string, init: RequestInit): Promise<Json> {
  return (await (await fetch(url, { ...init, redirect: "manual" })).json()) as Json;
}
