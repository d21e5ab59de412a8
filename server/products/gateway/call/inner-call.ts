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
import { isFields, type Fields, type Purpose } from "./chat.ts";
import { readChat } from "./read-chat.ts";
import { waitingUntil } from "./relay/left.ts";
import { askJson, problemOf } from "./settle-up.ts";
import { admitted, carried, takeHold } from "./take-hold.ts";

export type InnerCall = {
  /** Who pays, within their limits and budgets. */
  actor: Spender;
  model: string;
  /** In OpenAI's words. */
  messages: readonly Fields[];
  /** Of the answer, in tokens. */
  maxOutputTokens: number;
  /** Stands where other calls name their endpoint: in usage, records, receipts. */
  purpose: Purpose;
  projectId?: string | null;
  /** Over what the payer's key and organization wish. */
  routing?: Routing | null;
  /** Whom OpenRouter may have it served by, in its own words. */
  provider?: unknown;
  /** Ends the wait for the answer; what the provider has done by then is paid. */
  signal?: AbortSignal;
  /**
   * It is made once under this name, whoever makes it after a crash: its answer is kept, sealed, for a day or until
   * `forgetInner`, and with it what its maker has to know then as well.
   */
  once?: { name: string; note: Fields };
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
export function innerCall(gateway: Gateway, asked: InnerCall): Promise<InnerAnswer> {
  const leaving = new AbortController();
  const done = answer(
    gateway,
    asked,
    AbortSignal.any([leaving.signal, ...(asked.signal ? [asked.signal] : [])]),
  );
  gateway.running.set(done, { destroy: () => leaving.abort() });
  return done.finally(() => gateway.running.delete(done));
}

async function answer(gateway: Gateway, asked: InnerCall, signal: AbortSignal): Promise<InnerAnswer> {
  const {
    actor,
    model,
    messages,
    maxOutputTokens,
    purpose,
    projectId = null,
    routing,
    provider,
    once,
  } = asked;
  const { db, sealer, clock } = gateway.deps;
  const requestId = newId("req");
  const startedAt = performance.now();
  const key = once ? innerKey(purpose, once.name, { requestId, now: clock.now() }) : null;
  const before = key && (await checkKey(db, actor, key));
  if (before) {
    const { bytes, tail } = openAnswer(sealer, actor.orgId, before.requestId, before.known);
    const costMicros = before.known.cost_micros ?? 0n;
    return { text: textOf(bytes), usage: NO_USAGE, costMicros, requestId: before.requestId, note: tail };
  }
  const call = await admitted(gateway, async () => {
    const own = routing ? { holdfast: { routing } } : {};
    const body = {
      model,
      messages,
      max_tokens: maxOutputTokens,
      ...own,
      ...(provider === undefined ? {} : { provider }),
    };
    const chat = { ...readChat(Buffer.from(JSON.stringify(body))), endpoint: purpose };
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
  return { text: textOf(kept.bytes), usage, costMicros: cost.micros, requestId, note: once?.note ?? null };
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
