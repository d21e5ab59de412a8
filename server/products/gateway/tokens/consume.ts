import { applyBatch, balances, type Settled } from "../../../kernel/ledger/index.ts";
import { addMs } from "../../../platform/clock.ts";
import { withTx, type Tx } from "../../../platform/db/index.ts";
import type { Actor } from "../../../platform/http/index.ts";
import type { HoldId, Id } from "../../../platform/ids.ts";
import { ATTO_PER_MICRO } from "../../../platform/money.ts";
import { assert, Problem } from "../../../platform/problem.ts";
import { catalogueFor } from "../models/catalogue-for.ts";
import { additionsOf } from "../limits/additions.ts";
import type { Bound } from "../limits/bound.ts";
import { addToWindows } from "../limits/store.ts";
import { gatewayProblems } from "../problems.ts";
import type { Gateway } from "../settling/state.ts";
import { costOfUse, type Used } from "./cost.ts";
import {
  budgetsOf,
  holdWithin,
  newReservation,
  overBudgets,
  tooFew,
  unlessRefused,
  within,
} from "./reservation.ts";
import { endReservation, findReservation, type ReservationRow } from "./store.ts";

type Deps = Pick<Gateway, "deps" | "registry" | "policies">;
type Priced = Pick<Gateway, "deps" | "catalogue">;

export type Consume = Used & {
  hold_id?: HoldId | undefined;
  allow_excess: boolean;
  purpose?: string | undefined;
  project_id?: string | undefined;
};

export type Spent = {
  hold_id: string;
  captured_micros: bigint;
  released_micros: bigint;
  txn_id: string | null;
  available_micros: bigint;
};

/** A hold of one act is not waited for. */
const AT_ONCE_MS = 60_000;

/**
 * Takes what the work cost out of its hold and returns the rest of it, or without a hold takes it from what is available.
 * 404 for a hold that is not theirs, 409 for one that has ended, 422 above the hold, 402 where credits are short.
 */
export async function consume(
  gateway: Deps,
  actor: Actor,
  operationId: Id<"idk">,
  used: Consume,
): Promise<Spent> {
  const id = used.hold_id;
  const bounds = id === undefined || used.allow_excess ? await budgetsOf(gateway, actor) : [];
  const priced = { deps: gateway.deps, catalogue: await catalogueFor(gateway, actor) };
  const spent = withTx(gateway.deps.db, actor.orgId, (tx) =>
    id === undefined
      ? takeAtOnce(priced, tx, actor, operationId, { used, bounds })
      : takeFromHold(priced, tx, actor, operationId, { used: { ...used, hold_id: id }, bounds }),
  );
  return unlessRefused(spent);
}

async function takeFromHold(
  { deps, catalogue }: Priced,
  tx: Tx,
  actor: Actor,
  operationId: string,
  { used, bounds }: { used: Consume & { hold_id: HoldId }; bounds: readonly Bound[] },
): Promise<Spent | Problem> {
  const now = deps.clock.now();
  const row = within(actor, await findReservation(tx, actor.orgId, used.hold_id));
  if (row.ended_by === operationId) return spentOf(tx, row, now);
  if (row.state !== "pending" || row.expires_at <= now) throw notPending(row);
  // The work began when it was held.
  const { atto, micros } = costOfUse(catalogue, used, row.created_at);
  const over = used.allow_excess ? micros - row.amount_micros : 0n;
  const refused = over > 0n ? await overBudgets(tx, actor, over, { bounds, now }) : null;
  if (refused) return refused;
  const settled = await settle(deps, tx, row, { atto, excess: used.allow_excess ? "demand" : "refuse" }, now);
  if (settled === "exceeds_hold")
    throw new Problem(gatewayProblems.exceeds_hold, {
      detail: `${micros} micro-credits are above the ${row.amount_micros} that are held.`,
    });
  if (settled === "insufficient") {
    const available = await availableTo(tx, row, now);
    throw tooFew(micros, available + row.amount_micros);
  }
  if (!settled) throw notPending(row);
  return end(deps, tx, row, settled, { by: operationId, now });
}

/** Holds and takes in one transaction: nobody ever sees the hold. */
async function takeAtOnce(
  { deps, catalogue }: Priced,
  tx: Tx,
  actor: Actor,
  operationId: Id<"idk">,
  { used, bounds }: { used: Consume; bounds: readonly Bound[] },
): Promise<Spent | Problem> {
  const { orgId } = actor;
  const now = deps.clock.now();
  const id: HoldId = `hold_${operationId.slice(4)}`;
  const known = await findReservation(tx, orgId, id);
  if (known) return spentOf(tx, known, now);
  const { atto, micros, priced } = costOfUse(catalogue, used, now);
  const deadlineAt = addMs(now, AT_ONCE_MS);
  const made = newReservation(
    actor,
    { ...used, id },
    {
      model: priced?.model ?? null,
      price_version: priced?.version ?? null,
      amount_micros: micros,
      on_expiry: "release",
      expires_at: deadlineAt,
      created_at: now,
    },
  );
  const refused = await holdWithin(tx, actor, made, bounds);
  if (refused) return refused;
  const row = await findReservation(tx, orgId, id);
  assert(row, "the reservation is written");
  const settled = await settle(deps, tx, row, { atto, excess: "refuse" }, now);
  assert(settled && typeof settled === "object", "a hold of this transaction can be settled");
  return end(deps, tx, row, settled, { by: operationId, now });
}

