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

/** What stands for the turns left out: how many, and null where they are only left out. */
export type Summary = { leaves: number; text: string | null; costMicros: bigint };

/** Shorter turns are left out without a word. */
const LEAST_TOKENS = 2 * NOTE_TOKENS;

export type Wanted = {
  chat: Chat;
  messages: readonly Fields[];
  tokens: readonly number[];
  plan: Plan;
  window: number;
  /** The call's own wishes about who may read it. */
  routing: Routing | null;
  projectId: string | null;
  /** Whose leaving ends the wait for it. */
  waiting: Waiting;
};

/**
 * The summary of the turns that the plan leaves out: the kept one of that beginning, or of a longer one that may go as well, else a
 * new one over the kept one of a shorter beginning, paid by the caller. Where the model fails or may not be paid, there is none.
 */
export async function summarise(gateway: Gateway, actor: Spender, wanted: Wanted): Promise<Summary> {
  const { plan, messages, tokens, chat, window } = wanted;
  const { orgId } = actor;
  const left = plan.units.slice(0, plan.leaves).flat();
  const none = { leaves: plan.leaves, text: null, costMicros: 0n };
  if (left.reduce((sum, at) => sum + (tokens[at] ?? 0), 0) < LEAST_TOKENS) return none;
  const ownerId = personOf(actor) ?? actor.credentialId;
  const hashes = prefixHashes([orgId, actor.mode, ownerId, chat.model], messages, plan.units);
  const known = await find(gateway, orgId, hashes);
  const longer = known.findIndex((text, at) => at + 1 >= plan.leaves && text !== null);
  if (longer !== -1) return { leaves: longer + 1, text: known[longer] ?? null, costMicros: 0n };
  const from = known.slice(0, plan.leaves).findLastIndex((text) => text !== null) + 1;
  const hash = hashes[plan.leaves - 1] as Buffer;
  const transcript = transcriptOf(messages, plan, { from, mostCharacters: window * 2 });
  try {
    // Calls of the same conversation at once wait for one summary; the first of them pays.
    const name = `${orgId} ${hash.toString("hex")}`;
    const running = gateway.summaries.get(name);
    if (running) return { ...none, text: await running };
    const made = ask(gateway, actor, wanted, summaryPrompt(transcript, known[from - 1] ?? null));
    const text = made.then((answer) => answer.text);
    gateway.summaries.set(name, text);
    text.catch(() => undefined);
    try {
      const answer = await made;
      await keep(gateway, orgId, { hash, ownerId, text: answer.text });
      return { ...none, ...answer };
    } finally {
      gateway.summaries.delete(name);
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    gateway.deps.logger.warn({ code: error.kind.code }, "turns left out without a summary");
    return none;
  }
}

async function ask(
  gateway: Gateway,
  actor: Spender,
  { chat, routing, projectId, waiting }: Wanted,
  messages: readonly Fields[],
): Promise<{ text: string | null; costMicros: bigint }> {
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
