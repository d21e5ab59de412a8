import { withOperatorTx, withTx } from "../../../platform/db/index.ts";
import { newId, type OrgId } from "../../../platform/ids.ts";
import { formatAtto } from "../../../platform/money.ts";
import { assert } from "../../../platform/problem.ts";
import { expireHolds } from "../../../kernel/ledger/index.ts";
import type { Lookup, Usage } from "../../../vendors/llm/index.ts";
import {
  billed,
  chargeEstimated,
  chargeNothing,
  chargeReported,
  FREE,
  lossOf,
  type Charge,
  type Outcome,
} from "../call/charge.ts";
import { ownPrice, parsePrice, type Price } from "../models/price.ts";
import { claimLoss, endLoss, findLossesDue } from "../routing/failover-store.ts";
import {
  claimRequest,
  closeRequest,
  findDue,
  findPrice,
  noteLoss,
  settledOf,
  type DueRequest,
} from "./reconcile-store.ts";
import { finishOf, noteAbove, tellCredits } from "./settle.ts";
import type { Gateway } from "./state.ts";

const BATCH = 200;
const AT_ONCE = 4;
const MAX_LOOKUPS = 8;
/** Between look-ups: 5 s, doubled each time, at most 5 min; within ±25 %. */
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 300_000;
const JITTER = 0.25;
/** UTF-8 bytes of one prompt token, where nothing better is known than the prompt's bound. */
const BYTES_PER_TOKEN = 4;

/**
 * Settles what no process will: calls whose process died, calls whose cost was not known when they ended, estimates that
 * the provider's books can correct. Returns true when there may be more at once.
 */
export async function reconcile(gateway: Gateway, signal: AbortSignal): Promise<boolean> {
  const { db, clock } = gateway.deps;
  const now = clock.now();
  await expireHolds(db, { owner: "gateway", now, limit: BATCH });
  const [due, losses] = await withOperatorTx(db, async (tx) => [
    await findDue(tx, now, BATCH),
    await findLossesDue(tx, now, BATCH),
  ]);
  const tasks = [
    ...due.map(
      ({ org_id, id }) =>
        () =>
          reconcileOne(gateway, org_id, id, now),
    ),
    ...losses.map(
      ({ org_id, id }) =>
        () =>
          lookForLoss(gateway, org_id, id, now),
    ),
  ];
  const rest = tasks.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const task of rest) {
        if (signal.aborted) return;
        await task();
      }
    }),
  );
  return due.length === BATCH || losses.length === BATCH;
}

const firstPause = (): number => FIRST_PAUSE_MS * (1 - JITTER + 2 * JITTER * Math.random());

/** Null where the provider has no books to ask, or is a provider no more. */
async function lookUp(
  gateway: Gateway,
  provider: string,
  generationId: string | null,
): Promise<Lookup | null> {
  const llm = gateway.providers.get(provider)?.llm;
  if (!llm || generationId === null || llm.lookupPauses.length === 0) return null;
  return llm.generation(generationId);
}

/** What a failed attempt cost us while its call went on elsewhere. */
async function lookForLoss(gateway: Gateway, org: OrgId, id: string, now: Date): Promise<void> {
  const { db, clock } = gateway.deps;
  const pauses = { now, firstPauseMs: firstPause(), longestPauseMs: LONGEST_PAUSE_MS };
  const claimed = await withTx(db, org, async (tx) => {
    const loss = await claimLoss(tx, org, id, pauses);
    return loss && { loss, price: await findPrice(tx, loss.price_version, loss.model) };
  });
  if (!claimed) return;
  const { loss, price } = claimed;
  assert(price, "the price of an attempt is kept");
  const lookup = await lookUp(gateway, loss.provider, loss.generation_id);
  const usage = lookup?.state === "found" ? lookup.usage : null;
  if (lookup && !usage && loss.lookups < MAX_LOOKUPS) return;
  const bill = usage && billed(parsePrice(price.version, price), usage, loss.began_at);
  const usd = bill === null ? null : formatAtto(bill);
  await withTx(db, org, (tx) => endLoss(tx, org, loss, { attemptId: newId("att"), usd, now: clock.now() }));
  if (bill) gateway.metrics.lost(bill);
}

/** Asks the provider's books once. Without an answer the request waits for its next turn, or is concluded after the last. */
export async function reconcileOne(gateway: Gateway, org: OrgId, id: string, now: Date): Promise<void> {
  const { db } = gateway.deps;
  const pauses = { now, firstPauseMs: firstPause(), longestPauseMs: LONGEST_PAUSE_MS };
  const claimed = await withTx(db, org, async (tx) => {
    const row = await claimRequest(tx, org, id, pauses);
    return row && { row, price: await findPrice(tx, row.price_version, row.model) };
  });
  if (!claimed) return;
  const { row } = claimed;
  assert(claimed.price, "the price of a request is kept");
  const byTable = gateway.providers.get(row.provider)?.costBasis === "table";
  const listed = parsePrice(claimed.price.version, claimed.price, byTable);
  const price = row.own_key_id ? ownPrice(listed) : listed;
  // The books of an organization are its own.
  const lookup = row.own_key_id ? null : await lookUp(gateway, row.provider, row.generation_id);
  if (lookup?.state === "found") return conclude(gateway, org, row, price, lookup.usage);
  if (lookup && row.lookups < MAX_LOOKUPS) return;
  await conclude(gateway, org, row, price, null);
}

/** Ends the request for good, by the same settlement as a living call. */
async function conclude(
  gateway: Gateway,
  org: OrgId,
  row: DueRequest,
  price: Price,
  usage: Usage | null,
): Promise<void> {
  const { db, clock } = gateway.deps;
  const outcome = (row.outcome ?? "died") as Outcome;
  const ended = row.state === "settled" || row.state === "released";
  if (ended && (usage === null || FREE.has(outcome))) {
    await withTx(db, org, async (tx) => {
      const usd = usage && formatAtto(billed(price, usage, row.created_at));
      if (usd) await noteLoss(tx, org, { requestId: row.id, attemptId: newId("att"), usd, now: clock.now() });
      await closeRequest(tx, org, row.id);
    });
    if (usage) gateway.metrics.lost(billed(price, usage, row.created_at));
    return;
  }
  const charge = usage
    ? chargeReported({ price, at: row.created_at }, outcome, usage, "reconciled")
    : guess(row, price, outcome);
  const known = {
    generationId: row.generation_id,
    events: Number(row.delivered_events),
    firstContentMs: null,
  };
  const result = await gateway.batcher.settle(
    org,
    { holdId: row.hold_id, amountAtto: charge.costAtto, basis: charge.basis, excess: "available" },
    finishOf(settledOf(row), known, charge, clock.now()),
  );
  assert(!("error" in result), "the hold of a request exists");
  if (!result.first) {
    await withTx(db, org, (tx) => closeRequest(tx, org, row.id));
    return;
  }
  gateway.metrics.settled.inc({ basis: charge.basis });
  gateway.metrics.lost(lossOf(charge));
  noteAbove(gateway, { ...row, held_micros: row.held_micros.toString() }, charge);
  tellCredits(gateway, org);
}

/** The books never told: nothing is charged without a sign that the provider began, else what its checkpoint suggests. */
function guess(row: DueRequest, price: Price, outcome: Outcome): Charge {
  const output = Number(row.delivered_events);
  if (row.generation_id === null && output === 0) return chargeNothing(outcome, false);
  const prompt = Math.ceil(Number(row.prompt_tokens_bound) / BYTES_PER_TOKEN);
  return chargeEstimated({ price, at: row.created_at }, outcome, { prompt, output }, false);
}
