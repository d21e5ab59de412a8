import { addMs } from "../../../platform/clock.ts";
import { newId } from "../../../platform/ids.ts";
import { Problem } from "../../../platform/problem.ts";
import {
  boundCost,
  fitBound,
  isBeyondWindow,
  outputMicros,
  tightenBound,
  type Bound,
} from "../call/bound/bound.ts";
import type { Fold } from "../folds/fold.ts";
import type { HeldCall } from "../call/held-call.ts";
import { judgedInside, personOf, type Bound as Limit, type Spender } from "../limits/bound.ts";
import type { Caching } from "../cache/caching.ts";
import type { Remembering } from "../memory/call/remembering.ts";
import type { Shortened } from "../compression/store.ts";
import type { Taken } from "../limits/rates.ts";
import type { Chat } from "../call/chat.ts";
import type { Gateway } from "./state.ts";
import type { KeptKey } from "../keys/idempotency-store.ts";
import type { PricedModel, Route } from "../models/catalogue.ts";
import type { NewRequest } from "../store.ts";
import { gatewayProblems } from "../problems.ts";

/** What is not counted by then stays at one token per byte. */
const COUNT_BUDGET_MS = 250;

export type Asking = {
  requestId: string;
  actor: Spender;
  chat: Chat;
  route: Route;
  key: KeptKey | null;
  /** What the caller says it is for. */
  projectId: string | null;
  /** Answer shorter rather than refuse for the price. */
  fit: boolean;
  /** How its answer is kept for calls of the same; null: it is not. */
  caching: Caching | null;
  /** How a retry may join it; null: it may not. */
  fold: Fold | null;
  /** What of its person's memory is in it; null: it uses none. */
  memory: Remembering | null;
  /** How its prompt was shortened; null: it goes as it came. */
  shortened: Shortened | null;
  /** What it is held at, counted already; left out: what its prompt says. */
  bound?: Bound;
  /** What binds the caller. */
  limits: readonly Limit[];
  rates: Taken;
  startedAt: number;
};

/**
 * Sets aside the most that the call can cost. A bound that is too loose for the credits there are, or for the model's
 * window, is counted exactly before the call is refused with 402 or 400.
 */
export async function hold(gateway: Gateway, asking: Asking): Promise<HeldCall> {
  const { chat, fit } = asking;
  const { model } = asking.route;
  const loose = asking.bound ?? boundCost(chat, model, gateway.deps.clock.now());
  const count = () => gateway.tokens.count(loose.prompt.texts, COUNT_BUDGET_MS);
  // The window of embeddings is each text's own, which the provider knows best.
  const wide = chat.task === "chat" && asking.bound === undefined && loose.promptTokens > model.contextLength;
  const known = wide ? await count() : null;
  if (known?.whole && isBeyondWindow(model, known.tokens))
    throw new Problem(gatewayProblems.context_length_exceeded);
  const first = await tryHold(gateway, asking, loose);
  if (first.held) return first.call;
  if (first.refused?.kind === gatewayProblems.rate_limit_exceeded) throw first.refused;
  const tooDear = (
    bound: Bound,
    { refused, availableMicros }: Pick<typeof first, "refused" | "availableMicros">,
  ) => refused ?? short(bound.micros, availableMicros);
  const hopeless = asking.bound !== undefined || outputMicros(loose, model) > first.availableMicros;
  if (!fit && hopeless) throw tooDear(loose, first);
  const counted = known ?? (await count());
  const exact = asking.bound ?? tightenBound(loose, model, counted.tokens);
  const tight = fit ? fitted(exact, model, first.availableMicros) : exact;
  if (tight.micros > first.availableMicros) throw tooDear(tight, first);
  const second = await tryHold(gateway, asking, tight);
  if (second.held) return second.call;
  throw tooDear(tight, second);
}

/** The bound, or where it cannot be paid one with a shorter answer that can. */
const fitted = (bound: Bound, model: PricedModel, availableMicros: bigint): Bound =>
  bound.micros > availableMicros ? (fitBound(bound, model, availableMicros) ?? bound) : bound;

async function tryHold(gateway: Gateway, asking: Asking, bound: Bound) {
  const { requestId, actor, chat, route, key, projectId, limits, rates, startedAt } = asking;
  const [serving] = route.candidates;
  const { deps } = gateway;
  const now = deps.clock.now();
  const deadlineAt = addMs(now, deps.holdLeaseSeconds * 1_000);
  const holdId = newId("hold");
  const request: NewRequest = {
    id: requestId,
    mode: actor.mode,
    credential_id: actor.credentialId,
    user_id: actor.userId,
    person_id: personOf(actor),
    project_id: projectId,
    endpoint: chat.endpoint,
    model: serving.model.id,
    provider: serving.provider.id,
    price_version: serving.price.version,
    streamed: chat.stream,
    hold_id: holdId,
    own_key_id: serving.ownKey,
    held_micros: bound.micros.toString(),
    prompt_tokens_bound: bound.promptTokens,
    // What it is held for and what it is charged are of the prices of the same moment.
    created_at: bound.at,
    next_lookup_at: deadlineAt,
  };
  const result = await gateway.batcher.hold(
    actor.orgId,
    { id: holdId, mode: actor.mode, unit: "credit", owner: "gateway", amount: bound.micros, deadlineAt },
    {
      request,
      key,
      judged: {
        mode: actor.mode,
        amount: bound.micros,
        // A summary runs within the call that it is made for.
        call: chat.endpoint !== "compression",
        bounds: judgedInside(limits),
      },
    },
  );
  if (!result.held) return result;
  const call: HeldCall = {
    requestId,
    holdId,
    row: request,
    actor,
    chat,
    route,
    serving,
    attempts: 1,
    bound,
    keyed: key !== null,
    caching: asking.caching,
    fold: asking.fold,
    memory: asking.memory,
    shortened: asking.shortened,
    rates,
    startedAt,
    progress: { generationId: null, events: 0 },
    noted: { generationId: null, renewedAt: performance.now() },
  };
  return { held: true as const, call };
}

function short(neededMicros: bigint, availableMicros: bigint): Problem {
  return new Problem(gatewayProblems.insufficient_quota, {
    detail: `This call may cost up to ${neededMicros} micro-credits; ${availableMicros} are available. Lower max_tokens or buy credits.`,
  });
}
