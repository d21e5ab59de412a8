import { withTx } from "../../../platform/db/index.ts";
import { Problem } from "../../../platform/problem.ts";
import type { Chat, Fields } from "../call/chat.ts";
import { innerCall } from "../call/inner-call.ts";
import type { Waiting } from "../call/relay/left.ts";
import { personOf, type Spender } from "../limits/bound.ts";
import type { Routing } from "../routing/routing.ts";
import type { Gateway } from "../settling/state.ts";
import { NOTE_TOKENS, SUMMARY_TOKENS, type Plan } from "./plan.ts";
import { keepSummary, useSummaries } from "./store.ts";
import { prefixHashes, summaryPrompt, transcriptOf } from "./transcript.ts";

/** What can stand for the turns left out. */
export type Prospect = {
  /** How many units of the plan they are. */
  leaves: number;
  /** A kept summary; null where there is none. */
  text: string | null;
  /** What a new one is asked for with; null where none is wanted. */
  asks: { hash: Buffer; ownerId: string; messages: Fields[] } | null;
};
/** Null where turns are only left out. */
export type Summary = { text: string | null; costMicros: bigint };

/** Shorter turns are left out without a word. */
const LEAST_TOKENS = 2 * NOTE_TOKENS;

export type Wanted = {
  chat: Chat;
  messages: readonly Fields[];
  tokens: readonly number[];
  plan: Plan;
  window: number;
};
export type Asking = {
  chat: Chat;
  /** The call's own wishes about who may read it. */
  routing: Routing | null;
  projectId: string | null;
  /** Whose leaving ends the wait for it. */
  waiting: Waiting;
};

/**
 * What can stand for the turns that the plan leaves out: the kept summary of that beginning, or of a longer one that may go as
 * well, else a new one over the kept one of a shorter beginning.
 */
export async function prospectOf(gateway: Gateway, actor: Spender, wanted: Wanted): Promise<Prospect> {
  const { plan, messages, tokens, chat, window } = wanted;
  const { orgId } = actor;
  const left = plan.units.slice(0, plan.leaves).flat();
  const none = { leaves: plan.leaves, text: null, asks: null };
  if (left.reduce((sum, at) => sum + (tokens[at] ?? 0), 0) < LEAST_TOKENS) return none;
  const ownerId = personOf(actor) ?? actor.credentialId;
  const hashes = prefixHashes([orgId, actor.mode, ownerId, chat.model], messages, plan.units);
  const known = await find(gateway, orgId, hashes);
  const longer = known.findIndex((text, at) => at + 1 >= plan.leaves && text !== null);
  if (longer !== -1) return { leaves: longer + 1, text: known[longer] ?? null, asks: null };
  const from = known.slice(0, plan.leaves).findLastIndex((text) => text !== null) + 1;
  const hash = hashes[plan.leaves - 1] as Buffer;
  const transcript = transcriptOf(messages, plan, { from, mostCharacters: window * 2 });
  return { ...none, asks: { hash, ownerId, messages: summaryPrompt(transcript, known[from - 1] ?? null) } };
}

/** The summary, a new one paid by the caller, whose call is held. Where the model fails or may not be paid, there is none. */
export async function summarise(
  gateway: Gateway,
  actor: Spender,
  { asks, text: kept }: Prospect,
  asking: Asking,
): Promise<Summary> {
  const found = { text: kept, costMicros: 0n };
  if (!asks) return found;
  const { hash, ownerId, messages } = asks;
  const { orgId } = actor;
  try {
    // Calls of the same conversation at once wait for one summary; the first of them pays.
    const name = `${orgId} ${hash.toString("hex")}`;
    const running = gateway.summaries.get(name);
    if (running) return { ...found, text: await running };
    const made = (async (): Promise<Summary> => {
      // One of them may have made it since this one looked.
      const [known] = await find(gateway, orgId, [hash]);
      if (known) return { text: known, costMicros: 0n };
      const answer = await ask(gateway, actor, asking, messages);
      await keep(gateway, orgId, { hash, ownerId, text: answer.text });
      return answer;
    })();
    const text = made.then((answer) => answer.text);
    gateway.summaries.set(name, text);
    text.catch(() => undefined);
    try {
      return await made;
    } finally {
      gateway.summaries.delete(name);
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    gateway.deps.logger.warn({ code: error.kind.code }, "turns left out without a summary");
    return found;
  }
}

/** What the model is asked, as it bounds the cost. */
export const summaryBody = (chat: Chat, messages: readonly Fields[]): Buffer =>
  Buffer.from(JSON.stringify({ model: chat.model, messages, max_tokens: SUMMARY_TOKENS }));

async function ask(
  gateway: Gateway,
  actor: Spender,
  { chat, routing, projectId, waiting }: Asking,
  messages: readonly Fields[],
): Promise<Summary> {
  const { provider } = chat.body;
  const leaving = new AbortController();
  waiting.once("close", () => leaving.abort());
  const { text, costMicros } = await innerCall(gateway, {
    actor,
    model: chat.model,
    messages,
    maxOutputTokens: SUMMARY_TOKENS,
    purpose: "compression",
    routing,
    provider,
    projectId,
    signal: leaving.signal,
  });
  return { text: text.trim() || null, costMicros };
}

const placeOf = (hash: Buffer): string => `summary ${hash.toString("hex")}`;

/** By the place of their hash. */
async function find(
  { deps }: Gateway,
  org: Spender["orgId"],
  hashes: readonly Buffer[],
): Promise<(string | null)[]> {
  const rows = await withTx(deps.db, org, (tx) => useSummaries(tx, org, hashes, deps.clock.now()));
  const known = new Map(rows.map(({ hash, sealed }) => [hash.toString("hex"), sealed]));
  return hashes.map((hash) => {
    const sealed = known.get(hash.toString("hex"));
    return sealed ? deps.sealer.open(sealed, placeOf(hash)).toString() : null;
  });
}

async function keep(
  { deps }: Gateway,
  org: Spender["orgId"],
  { hash, ownerId, text }: { hash: Buffer; ownerId: string; text: string | null },
): Promise<void> {
  if (text === null) return;
  const sealed = deps.sealer.seal(Buffer.from(text), placeOf(hash));
  const now = deps.clock.now();
  await withTx(deps.db, org, (tx) => keepSummary(tx, org, { hash, sealed, ownerId, now }));
}
