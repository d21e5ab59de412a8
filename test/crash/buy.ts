/** A buyer: a purchase under one Idempotency-Key, tried until it is answered, then paid at the sandbox's page. */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Json } from "../harness/client.ts";
import { count } from "./load.ts";
import type { Party } from "./people.ts";
import type { Product } from "./product.ts";
import type { Random } from "./random.ts";

export type Purchases = {
  begun: number;
  /** Payment id → organization, of those whose page said that it was paid. */
  paid: Map<string, string>;
  /** Never paid, on purpose. */
  abandoned: number;
  /** Answers other than 201, by status and code. */
  refusals: Map<string, number>;
};

const CARDS = { success: "4242424242424242", decline: "4000000000000002" };
const PACKS = ["starter", "team"] as const;
/** Out of ten: declined once and then paid, and never paid. */
const DECLINED = 1;
const ABANDONED = 1;
/** A purchase is given up after this; longer than any outage that the runs make. */
const PATIENCE_MS = 180_000;
const PAUSE_MS = { low: 200, high: 1_500 };

export async function buy(
  product: Product,
  party: Party,
  purchases: Purchases,
  random: Random,
  signal: AbortSignal,
): Promise<void> {
  const fate = random.between(0, 9);
  const body = { pack_key: random.pick(PACKS) };
  purchases.begun += 1;
  const started = await start(party, body, purchases, signal);
  if (started === null) return;
  if (fate < ABANDONED) purchases.abandoned += 1;
  else {
    if (fate < ABANDONED + DECLINED) await pay(product, started.sessionId, CARDS.decline, "open");
    if (await pay(product, started.sessionId, CARDS.success, "complete"))
      purchases.paid.set(started.paymentId, party.orgId);
  }
  await delay(random.between(PAUSE_MS.low, PAUSE_MS.high));
}

type Started = { paymentId: string; sessionId: string };

/** Null when the run ends before it was answered, or when the company did not take it. */
export async function start(
  party: Party,
  body: Json,
  purchases: Purchases,
  signal: AbortSignal,
): Promise<Started | null> {
  const idempotencyKey = randomUUID();
  for (const endsAt = Date.now() + PATIENCE_MS; Date.now() < endsAt;) {
    const answer = await party.owner
      .call("POST", "/api/credits/purchase", { body, idempotencyKey })
      .catch((error: Error) => error);
    if (answer instanceof Error) {
      count(purchases.refusals, "no answer");
      await delay(50);
    } else if (answer.status === 201) {
      return { paymentId: String(answer.body.payment_id), sessionId: String(answer.body.session_id) };
    } else {
      count(purchases.refusals, `${answer.status} ${String(answer.body.code)}`);
      if (![409, 429, 502, 503].includes(answer.status))
        throw new Error(`a purchase was refused: ${answer.status} ${answer.text}`);
      if (signal.aborted) return null;
      const seconds = Number(answer.headers.get("retry-after") ?? 1);
      await delay(Math.min(seconds * 1_000, 2_000));
    }
  }
  return null;
}

/** Sends the page's form until the page says `wanted`; true when it does. A sandbox that is down is tried again. */
async function pay(product: Product, sessionId: string, card: string, wanted: string): Promise<boolean> {
  const form = { number: card, exp: "12/34", cvc: "123", name: "Bo Buyer", email: "buyer@example.com" };
  for (const endsAt = Date.now() + PATIENCE_MS; Date.now() < endsAt; await delay(100)) {
    const page = await show(product, sessionId, form).catch((error: Error) => error);
    if (page instanceof Error) continue;
    if (page.status === wanted) return true;
    if (page.status === "expired") return false;
  }
  return false;
}

export async function show(product: Product, sessionId: string, form: Record<string, string>): Promise<Json> {
  const url = new URL(`/stripe/checkout/${sessionId}`, product.sandboxUrl);
  const answer = await fetch(url, {
    method: "POST",
    headers: { accept: "application/json" },
    body: new URLSearchParams(form),
    signal: AbortSignal.timeout(10_000),
  });
  if (answer.status >= 500) throw new Error(`the page answered ${answer.status}`);
  return (await answer.json()) as Json;
}
