import { CompanyFault } from "../../../../platform/calls/index.ts";
import { withTx } from "../../../../platform/db/index.ts";
import { Problem } from "../../../../platform/problem.ts";
import type { BillingDeps } from "../../deps.ts";
import type { IntentAnswer } from "../../intents/answer.ts";
import { billingProblems } from "../../problems.ts";
import { companyOf } from "../company-of.ts";
import type { SubscriptionSession } from "../company.ts";
import { placeSubscription } from "../places.ts";
import { lockSubscriptions, updateSubscriptions } from "../store.ts";
import type { SubscriptionRow } from "../subscription.ts";

export type StartedCheckout = {
  subscriptionId: SubscriptionRow["id"];
  status: SubscriptionRow["status"];
  sessionId: string;
  url: string;
  expiresAt: Date;
  /** The first one by a card that is kept; null where the company's page takes it, or nothing is due. */
  payment: IntentAnswer | null;
};

/** Between the two looks that must both find nothing before a new key is used. */
export const ABSENT_MS = 10 * 60_000;

/**
 * Gives a subscription its checkout, or finds the one it has. Safe to call again at any point: 409 `checkout_over` for one
 * that has ended without, 503 `provider_unavailable` while only the company's list can tell whether there is one.
 */
export async function startCheckout(deps: BillingDeps, row: SubscriptionRow): Promise<StartedCheckout> {
  const known = started(row);
  if (known) return known;
  if (row.status !== "creating") throw new Problem(billingProblems.checkout_over);
  if (!keyCounts(deps, row))
    throw new Problem(billingProblems.provider_unavailable, { retryAfter: ABSENT_MS / 1000 });
  try {
    const session = await companyOf(deps, row).createCheckout(row);
    const result = await adoptCheckout(deps, row, session);
    if (!result) throw new Problem(billingProblems.checkout_over);
    return result;
  } catch (error) {
    throw await refusal(deps, row, error);
  }
}

/** The company still knows the running attempt's key. Until there is a checkout, `as_of` is when that attempt began. */
export function keyCounts(deps: BillingDeps, row: SubscriptionRow): boolean {
  const age = deps.clock.now().getTime() - row.as_of.getTime();
  return row.absent_since === null && age < companyOf(deps, row).keyLifeMs;
}

/** The row learns of its checkout; null for one that can no longer be paid. */
export function adoptCheckout(
  deps: BillingDeps,
  { org_id: org, id }: SubscriptionRow,
  session: SubscriptionSession,
): Promise<StartedCheckout | null> {
  return change(deps, { org_id: org, id }, (row) => ({
    ...row,
    session_id: session.id,
    session_url: session.url,
    session_expires_at: session.expiresAt,
    absent_since: null,
    ...(row.status === "creating" ? { status: "incomplete" } : {}),
  })).then((row) => row && started(row));
}

function started(row: SubscriptionRow): StartedCheckout | null {
  const { id, session_id, session_url, session_expires_at, status } = row;
  if (session_id === null || session_url === null || session_expires_at === null) return null;
  return {
    subscriptionId: id,
    status,
    sessionId: session_id,
    url: session_url,
    expiresAt: session_expires_at,
    payment: null,
  };
}

/** A definite no ends the row: who wants to try again subscribes again. Anything else leaves it to be carried on. */
export async function refusal(deps: BillingDeps, row: SubscriptionRow, error: unknown): Promise<unknown> {
  if (!(error instanceof CompanyFault)) return error;
  if (error.kind === "unavailable")
    return new Problem(billingProblems.provider_unavailable, { cause: error, retryAfter: 5 });
  await change(deps, row, (now) =>
    now.status === "creating"
      ? { ...now, status: "canceled", cancel_reason: error.code, ended_at: deps.clock.now() }
      : now,
  );
  return new Problem(billingProblems.provider_refused, { cause: error });
}

/** Changes one row under its lock; null when it is over. */
export function change(
  deps: BillingDeps,
  { org_id: org, id }: Pick<SubscriptionRow, "org_id" | "id">,
  next: (row: SubscriptionRow) => SubscriptionRow,
): Promise<SubscriptionRow | null> {
  return withTx(deps.db, org, async (tx) => {
    const row = (await lockSubscriptions(tx, org)).find((one) => one.id === id);
    if (!row) return null;
    const changed = next(row);
    if (changed.session_id !== null)
      await placeSubscription(tx, row.account_id, [
        { object_id: changed.session_id, org_id: org, subscription_id: id },
      ]);
    if (changed !== row) await updateSubscriptions(tx, org, [changed]);
    tx.afterCommit(() => deps.hub.publish("subscription.updated", org));
    return changed;
  });
}
