/** A fixed number of model calls while answers go wrong at random at three companies; then each bill beside its charge. */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { buy, type Purchases } from "./buy.ts";
import { compareBills } from "./compare-bills.ts";
import { verifyBooks } from "./compare.ts";
import { SHORT } from "./crash.ts";
import { count } from "./load.ts";
import { makeParties, type Party } from "./people.ts";
import { Product } from "./product.ts";
import { waitUntilQuiet } from "./quiet.ts";
import { createRandom, type Random } from "./random.ts";
import type { Report } from "./report.ts";
import { calm, switchOnModelFaults } from "./weather.ts";

export type BillsOptions = { calls: number; seed: string };

/** What each is asked; one of them has books that are asked later, the others tell usage in the answer or not at all. */
export type BilledCompany = "openrouter" | "openai" | "anthropic";
const COMPANIES: Readonly<Record<BilledCompany, readonly [string, ...string[]]>> = {
  openrouter: ["openai/gpt-4o-mini", "anthropic/claude-haiku-4.5", "openai/gpt-4o"],
  openai: ["openai/gpt-4o-mini", "openai/gpt-4o"],
  anthropic: ["anthropic/claude-haiku-4.5"],
};
export const BILLED: readonly [BilledCompany, ...BilledCompany[]] = ["openrouter", "openai", "anthropic"];

const CALLERS = 12;
/** Out of ten calls. */
const STREAMED = 6;
const QUESTIONS = [
  "Summarise: the parcel left on Tuesday, came back on Friday, opened, and nobody knows why.",
  "Draft a short reply to a customer who was charged twice.",
  "Classify as praise or complaint: the new screen is a joy to use.",
] as const;
const TIMEOUT_MS = 100_000;
/** While a company that failed too often is left alone, a call is not one of those that are counted. */
const UNAVAILABLE = 503;
const AGAIN_AFTER_MS = 500;
const MAX_TRIES = 200;
const QUIET_TIMEOUT_MS = 10 * 60_000;
/** More than all of it costs. */
const ENOUGH_MICROS = 50_000_000n;

export async function bills(report: Report, { calls, seed }: BillsOptions): Promise<void> {
  const random = createRandom(seed);
  const product = await Product.start(SHORT);
  try {
    const parties = await makeParties(product, 1);
    const party = parties[0] as Party;
    await fund(product, party, random.fork("purchases"));
    for (const company of BILLED)
      await product.control("PATCH", `${company}/settings`, { first_token_ms: 5, tokens_per_second: 0 });
    const faults = await switchOnModelFaults(product, random.fork("weather"));
    report.note(`${faults} faults on for ${calls} calls`);
    const outcomes = await makeCalls(product, party, calls, random.fork("calls"));
    report.note(`as their client saw them: ${[...outcomes].map(([name, n]) => `${n} ${name}`).join(", ")}`);
    await calm(product);
    const { left, seconds } = await waitUntilQuiet(product, QUIET_TIMEOUT_MS);
    report.check("everything under way came to its end", left, `${seconds} s after the calls`);
    await compareBills(report, product, calls);
    await verifyBooks(report, parties);
  } finally {
    await product.stop();
  }
  await product.remove();
}

async function fund(product: Product, party: Party, random: Random): Promise<void> {
  const purchases: Purchases = { begun: 0, paid: new Map(), abandoned: 0, refusals: new Map() };
  const never = new AbortController().signal;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    await buy(product, party, purchases, random, never);
    const { body } = await party.owner.call("GET", "/api/tokens/balance");
    if (BigInt(String(body["available_micros"])) >= ENOUGH_MICROS) return;
  }
  throw new Error("the organization got no credits");
}

async function makeCalls(
  product: Product,
  party: Party,
  calls: number,
  random: Random,
): Promise<Map<string, number>> {
  const outcomes = new Map<string, number>();
  const rest = Array.from({ length: calls }, (_, at) => random.fork(String(at))).values();
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      for (const own of rest) count(outcomes, await callUntilTaken(product, party, own));
    }),
  );
  return outcomes;
}

async function callUntilTaken(product: Product, party: Party, random: Random): Promise<string> {
  const body = bodyOf(random);
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const answer = await fetch(`${product.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${party.apiKey}`, "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await answer.text().catch(() => "cut");
    const taken = answer.headers.has("x-holdfast-held-micros");
    if (answer.status !== UNAVAILABLE || taken) return `${answer.status}${text === "cut" ? " cut" : ""}`;
    await delay(AGAIN_AFTER_MS);
  }
  throw new Error("no company came back");
}

function bodyOf(random: Random): Record<string, unknown> {
  const company = random.pick(BILLED);
  return {
    model: random.pick(COMPANIES[company]),
    max_tokens: random.between(20, 400),
    messages: [{ role: "user", content: `${random.pick(QUESTIONS)} (${random.between(1, 1e9)})` }],
    user: randomUUID(),
    // One bill for each call: nobody else is asked when this one fails.
    holdfast: { routing: { only: [company], allow_fallbacks: false } },
    ...(random.between(0, 9) < STREAMED ? { stream: true } : {}),
  };
}
