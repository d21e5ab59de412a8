import { newId } from "../../../platform/ids.ts";
import type { Usage } from "../../../vendors/llm/index.ts";
import type { Spender } from "../limits/bound.ts";
import type { Routing } from "../routing/routing.ts";
import { routeCall } from "../routing/route-call.ts";
import type { Gateway } from "../settling/state.ts";
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
};
export type InnerAnswer = {
  /** Empty where the model said nothing. */
  text: string;
  usage: Usage;
  costMicros: bigint;
  requestId: string;
};

/**
 * A model call for the gateway's own purposes: held, settled and written down like any other, and answered to nobody but
 * its maker. It is never compressed, cached or remembered. Throws the problems that a caller would be told.
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
  const { actor, model, messages, maxOutputTokens, purpose, projectId = null, routing, provider } = asked;
  const requestId = newId("req");
  const startedAt = performance.now();
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
      key: null,
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
      answered: ({ body: bytes }) => ({ streamed: false, bytes, tail: null }),
    }),
  );
  if (!kept || !cost) throw problemOf(end);
  return { text: textOf(kept.bytes), usage, costMicros: cost.micros, requestId };
}

/** What the first choice of a whole answer says. */
function textOf(body: Buffer): string {
  const { choices } = JSON.parse(body.toString()) as { choices: Fields[] };
  const message = choices[0]?.["message"];
  const content = isFields(message) ? message["content"] : null;
  return typeof content === "string" ? content : "";
}
