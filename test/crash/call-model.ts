/** A caller: one model call at one of the doors, as JSON or stream, sometimes left in the middle, sometimes under a key. */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { count } from "./load.ts";
import type { Party } from "./people.ts";
import type { Product } from "./product.ts";
import type { Random } from "./random.ts";

export type Calls = {
  begun: number;
  /** Whole answers, with the cost that they told. */
  complete: { requestId: string; micros: bigint; basis: string }[];
  /** How calls ended for their clients. */
  outcomes: Map<string, number>;
  /** Answers that stopped in the middle without a word: allowed only when the server was killed. */
  silentCuts: { requestId: string; at: number }[];
};

const MODELS = ["openai/gpt-4o-mini", "anthropic/claude-haiku-4.5", "openai/gpt-4o"] as const;
/** Says as many tokens as it is asked for, as slowly as it is asked to. */
const LONG_MODEL = "sandbox/long";
const QUESTIONS = [
  "Summarise: the parcel left on Tuesday, came back on Friday, opened, and nobody knows why.",
  "Draft a short reply to a customer who was charged twice.",
  "Classify as praise or complaint: the new screen is a joy to use.",
] as const;
const EMBEDDING_MODEL = "openai/text-embedding-3-small";
const TIMEOUT_MS = 100_000;
/** A call under a key is sent again after these, as a client library would. */
const SENT_AGAIN = new Set(["no answer", "stream cut", "409"]);
const MAX_TRIES = 40;
const AGAIN_AFTER_MS = 500;
/** Out of ten calls. */
const STREAMED = 6;
const LONG = 4;
const LEFT = 1;
const KEYED = 2;
/** Each as often as it stands here. */
const DOORS: readonly [Door, ...Door[]] = [
  "embeddings",
  ...Array<Door>(5).fill("chat/completions"),
  ...Array<Door>(2).fill("messages"),
  ...Array<Door>(2).fill("responses"),
];

type Door = "chat/completions" | "messages" | "responses" | "embeddings";
type Wish = {
  door: Door;
  body: Record<string, unknown>;
  streamed: boolean;
  leaveAfterMs: number | null;
  key: string | null;
};

export async function callModel(
  product: Product,
  party: Party,
  calls: Calls,
  random: Random,
  signal: AbortSignal,
): Promise<void> {
  const wish = wishOf(random);
  calls.begun += 1;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const outcome = await callOnce(product, party, wish, calls);
    count(calls.outcomes, outcome);
    // Under a key the same call may be sent again, and must not be paid twice.
    if (wish.key === null || !SENT_AGAIN.has(outcome)) break;
    await delay(AGAIN_AFTER_MS);
  }
  if (!signal.aborted) await delay(random.between(0, 60));
}

/** How it ended for the client. */
async function callOnce(product: Product, party: Party, wish: Wish, calls: Calls): Promise<string> {
  const leaving = new AbortController();
  const timer = wish.leaveAfterMs === null ? null : setTimeout(() => leaving.abort(), wish.leaveAfterMs);
  try {
    const answer = await fetch(`${product.url}/v1/${wish.door}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${party.apiKey}`,
        "content-type": "application/json",
        ...(wish.key ? { "idempotency-key": wish.key } : {}),
      },
      body: JSON.stringify(wish.body),
      signal: AbortSignal.any([leaving.signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    return await read(answer, wish, calls);
  } catch (error) {
    if (leaving.signal.aborted) return "left";
    // A server that was killed: the books say what became of the call.
    return (error as Error).name === "TimeoutError" ? "client timeout" : "no answer";
  } finally {
    if (timer) clearTimeout(timer);
  }
}

function wishOf(random: Random): Wish {
  const door = random.pick(DOORS);
  const streamed = door !== "embeddings" && random.between(0, 9) < STREAMED;
  const long = random.between(0, 9) < LONG;
  // One token each 5 ms: up to two seconds, in the middle of which a kill or a fault may come.
  const tokens = long ? random.between(50, 400) : random.between(1, 12);
  const question = `${random.pick(QUESTIONS)} (${random.between(1, 1e9)}, tokens=${tokens} gap=5)`;
  const body = {
    ...bodyOf(door, { model: long ? LONG_MODEL : random.pick(MODELS), tokens, question, user: randomUUID() }),
    // Its bill is what the books are compared with afterwards.
    holdfast: { routing: { only: ["openrouter"] } },
    ...(streamed ? { stream: true } : {}),
  };
  return {
    door,
    body,
    streamed,
    leaveAfterMs: random.between(0, 9) < LEFT ? random.between(20, 800) : null,
    key: random.between(0, 9) < KEYED ? randomUUID() : null,
  };
}

/** The same question in each door's words; `user` comes back in the provider's bill. */
function bodyOf(
  door: Door,
  { model, tokens, question, user }: { model: string; tokens: number; question: string; user: string },
): Record<string, unknown> {
  const messages = [{ role: "user", content: question }];
  if (door === "embeddings") return { model: EMBEDDING_MODEL, input: question, user };
  if (door === "responses") return { model, max_output_tokens: tokens, input: question, user };
  if (door === "messages") return { model, max_tokens: tokens, messages, metadata: { user_id: user } };
  return { model, max_tokens: tokens, messages, user };
}

async function read(answer: Response, wish: Wish, calls: Calls): Promise<string> {
  const requestId = answer.headers.get("x-request-id") ?? "";
  if (answer.status !== 200) {
    await answer.body?.cancel();
    await delay(20);
    return `${answer.status}`;
  }
  if (wish.streamed) return readStream(answer, requestId, wish.door, calls);
  await answer.json();
  const micros = answer.headers.get("x-holdfast-cost-micros");
  const basis = answer.headers.get("x-holdfast-cost-basis") ?? "";
  if (micros !== null) calls.complete.push({ requestId, micros: BigInt(micros), basis });
  return "whole JSON";
}

const COST = /^: cost_micros=(\d+) cost_usd=\S+ basis=(\w+)$/m;

/** How each door's streams end, and how they tell that they broke. */
const ENDS: Record<Exclude<Door, "embeddings">, { whole: RegExp; broken: RegExp }> = {
  "chat/completions": { whole: /^data: \[DONE\]$/m, broken: /^data: \{"error":/m },
  messages: { whole: /^event: message_stop$/m, broken: /^event: error$/m },
  responses: {
    whole: /^event: response\.(completed|incomplete)$/m,
    broken: /^event: (response\.failed|error)$/m,
  },
};

async function readStream(answer: Response, requestId: string, door: Door, calls: Calls): Promise<string> {
  let text = "";
  let broken: Error | null = null;
  const chunks = answer.body?.pipeThrough(new TextDecoderStream());
  try {
    for await (const chunk of chunks ?? []) text += chunk;
  } catch (error) {
    broken = error as Error;
  }
  if (broken && broken.name !== "TypeError") throw broken;
  const [, micros, basis = ""] = COST.exec(text) ?? [];
  if (micros !== undefined) calls.complete.push({ requestId, micros: BigInt(micros), basis });
  const ends = door === "embeddings" ? null : ENDS[door];
  if (ends?.whole.test(text)) return "whole stream";
  if (ends?.broken.test(text)) return "stream with error";
  calls.silentCuts.push({ requestId, at: Date.now() });
  return "stream cut";
}
