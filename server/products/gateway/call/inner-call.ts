import type { Tx } from "../../../platform/db/index.ts";
import { newId, type OrgId } from "../../../platform/ids.ts";
import type { Usage } from "../../../vendors/llm/index.ts";
import type { Spender } from "../limits/bound.ts";
import type { Routing } from "../routing/routing.ts";
import { routeCall } from "../routing/route-call.ts";
import type { Gateway } from "../settling/state.ts";
import { checkKey, credentialOf, innerKey } from "../keys/idempotency.ts";
import { forgetKey } from "../keys/idempotency-store.ts";
import { openAnswer } from "../keys/kept-answer.ts";
import { NO_USAGE } from "./charge.ts";
import { isFields, type Chat, type Fields, type Purpose } from "./chat.ts";
import { readEmbedding, vectorsIn } from "../dialects/embeddings.ts";
import { readChat } from "./read-chat.ts";
import { waitingUntil } from "./relay/left.ts";
import { askJson, problemOf } from "./settle-up.ts";
import { admitted, carried, takeHold } from "./take-hold.ts";

/** A call for the gateway's own purposes. */
type Inner = {
  /** Who pays, within their limits and budgets. */
  actor: Spender;
  model: string;
  /** Stands where other calls name their endpoint: in usage, records, receipts. */
  purpose: Purpose;
  projectId?: string | null;
  /** Over what the payer's key and organization wish. */
  routing?: Routing | null;
  /** Ends the wait for the answer; what the provider has done by then is paid. */
  signal?: AbortSignal;
  /**
   * It is made once under this name, whoever makes it after a crash: its answer is kept, sealed, for a day or until
   * `forgetInner`, and with it what its maker has to know then as well.
   */
  once?: { name: string; note: Fields };
};
export type InnerCall = Inner & {
  /** In OpenAI's words. */
  messages: readonly Fields[];
  /** Of the answer, in tokens. */
  maxOutputTokens: number;
  /** Whom OpenRouter may have it served by, in its own words. */
  provider?: unknown;
};
export type InnerEmbedding = Inner & {
  /** One at least. */
  texts: readonly string[];
};
export type InnerAnswer = {
  /** Empty where the model said nothing. */
  text: string;
  /** Nothing where the answer was found again. */
  usage: Usage;
  /** What was paid for it, then or now. */
  costMicros: bigint;
  requestId: string;
  /** Of whoever made it, under this name. */
  note: Fields | null;
};

/**
 * A model call for the gateway's own purposes: held, settled and written down like any other, and answered to nobody but
 * its maker. It is never compressed, cached or remembered. Throws the problems that a caller would be told:
 * under a name also `request_in_progress`, and `answer_not_kept` for one that was paid and whose answer died with its process.
 */
export async function innerCall(gateway: Gateway, asked: InnerCall): Promise<InnerAnswer> {
  const { messages, maxOutputTokens, provider } = asked;
  const rest = { max_tokens: maxOutputTokens, ...(provider === undefined ? {} : { provider }) };
  const { bytes, ...answer } = await run(gateway, asked, readChat, { messages, ...rest });
  return { ...answer, text: textOf(bytes) };
}

/** The same for embeddings: the texts' vectors, in their order. */
export async function innerEmbedding(gateway: Gateway, asked: InnerEmbedding): Promise<number[][]> {
  const { bytes } = await run(gateway, asked, readEmbedding, { input: asked.texts });
  return vectorsIn(bytes);
}

/** A call's answer as its provider gave it. */
type Answered = Omit<InnerAnswer, "text"> & { bytes: Buffer };

function run(
  gateway: Gateway,
  asked: Inner,
  read: (body: Buffer) => Chat,
  fields: Fields,
): Promise<Answered> {
  const leaving = new AbortController();
  const signal = AbortSignal.any([leaving.signal, ...(asked.signal ? [asked.signal] : [])]);
  const own = asked.routing ? { holdfast: { routing: asked.routing } } : {};
  const body = Buffer.from(JSON.stringify({ model: asked.model, ...fields, ...own }));
  const done = answer(gateway, { ...asked, signal }, () => read(body));
  const running = { done, connection: { destroy: () => leaving.abort() } };
  gateway.running.add(running);
  return done.finally(() => gateway.running.delete(running));
}

async function answer(
  gateway: Gateway,
  { actor, purpose, projectId = null, signal, once }: Inner,
  read: () => Chat,
): Promise<Answered> {
  const { db, sealer, clock } = gateway.deps;
  const requestId = newId("req");
  const startedAt = performance.now();
  const key = once ? innerKey(purpose, once.name, { requestId, now: clock.now() }) : null;
  const before = key && (await checkKey(db, actor, key));
  if (before) {
    const { bytes, tail } = openAnswer(sealer, actor.orgId, before.requestId, before.known);
    const costMicros = before.known.cost_micros ?? 0n;
    return { bytes, usage: NO_USAGE, costMicros, requestId: before.requestId, note: tail };
  }
  const call = await admitted(gateway, async () => {
    const chat = { ...read(), endpoint: purpose };
    const route = await routeCall(gateway, actor, chat, {});
    const asking = {
      requestId,
      actor,
      chat,
      route,
      key,
      projectId,
      fit: false,
      caching: null,
      fold: null,
      memory: null,
      shortened: null,
      startedAt,
    };
    return takeHold(gateway, asking, () => undefined);
  });
  const { end, kept, cost, usage } = await carried(gateway, call, () =>
    askJson(gateway, call, {
      waiting: waitingUntil(signal),
      changed: () => undefined,
      // An answer that is no stream has no tail of its own.
      answered: ({ body: bytes }) => ({ streamed: false, bytes, tail: once?.note ?? null }),
    }),
  );
  if (!kept || !cost) throw problemOf(end);
  return { bytes: kept.bytes, usage, costMicros: cost.micros, requestId, note: once?.note ?? null };
}

/** Forgets what a call under this name was answered, in the transaction that has made use of it. */
export const forgetInner = (tx: Tx, org: OrgId, purpose: Purpose, name: string): Promise<void> =>
  forgetKey(tx, org, { credentialId: credentialOf(purpose), key: name });

/** What the first choice of a whole answer says. */
function textOf(body: Buffer): string {
  const { choices } = JSON.parse(body.toString()) as { choices: Fields[] };
  const message = choices[0]?.["message"];
  const content = isFields(message) ? message["content"] : null;
  return typeof content === "string" ? content : "";
}
