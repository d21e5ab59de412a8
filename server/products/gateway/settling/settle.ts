import { setTimeout as delay } from "node:timers/promises";
import { addMs } from "../../../platform/clock.ts";
import { withTx } from "../../../platform/db/index.ts";
import { newId, type OrgId } from "../../../platform/ids.ts";
import { ATTO_PER_MICRO, formatAtto } from "../../../platform/money.ts";
import { assert } from "../../../platform/problem.ts";
import { context } from "../../../platform/telemetry/index.ts";
import { lossOf, outcomeOf, type Charge } from "../call/charge.ts";
import type { HeldCall } from "../call/held-call.ts";
import type { RelayEnd } from "../call/relay/outcome.ts";
import type { Entry } from "../cache/store.ts";
import type { HeardRow } from "../memory/learn/heard-store.ts";
import { sealAnswer, type Kept } from "../keys/kept-answer.ts";
import type { Gateway } from "./state.ts";
import { countsOf } from "../counts.ts";
import { deferRequest, type Counted, type Finish, type NewRequest } from "../store.ts";

/** What the caller is told of the cost. */
export type Cost = { micros: bigint; usd: string; basis: string };

/** The answer's end waits this long for the commit; then it goes out and the process goes on trying. */
const ANSWER_WAITS_MS = 2_000;
const RETRY_MS = [100, 250, 500, 1_000, 2_000];
/** With 2 s between tries: about an hour. After that the lease has lapsed and the reconciler settles. */
const MAX_TRIES = 1_800;
const FIRST_LOOKUP_MS = 1_000;

/**
 * Settles a call once: takes its cost, returns the rest of its hold, ends its row. Resolves with the commit, or after 2 s
 * without the database.
 */
export async function settle(
  gateway: Gateway,
  call: HeldCall,
  end: RelayEnd,
  {
    charge,
    kept,
    cached,
    heard,
  }: { charge: Charge; kept: Kept | null; cached: Entry | null; heard: HeardRow | null },
): Promise<Cost> {
  const { deps, batcher, metrics } = gateway;
  const { orgId } = call.actor;
  const finish = finishOf({ row: call.row, before: null }, end, charge, deps.clock.now());
  if (kept)
    finish.kept = { streamed: kept.streamed, sealed: sealAnswer(deps.sealer, orgId, call.requestId, kept) };
  if (cached) finish.cached = cached;
  if (heard) finish.heard = heard;
  if (call.shortened && charge.outcome === "ok") finish.shortened = call.shortened;
  const settlement = {
    holdId: call.holdId,
    amountAtto: charge.costAtto,
    basis: charge.basis,
    excess: "available" as const,
  };
  const cost: Cost = {
    micros: charge.costAtto / ATTO_PER_MICRO,
    usd: formatAtto(charge.costAtto),
    basis: charge.basis,
  };
  context()?.note("cost_usd", cost.usd);
  const committed = persist(gateway, call, async () => {
    const result = await batcher.settle(orgId, settlement, finish);
    assert(!("error" in result), "a held call can be settled");
    cost.micros = result.capturedMicros;
    metrics.settled.inc({ basis: charge.basis });
    if (!result.first) return;
    metrics.lost(lossOf(charge));
    noteAbove(gateway, call.row, charge);
    tell(gateway, call, cost);
  });
  await withinMs(committed, ANSWER_WAITS_MS);
  return cost;
}

/** A cost above the hold is taken from what is available, else written off; either way a bound was wrong, and somebody has to know. */
export function noteAbove(
  { deps, metrics }: Pick<Gateway, "deps" | "metrics">,
  { id, provider, model, held_micros: held }: Pick<NewRequest, "id" | "provider" | "model" | "held_micros">,
  { costAtto }: Charge,
): void {
  const above = costAtto - BigInt(held) * ATTO_PER_MICRO;
  if (above <= 0n) return;
  metrics.aboveHold(above);
  deps.logger.warn(
    { request_id: id, provider, model, above_usd: formatAtto(above) },
    "a call cost more than its hold",
  );
}

/** Leaves a call that ended without a known cost to the reconciler; its hold stays. */
export function defer(gateway: Gateway, call: HeldCall, end: RelayEnd): Promise<void> {
  const { deps } = gateway;
  const now = deps.clock.now();
  const row = {
    id: call.requestId,
    outcome: outcomeOf(end),
    generation_id: end.generationId,
    delivered_events: end.events,
    first_content_ms: end.firstContentMs,
    finished_at: now,
    next_lookup_at: addMs(now, FIRST_LOOKUP_MS),
  };
  return persist(gateway, call, () =>
    withTx(deps.db, call.actor.orgId, (tx) => deferRequest(tx, call.actor.orgId, row)),
  );
}

/** The end of a request, as its row and attempt say it. */
export function finishOf(
  { row, before }: { row: Omit<NewRequest, "next_lookup_at">; before: Counted | null },
  end: Pick<RelayEnd, "generationId" | "events" | "firstContentMs">,
  charge: Charge,
  now: Date,
): Finish {
  return {
    ...row,
    before,
    attempt_id: newId("att"),
    generation_id: end.generationId,
    delivered_events: end.events,
    outcome: charge.outcome,
    basis: charge.basis,
    cost_usd: formatAtto(charge.costAtto),
    provider_cost_usd: charge.providerCostAtto === null ? null : formatAtto(charge.providerCostAtto),
    ...countsOf(charge.usage),
    first_content_ms: end.firstContentMs,
    finished_at: now,
    next_lookup_at: charge.askAgain ? addMs(now, FIRST_LOOKUP_MS) : null,
  };
}

/** Tries until it is done; the call counts as open until then, so that its lease is renewed. */
async function persist(gateway: Gateway, call: HeldCall, act: () => Promise<void>): Promise<void> {
  const done = (async () => {
    for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
      try {
        return await act();
      } catch (err) {
        gateway.deps.logger.warn(
          { err, request_id: call.requestId, attempt },
          "settlement failed, trying again",
        );
        await delay(RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]);
      }
    }
  })();
  gateway.settling.add(done);
  await done;
  gateway.settling.delete(done);
  gateway.calls.delete(call);
}

function tell(gateway: Gateway, call: HeldCall, cost: Cost): void {
  const { hub } = gateway.deps;
  const { orgId } = call.actor;
  hub.publish("llm.request.settled", orgId, {
    request_id: call.requestId,
    model: call.serving.model.id,
    cost_micros: Number(cost.micros),
  });
  tellCredits(gateway, orgId);
}

/** The first is the ledger's, for all that changes a wallet; the second is what a call took from it. */
export function tellCredits({ deps: { hub } }: Pick<Gateway, "deps">, org: OrgId): void {
  hub.publish("credits.changed", org);
  hub.publish("credits.balance", org);
}

async function withinMs(done: Promise<void>, ms: number): Promise<void> {
  const timeout = Promise.withResolvers<void>();
  const timer = setTimeout(timeout.resolve, ms);
  await Promise.race([done, timeout.promise]);
  clearTimeout(timer);
}
