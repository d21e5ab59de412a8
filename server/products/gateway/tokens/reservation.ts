import { rankOf, type Actor } from "../../../platform/http/index.ts";
import { assert, Problem, common } from "../../../platform/problem.ts";
import { applyBatch, type HoldRequest, type HoldResult } from "../../../kernel/ledger/index.ts";
import type { Tx } from "../../../platform/db/index.ts";
import { boundsOf, judgedInside, personOf, type Bound } from "../limits/bound.ts";
import { openGate } from "../limits/gate.ts";
import { gatewayProblems } from "../problems.ts";
import type { Gateway } from "../settling/state.ts";
import { insertReservation, type NewReservation, type ReservationRow } from "./store.ts";

/** Who asks the ledger for them, and whose sweep ends them when their time is over. */
export const OWNER = "tokens";

/** What is common to a reservation and to taking credits at once. */
export type Naming = {
  id: ReservationRow["id"];
  purpose?: string | undefined;
  project_id?: string | undefined;
};

export const newReservation = (
  actor: Actor,
  { id, purpose, project_id }: Naming,
  rest: Pick<
    NewReservation,
    "model" | "price_version" | "amount_micros" | "on_expiry" | "expires_at" | "created_at"
  >,
): NewReservation => ({
  org_id: actor.orgId,
  id,
  mode: actor.mode,
  credential_id: actor.credentialId,
  user_id: actor.userId,
  person_id: personOf(actor),
  purpose: purpose ?? null,
  project_id: project_id ?? null,
  ...rest,
});

/** Admins reach everyone's, others their own; null: all. */
export const reachOf = (actor: Actor): { credentialId: string; userId: string | null } | null =>
  rankOf(actor.role) >= rankOf("admin") ? null : { credentialId: actor.credentialId, userId: actor.userId };

/** The row, where the actor may see it; else 404, also for a hold that is the gateway's own. */
export function within(actor: Actor, row: ReservationRow | null): ReservationRow {
  const own = reachOf(actor);
  const seen =
    row?.mode === actor.mode &&
    (!own || row.credential_id === own.credentialId || (own.userId !== null && row.user_id === own.userId));
  if (!row || !seen) throw new Problem(common.not_found);
  return row;
}

export const tooFew = (neededMicros: bigint, availableMicros: bigint): Problem =>
  new Problem(gatewayProblems.insufficient_credits, {
    detail: `${neededMicros} micro-credits are needed; ${availableMicros} are available.`,
    extra: { needed_micros: Number(neededMicros), available_micros: Number(availableMicros) },
  });

/** The budgets that bind the caller. */
export const budgetsOf = async ({ policies }: Pick<Gateway, "policies">, actor: Actor): Promise<Bound[]> =>
  judgedInside(boundsOf(actor, await policies.of(actor.orgId, actor.mode)));

/**
 * Holds and writes the reservation in the caller's transaction, within the budgets. Returns the 402 where credits or a budget
 * are short: the caller throws it after the commit, which keeps that a budget refused.
 */
export async function holdWithin(
  tx: Tx,
  actor: Actor,
  row: NewReservation,
  bounds: readonly Bound[],
): Promise<Problem | null> {
  const { amount_micros: amount, created_at: now, expires_at: deadlineAt, id, mode } = row;
  const request = { id, mode, unit: "credit", owner: OWNER, amount, deadlineAt };
  const gate = () => openGate(tx, actor.orgId, [{ mode, amount, call: false, bounds }], now);
  const { held } = await applyBatch(tx, actor.orgId, { hold: [request], settle: [] }, now, gate);
  const [result] = held;
  assert(result, "a hold is answered");
  if (!result.held) return refusalOf(request, result);
  await insertReservation(tx, row);
  return null;
}

/** The 402 of a budget that does not let this much more be spent; null where all do. Takes the wallets' lock first. */
export async function overBudgets(
  tx: Tx,
  actor: Actor,
  amount: bigint,
  { bounds, now }: { bounds: readonly Bound[]; now: Date },
): Promise<Problem | null> {
  await applyBatch(tx, actor.orgId, { hold: [], settle: [] }, now);
  const gate = await openGate(tx, actor.orgId, [{ mode: actor.mode, amount, call: false, bounds }], now);
  const refusal = gate?.judge(0);
  if (!gate || !refusal) return null;
  await gate.end();
  return new Problem(gatewayProblems.budget_exceeded, refusal.problem.options);
}

/** Throws, now that it is committed, what a transaction refused. */
export async function unlessRefused<T>(answer: Promise<T | Problem>): Promise<T> {
  const value = await answer;
  if (value instanceof Problem) throw value;
  return value;
}

function refusalOf({ amount }: HoldRequest, result: HoldResult & { held: false }): Problem {
  if (!result.refused) return tooFew(amount, result.availableMicros);
  return new Problem(gatewayProblems.budget_exceeded, result.refused.options);
}
