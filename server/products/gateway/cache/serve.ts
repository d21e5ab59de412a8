import { addMs } from "../../../platform/clock.ts";
import type { Actor, Call } from "../../../platform/http/index.ts";
import { newId } from "../../../platform/ids.ts";
import { ATTO_PER_MICRO, formatAtto, microsCeil } from "../../../platform/money.ts";
import { assert, Problem } from "../../../platform/problem.ts";
import { chargeNothing } from "../call/charge.ts";
import type { Chat } from "../call/chat.ts";
import type { Dialect } from "../dialects/dialect.ts";
import type { KeptKey } from "../keys/idempotency-store.ts";
import { openAnswer } from "../keys/kept-answer.ts";
import { boundsOf, judgedInside, personOf } from "../limits/bound.ts";
import { takeRates } from "../limits/rates.ts";
import { gatewayProblems } from "../problems.ts";
import { finishOf, type Cost } from "../settling/settle.ts";
import type { Gateway } from "../settling/state.ts";
import type { Finish, NewRequest } from "../store.ts";
import { placeOf } from "./look-up.ts";
import type { Entry, Hit } from "./store.ts";

/** An answer that is given again, what was held for it and what it cost. */
export type Cached = { entry: Entry; heldMicros: bigint; cost: Cost };
type Reply = Call["reply"];
type Asked = {
  requestId: string;
  actor: Actor;
  chat: Chat;
  key: KeptKey | null;
  projectId: string | null;
};

const HUNDRED = 100n;

/**
 * Writes the row of a call that the cache answers: a call like another, within its limits, held and settled at once. It
 * costs what the installation asks of the answer's first cost; usually nothing, and then it needs no credits.
 */
export async function takeHit(gateway: Gateway, asked: Asked, entry: Entry, reply: Reply): Promise<Cached> {
  const { actor, key } = asked;
  const { orgId, mode } = actor;
  const now = gateway.deps.clock.now();
  const limits = boundsOf(actor, await gateway.policies.of(orgId, mode));
  const rates = await takeRates(gateway.deps.limiter.meter, {
    bounds: limits,
    tokens: 0,
    now,
    header: (name, value) => void reply.header(name, value),
  });
  const percent = BigInt(gateway.deps.hitCostPercent ?? 0);
  const costAtto = (entry.cost_micros * ATTO_PER_MICRO * percent) / HUNDRED;
  const heldMicros = microsCeil(costAtto);
  const row = rowOf(gateway, asked, { entry, heldMicros }, now);
  const judged = { mode, amount: heldMicros, call: true, bounds: judgedInside(limits) };
  const hold = {
    id: row.hold_id,
    mode,
    unit: "credit",
    owner: "gateway",
    amount: heldMicros,
    deadlineAt: row.next_lookup_at,
  } as const;
  try {
    const held = await gateway.batcher.hold(orgId, hold, { request: row, key, judged });
    if (!held.held) throw held.refused ?? new Problem(gatewayProblems.insufficient_quota);
  } catch (error) {
    rates.giveBack();
    throw error;
  }
  const charge = { ...chargeNothing("ok", false), costAtto, providerCostAtto: costAtto === 0n ? null : 0n };
  const finish = finishOf(
    { row, before: null },
    { generationId: null, events: 0, firstContentMs: null },
    charge,
    now,
  );
  finish.saved = { tokens: entry.tokens, micros: entry.cost_micros - costAtto / ATTO_PER_MICRO };
  const settlement = {
    holdId: row.hold_id,
    amountAtto: costAtto,
    basis: charge.basis,
    excess: "available",
  } as const;
  const result = await gateway.batcher.settle(orgId, settlement, finish);
  assert(!("error" in result), "a held call can be settled");
  gateway.metrics.requests.inc({ endpoint: asked.chat.endpoint, outcome: "ok" });
  const cost = { micros: result.capturedMicros, usd: formatAtto(costAtto), basis: charge.basis };
  return { entry, heldMicros, cost };
}

function rowOf(
  { deps }: Gateway,
  { requestId, actor, chat, projectId }: Asked,
  { entry, heldMicros }: Pick<Cached, "entry" | "heldMicros">,
  now: Date,
): NewRequest {
  return {
    id: requestId,
    mode: actor.mode,
    credential_id: actor.credentialId,
    user_id: actor.userId,
    person_id: personOf(actor),
    project_id: projectId,
    endpoint: chat.endpoint,
    model: entry.model,
    provider: entry.provider,
    price_version: entry.price_version,
    streamed: chat.stream,
    hold_id: newId("hold"),
    own_key_id: null,
    held_micros: heldMicros.toString(),
    prompt_tokens_bound: 0,
    created_at: now,
    next_lookup_at: addMs(now, deps.holdLeaseSeconds * 1_000),
  };
}

/** What these settlements saved by the cache. */
export const hitsOf = (rows: readonly Finish[]): Hit[] =>
  rows.flatMap(({ saved, ...row }) =>
    saved
      ? [
          {
            request_id: row.id,
            mode: row.mode,
            model: row.model,
            provider: row.provider,
            credential_id: row.credential_id,
            user_id: row.user_id,
            project_id: row.project_id,
            endpoint: row.endpoint,
            tokens_saved: saved.tokens.toString(),
            saved_micros: saved.micros.toString(),
            created_at: row.created_at,
          },
        ]
      : [],
  );

/** Gives a kept answer: the same bytes. */
export function answerFromCache(
  { deps }: Gateway,
  { entry, heldMicros, cost }: Cached,
  { actor, dialect, reply }: { actor: Actor; dialect: Dialect; reply: Reply },
): void {
  const kept = openAnswer(deps.sealer, actor.orgId, placeOf(entry.hash), entry);
  reply.headers({
    "x-holdfast-cache": "hit",
    "x-holdfast-tokens-saved": entry.tokens.toString(),
    "x-holdfast-provider": entry.provider,
    "x-holdfast-model": entry.model,
    "x-holdfast-route": "cache",
    "x-holdfast-attempts": "0",
    "x-holdfast-held-micros": heldMicros.toString(),
  });
  if (kept.streamed) {
    const bytes = Buffer.concat([kept.bytes, dialect.streamEnd(cost, kept.tail)]);
    reply.code(200).type("text/event-stream; charset=utf-8").send(bytes);
    return;
  }
  reply.headers({
    "x-holdfast-cost-micros": cost.micros.toString(),
    "x-holdfast-cost-basis": cost.basis,
    "x-holdfast-price-version": entry.price_version,
  });
  reply
    .code(200)
    .type(dialect.mediaType?.() ?? "application/json")
    .send(kept.bytes);
}
