/**
 * The demo organization, made through the public API as any client would: an owner, a key, a paid purchase, calls of
 * models, a payment event that broke a rule. The purchase has an idempotency key of its own, so that a start cut short
 * goes on with the same one.
 */
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { DemoClient, Refused } from "./demo-client.ts";
import { payCheckout, payWrongly } from "./demo-payments.ts";
import type { Credentials } from "./sandbox.ts";
import type { Secrets } from "./secrets.ts";

export type Demo = {
  email: string;
  password: string;
  apiKey: string | null;
  /** Signs in once, without the password. */
  signInUrl: string | null;
  /** Why something of it is missing; null when it is whole. */
  fault: string | null;
};

/** What `demo.json` keeps: the key, whose secret the API tells once only, and whether all else is made. */
type State = { apiKey: string; complete: boolean };

export type DemoOptions = {
  port: number;
  baseUrl: string;
  dataDir: string;
  secrets: Secrets;
  credentials: Credentials;
};

const email = "demo@holdfast.example";
const pack = "starter";
const effectTimeoutMs = 20_000;
/** Stays below the 100 calls a minute that one person has. */
const askMs = 250;
const calls = [
  { model: "openai/gpt-4o-mini", ask: "Summarise: the parcel left Tuesday and came back on Friday, opened." },
  { model: "openai/gpt-4o-mini", ask: "Classify as praise or complaint: the new screen is a joy to use." },
  { model: "anthropic/claude-haiku-4.5", ask: "Draft a short reply to a customer who was charged twice." },
];

/**
 * Makes what is still missing and signs the owner in. Without its data the product is still whole: then `fault` says
 * why, and the next start goes on there.
 */
export async function makeDemo(options: DemoOptions): Promise<Demo> {
  const { port, baseUrl, dataDir, secrets, credentials } = options;
  const password = secrets("demo_password");
  const client = new DemoClient(`http://127.0.0.1:${port}`, baseUrl);
  const file = path.join(dataDir, "demo.json");
  const demo: Demo = { email, password, apiKey: null, signInUrl: null, fault: null };
  const state = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as State) : null;
  try {
    if (!state) await setUp(client, password, secrets("setup_token"));
    await client.signIn(email, password);
    demo.signInUrl = String((await client.call("POST", "/api/auth/sign-in-links", { body: {} }))?.["url"]);
    demo.apiKey = state?.apiKey ?? (await makeKey(client));
    if (!state) writeState(file, { apiKey: demo.apiKey, complete: false });
    if (!state?.complete) {
      const paymentId = await buy(client);
      await Promise.all([callModels(client, demo.apiKey), payWrongly(credentials, paymentId)]);
      writeState(file, { apiKey: demo.apiKey, complete: true });
    }
  } catch (error) {
    demo.fault = (error as Error).message;
  }
  return demo;
}

function writeState(file: string, state: State): void {
  writeFileSync(file, JSON.stringify(state), { mode: 0o600 });
}

/** The first person of an installation becomes its operator; the server refuses a second. */
async function setUp(client: DemoClient, password: string, token: string): Promise<void> {
  const body = { token, email, password, full_name: "Dana Demo" };
  await client.call("POST", "/api/admin/setup", { body }).catch((error: Error) => {
    if (!(error instanceof Refused && error.status === 410)) throw error;
  });
}

/** The secret is told once only: a start cut short before it was written down makes another key. */
async function makeKey(client: DemoClient): Promise<string> {
  const body = { name: "Demo", mode: "test", scopes: ["gateway.use"] };
  const key = await client.call("POST", "/api/api-keys", { body, idempotencyKey: randomUUID() });
  return String(key?.["secret"]);
}

/** Buys the smallest pack with a test card and waits until the credits are there. Returns the payment's id. */
async function buy(client: DemoClient): Promise<string> {
  const body = { pack_key: pack };
  const purchase = await client.call("POST", "/api/credits/purchase", {
    body,
    idempotencyKey: "demo-purchase",
  });
  const session = `/checkout/session/${String(purchase?.["session_id"])}`;
  if ((await client.call("GET", session))?.["status"] === "open")
    await payCheckout(String(purchase?.["url"]));
  for (const endsAt = Date.now() + effectTimeoutMs; ; await delay(askMs)) {
    const payment = await client.call("GET", `/api/payments/${String(purchase?.["payment_id"])}`);
    if (payment?.["status"] === "succeeded") return String(payment["id"]);
    if (Date.now() > endsAt)
      throw new Error("the demo purchase was paid, but its credits did not arrive within 20 s");
  }
}

async function callModels(client: DemoClient, apiKey: string): Promise<void> {
  // One after the other: the free plan lets two run at once.
  for (const { model, ask } of calls) {
    const body = { model, max_tokens: 60, messages: [{ role: "user", content: ask }] };
    await client.call("POST", "/v1/chat/completions", { body, bearer: apiKey });
  }
}
