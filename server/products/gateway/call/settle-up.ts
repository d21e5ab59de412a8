import { Problem } from "../../../platform/problem.ts";
import { context } from "../../../platform/telemetry/index.ts";
import type { CallListener, Usage } from "../../../vendors/llm/index.ts";
import { entryOf } from "../cache/look-up.ts";
import { MOST_KEPT_BYTES, type Kept } from "../keys/kept-answer.ts";
import { heardIn } from "../memory/learn/heard.ts";
import { ask } from "../routing/failover.ts";
import { defer, settle, type Cost } from "../settling/settle.ts";
import type { Gateway } from "../settling/state.ts";
import { framesOf } from "./bound/bound.ts";
import { heardTokens } from "./bound/heard.ts";
import { measure } from "./bound/measure.ts";
import { NO_USAGE, outcomeOf, tokensOf } from "./charge.ts";
import { askedOf, isWhole, keepsAnswer, type HeldCall } from "./held-call.ts";
import type { Waiting } from "./relay/left.ts";
import { faults, type RelayEnd } from "./relay/outcome.ts";
import { relayJson, type JsonEnd } from "./relay/relay-json.ts";
import { sendCall } from "./send-call.ts";

/** `cost` is null while it is not known: the reconciler finds it out. */
export type Settled = { cost: Cost | null; usage: Usage; kept: Kept | null };

/** Asks for a whole answer, elsewhere as well, and settles. `answered` makes of a complete one what the caller gets. */
export async function askJson(
  gateway: Gateway,
  call: HeldCall,
  on: { waiting: Waiting; changed: () => void; answered: (end: JsonEnd, usage: Usage) => Kept },
): Promise<Settled & { end: JsonEnd }> {
  const { watch, timeouts } = gateway;
  const { task } = call.chat;
  const end = await ask(
    gateway,
    call,
    (candidate) => {
      const send = (listener: CallListener) => sendCall(call, candidate, listener);
      return relayJson({ asked: askedOf(call, candidate), task, watch, timeouts, send, waiting: on.waiting });
    },
    on.changed,
  );
  const settled = await settleUp(gateway, call, end, (usage) =>
    isWhole(call, end) ? on.answered(end, usage) : null,
  );
  return { ...settled, end };
}

/**
 * Settles what the call turned out to cost. `answered` makes the answer, which is kept for a caller who may ask again.
 */
export async function settleUp(
  gateway: Gateway,
  call: HeldCall,
  end: RelayEnd,
  answered: (usage: Usage) => Kept | null,
): Promise<Settled> {
  const { tokens, metrics } = gateway;
  const { provider, price } = call.serving;
  const startedAt = performance.now();
  const outcome = outcomeOf(end);
  metrics.requests.inc({ endpoint: call.chat.endpoint, outcome });
  context()?.note("outcome", outcome);
  const { chat, bound } = call;
  const measuring = {
    llm: provider.llm,
    tokens,
    price,
    at: call.row.created_at,
    promptTexts: bound.prompt.texts,
    frames: framesOf(chat),
    keepsHour: bound.prompt.keepsHour,
    images: bound.prompt.images,
    heard: chat.hears === undefined ? null : () => heardTokens(chat, gateway.sounds),
    speaks: chat.speaks !== undefined,
    searches: chat.search ? chat.choices : 0,
    sound: chat.sound,
  };
  const charge = await measure(measuring, end);
  if (charge) call.rates.settle(tokensOf(charge.usage));
  const usage = charge?.usage ?? NO_USAGE;
  const kept = answered(usage);
  if (charge === null) {
    // Nobody waits for it, and the lease makes up for a process that dies meanwhile.
    void defer(gateway, call, end);
    return { cost: null, usage, kept };
  }
  const keeps = keepsAnswer(call) && (kept?.bytes.length ?? 0) <= MOST_KEPT_BYTES;
  const cost = await settle(gateway, call, end, {
    charge,
    kept: keeps ? kept : null,
    cached: entryOf(gateway, call, kept, charge),
    heard: heardIn(gateway.deps.sealer, call, charge, gateway.deps.clock.now()),
  });
  if (end.end === "complete") metrics.addedSeconds.observe((performance.now() - startedAt) / 1_000);
  return { cost, usage, kept };
}

/** What the caller is told of a call that failed. */
export function problemOf({ fault }: RelayEnd): Problem {
  const { kind, retryAfter } = fault ?? faults.failed;
  return new Problem(kind, retryAfter === undefined ? {} : { retryAfter });
}