/** Gives all of a hold back. One that was released before is answered likewise; 409 for one that was taken. */
export function release(
  { deps }: Pick<Gateway, "deps">,
  actor: Actor,
  operationId: string,
  id: HoldId,
): Promise<Spent> {
  return withTx(deps.db, actor.orgId, async (tx) => {
    const now = deps.clock.now();
    const row = within(actor, await findReservation(tx, actor.orgId, id));
    if (row.state === "released") return spentOf(tx, row, now);
    if (row.state === "captured") throw notPending(row);
    const settled = await settle(deps, tx, row, { atto: 0n, excess: "refuse" }, now);
    if (!settled || typeof settled === "string") throw notPending(row);
    return end(deps, tx, row, settled, { by: operationId, now });
  });
}

/** Ends one whose time is over, as it asked. Nothing happens to one that ended meanwhile. */
export function expireReservation(
  { deps }: Pick<Gateway, "deps">,
  org: ReservationRow["org_id"],
  id: HoldId,
): Promise<void> {
  return withTx(deps.db, org, async (tx) => {
    const now = deps.clock.now();
    const row = await findReservation(tx, org, id);
    if (row?.state !== "pending" || row.expires_at > now) return;
    const atto = row.on_expiry === "capture" ? row.amount_micros * ATTO_PER_MICRO : 0n;
    const settled = await settle(deps, tx, row, { atto, excess: "refuse" }, now);
    if (settled && typeof settled === "object") await end(deps, tx, row, settled, { by: "expiry", now });
  });
}

/** Null when it was settled before. */
async function settle(
  { announce }: Gateway["deps"],
  tx: Tx,
  { org_id: org, id }: ReservationRow,
  { atto, excess }: { atto: bigint; excess: "refuse" | "demand" },
  now: Date,
): Promise<Settled | "exceeds_hold" | "insufficient" | null> {
  const settlement = { holdId: id, amountAtto: atto, basis: "reported", excess } as const;
  const { settled, low } = await applyBatch(tx, org, { settle: [settlement], hold: [] }, now);
  if (low.length > 0) await announce?.(tx, org, low);
  const [result] = settled;
  assert(result, "a settlement is answered");
  if (!("error" in result)) return result.first ? result : null;
  assert(result.error !== "not_found", "the hold of a reservation exists");
  return result.error;
}

async function end(
  { hub }: Gateway["deps"],
  tx: Tx,
  row: ReservationRow,
  settled: Settled,
  { by, now }: { by: string; now: Date },
): Promise<Spent> {
  const { org_id: org, id } = row;
  await endReservation(tx, org, id, { captured: settled.capturedMicros, by, now });
  await addToWindows(tx, org, additionsOf(org, [{ ...row, micros: settled.capturedMicros }]));
  tx.afterCommit(() => hub.publish("credits.changed", org));
  return {
    hold_id: id,
    captured_micros: settled.capturedMicros,
    released_micros: settled.releasedMicros,
    txn_id: settled.transactionId,
    available_micros: await availableTo(tx, row, now),
  };
}

/** The same of one that has ended already. */
async function spentOf(tx: Tx, row: ReservationRow, now: Date): Promise<Spent> {
  const settlement = { holdId: row.id, amountAtto: 0n, basis: "none", excess: "refuse" } as const;
  // Settled again on a weaker basis: nothing changes, and the ledger says how it stands.
  const { settled } = await applyBatch(tx, row.org_id, { settle: [settlement], hold: [] }, now);
  const [result] = settled;
  assert(result && !("error" in result) && !result.first, "an ended hold stays as it is");
  return {
    hold_id: row.id,
    captured_micros: result.capturedMicros,
    released_micros: result.releasedMicros,
    txn_id: result.transactionId,
    available_micros: await availableTo(tx, row, now),
  };
}

async function availableTo(
  tx: Tx,
  { org_id: org, mode }: Pick<ReservationRow, "org_id" | "mode">,
  now: Date,
): Promise<bigint> {
  const all = await balances(tx, org, mode, now);
  return all.find(({ unit }) => unit === "credit")?.available ?? 0n;
}

const notPending = ({ id }: ReservationRow): Problem =>
  new Problem(gatewayProblems.hold_not_pending, { extra: { hold_id: id } });
