import type { Tx } from "../../../../platform/db/index.ts";
import type { OrgId } from "../../../../platform/ids.ts";
import { assert } from "../../../../platform/problem.ts";
import { audit } from "../../../identity/index.ts";
import type { Announcement } from "../../../ledger/index.ts";
import { isNews, type Effect } from "../../../webhooks/index.ts";
import type { BillingDeps } from "../../deps.ts";
import { applyInvoice } from "../../invoices/apply-invoice.ts";
import { finishPreviews } from "../changes/change-store.ts";
import { endChange } from "../changes/end-change.ts";
import { noteTrialEnding, tell } from "../deadlines/clock.ts";
import { subscriptionAnnouncements } from "../notices/announcement.ts";
import type { RecurringFact } from "./fact.ts";
import { endPlanGrants, giveCredits } from "../give-credits.ts";
import { mailOwners } from "../notices/mails.ts";
import { placeSubscription } from "../places.ts";
import { withAgreed } from "../paypal/agreed.ts";
import { noteRecurring } from "../recurring.ts";
import { lockSubscriptions, updateSubscriptions } from "../store.ts";
import { accessOf, isLive, type SubscriptionRow } from "../subscription.ts";
import { beginTrial } from "../trials/trial.ts";
import { walkSubscription } from "./walk.ts";

/** A change of status, as the trail names it. */
const ACTIONS: Partial<Record<SubscriptionRow["status"], string>> = {
  trialing: "subscription.trial_started",
  active: "subscription.active",
  past_due: "subscription.past_due",
  suspended: "subscription.suspended",
  paused: "subscription.paused",
  canceled: "subscription.ended",
  duplicate: "subscription.duplicate",
};

/**
 * Applies facts about subscriptions of one organization, in order, in the caller's transaction: delivery, backfill, replay,
 * the buyer's return and our clock all come here. Subscriptions are locked first, then invoices, payments, balances, grants.
 */
export async function applyRecurring(
  deps: BillingDeps,
  tx: Tx,
  org: OrgId,
  facts: readonly RecurringFact[],
  now: Date,
): Promise<Effect[][]> {
  const ids = [...new Set(facts.map(({ subscriptionId }) => subscriptionId))];
  const rows = new Map((await lockSubscriptions(tx, org, ids)).map((row) => [row.id, row]));
  const effects: Effect[][] = [];
  const told: Announcement[] = [];
  for (const fact of facts) {
    const before = rows.get(fact.subscriptionId);
    assert(before, "a subscription in the directory exists");
    const done: Effect[] = [];
    let row = sessionOver(before, fact, now);
    if (fact.subscription) {
      row = await withAgreed(tx, row, fact.subscription, now);
      row = walkSubscription(row, fact.subscription, now);
      row = alone(row, [...rows.values()]);
      if (row.status === "trialing" && before.status !== "trialing")
        row = await beginTrial(deps, tx, row, fact.subscription.found.payerFingerprint, now);
      await placeSubscription(tx, row.account_id, [
        { object_id: fact.subscription.found.id, org_id: org, subscription_id: row.id },
      ]);
    }
    if (row !== before) await updateSubscriptions(tx, org, [row]);
    for (const invoice of fact.invoices) {
      const result = await applyInvoice(deps, tx, row, invoice, now);
      if (result.invoice) await endChange(deps, tx, row, result.invoice, now);
      done.push(...result.effects);
      told.push(...result.told);
      if (result.row !== row) await updateSubscriptions(tx, org, [result.row]);
      row = result.row;
    }
    if (fact.trialEnding && row.status === "trialing") {
      const noted = await noteTrialEnding(deps, tx, row, now);
      if (noted !== row) await updateSubscriptions(tx, org, [noted]);
      row = noted;
    }
    await noteChange(deps, tx, before, row, fact, now);
    told.push(...(await subscriptionAnnouncements(deps, tx, before, row)));
    if (isNews(before, row)) done.push({ kind: "subscription", id: row.id });
    rows.set(row.id, row);
    effects.push(done);
  }
  if (told.length > 0) await deps.announce(tx, org, told);
  await noteRecurring(tx, org, [...rows.values()], now);
  tx.afterCommit(() => tell(deps, org));
  return effects;
}

/** A checkout that nobody completed in time ends the row that opened it. */
function sessionOver(row: SubscriptionRow, { session }: RecurringFact, now: Date): SubscriptionRow {
  if (session?.found.status !== "expired" || row.provider_subscription_id !== null) return row;
  if (row.status !== "incomplete" && row.status !== "creating") return row;
  return { ...row, status: "canceled", cancel_reason: "checkout_expired", ended_at: now, as_of: now };
}

/** One subscription is live; another that comes to life beside it is given back. */
function alone(row: SubscriptionRow, others: readonly SubscriptionRow[]): SubscriptionRow {
  const isTaken = others.some((other) => other.id !== row.id && other.mode === row.mode && isLive(other));
  return isTaken && isLive(row) ? { ...row, status: "duplicate", cancel_reason: "duplicate" } : row;
}

/** What follows from a change: the trail, credits that come or go with the plan, mails. */
async function noteChange(
  deps: BillingDeps,
  tx: Tx,
  before: SubscriptionRow,
  row: SubscriptionRow,
  fact: RecurringFact,
  now: Date,
): Promise<void> {
  const mail = (kind: string) => mailOwners(deps, tx, row, kind);
  const action = row.status === before.status ? undefined : ACTIONS[row.status];
  if (action)
    await audit(tx, now, {
      orgId: row.org_id,
      actorId: "system",
      action,
      targetId: row.id,
      detail: { plan: row.plan_key, from: before.status },
    });
  // Whoever begins a plan or a change of it is there, and is written to when they leave.
  const isBegun = row.status === "incomplete" || fact.invoices.some(({ found }) => found.reason === "update");
  if (fact.actionRequired && !isBegun) await mail("billing.action_required");
  // Elsewhere its invoice tells of each failure.
  const failures = fact.subscription?.found.failedPayments ?? 0;
  if (failures > before.failed_payments && (row.status === "past_due" || row.status === "suspended"))
    await mail("billing.renewal_failed");
  if (before.status !== row.status && row.status === "suspended") await mail("billing.suspended");
  if (isLive(before) && row.status === "canceled") {
    await endPlanGrants(deps, tx, row, now);
    await mail("billing.canceled");
  }
  const isChanged =
    before.version_id !== row.version_id || before.quantity !== row.quantity || before.period !== row.period;
  if (isLive(before) && isLive(row) && isChanged) await noteNewPlan(deps, tx, before, row, now);
}

async function noteNewPlan(
  deps: BillingDeps,
  tx: Tx,
  before: SubscriptionRow,
  row: SubscriptionRow,
  now: Date,
): Promise<void> {
  await audit(tx, now, {
    orgId: row.org_id,
    actorId: "system",
    action: "subscription.plan_changed",
    targetId: row.id,
    detail: { from: before.plan_key, plan: row.plan_key, quantity: row.quantity },
  });
  await mailOwners(deps, tx, row, "billing.plan_changed");
  const plan = await deps.versions.get(tx, row.version_id);
  // The company has changed once: an order from before that it never took brings nothing.
  const [order] = await finishPreviews(tx, row, now);
  if (order?.direction === "up" && accessOf(row) === "plan")
    await giveCredits(
      deps,
      tx,
      row,
      plan,
      {
        kind: "plan",
        micros: order.credits_micros,
        reference: `${order.id}:credits`,
        expiresAt: row.period_end,
        replaces: false,
      },
      now,
    );
}
