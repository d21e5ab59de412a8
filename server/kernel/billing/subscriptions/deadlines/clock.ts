import { addMs } from "../../../../platform/clock.ts";
import { withOperatorTx, withTx, type Tx } from "../../../../platform/db/index.ts";
import type { OrgId } from "../../../../platform/ids.ts";
import { audit } from "../../../identity/index.ts";
import type { BillingDeps } from "../../deps.ts";
import { addMonths, monthsSince } from "../../plans/calendar.ts";
import { saveAndTell, subscriptionAnnouncement } from "../notices/announcement.ts";
import { endPlanGrants, giveCredits } from "../give-credits.ts";
import { mailOwners } from "../notices/mails.ts";
import { noteRecurring } from "../recurring.ts";
import { listClockDue, lockSubscriptions } from "../store.ts";
import { accessOf, RENEWAL_MS, TRIAL_ENDS_MS, type SubscriptionRow } from "../subscription.ts";

const AT_ONCE = 200;

/** What our clock brings without a company: the months of a year that was paid at once, gifts and their end. */
export async function runClock(deps: BillingDeps): Promise<boolean> {
  const { db, clock, stripe } = deps;
  const due = await withOperatorTx(db, (tx) => listClockDue(tx, stripe.mode, clock.now(), AT_ONCE));
  for (const { org_id, id } of due) {
    await withTx(db, org_id, async (tx) => {
      const now = clock.now();
      const row = (await lockSubscriptions(tx, org_id)).find((one) => one.id === id);
      if (!row) return;
      const next =
        row.provider === "none" && row.period_end && row.period_end <= now
          ? await endGift(deps, tx, row, now)
          : await giveMonth(deps, tx, await tellAhead(deps, tx, row, now), now);
      await saveAndTell(deps, tx, row, next);
      if (next === row) await noteRecurring(tx, org_id, [row], now);
      tx.afterCommit(() => tell(deps, org_id));
    });
  }
  return due.length === AT_ONCE;
}

async function endGift(deps: BillingDeps, tx: Tx, row: SubscriptionRow, now: Date): Promise<SubscriptionRow> {
  await endPlanGrants(deps, tx, row, now);
  await audit(tx, now, {
    orgId: row.org_id,
    actorId: "system",
    action: "subscription.ended",
    targetId: row.id,
    detail: { plan: row.plan_key },
  });
  return { ...row, status: "canceled", ended_at: row.period_end, credits_due_at: null, as_of: now };
}

/** What is about to come: a trial's end, a year's renewal. */
const tellAhead = async (
  deps: BillingDeps,
  tx: Tx,
  row: SubscriptionRow,
  now: Date,
): Promise<SubscriptionRow> => tellRenewal(deps, tx, await tellTrial(deps, tx, row, now), now);

/** A year is told of two weeks ahead, once for each. */
async function tellRenewal(
  deps: BillingDeps,
  tx: Tx,
  row: SubscriptionRow,
  now: Date,
): Promise<SubscriptionRow> {
  const { period_end: end } = row;
  const renews =
    row.provider !== "none" && row.period === "year" && row.status === "active" && !row.cancel_at_period_end;
  if (!renews || end === null || end <= now || end > addMs(now, RENEWAL_MS)) return row;
  if (row.renewal_told_for?.getTime() === end.getTime()) return row;
  await mailOwners(deps, tx, row, "billing.renewal_ahead");
  return { ...row, renewal_told_for: end };
}

/** A trial that is about to end, where the company does not tell so; one that ends for good needs no word. */
async function tellTrial(
  deps: BillingDeps,
  tx: Tx,
  row: SubscriptionRow,
  now: Date,
): Promise<SubscriptionRow> {
  const ends = row.provider === "paypal" && row.status === "trialing" && row.trial_told_at === null;
  if (!ends || row.trial_ends_at === null || row.trial_ends_at > addMs(now, TRIAL_ENDS_MS)) return row;
  return noteTrialEnding(deps, tx, row, now);
}

/** Once for each trial, whoever brings it up; for one that goes on into a price. */
export async function noteTrialEnding(
  deps: BillingDeps,
  tx: Tx,
  row: SubscriptionRow,
  now: Date,
): Promise<SubscriptionRow> {
  if (row.trial_told_at !== null) return row;
  if (!row.cancel_at_period_end) {
    await mailOwners(deps, tx, row, "billing.trial_ending");
    await deps.announce(tx, row.org_id, [
      await subscriptionAnnouncement(deps, tx, row, "subscription.trial_ending"),
    ]);
  }
  return { ...row, trial_told_at: now };
}

/** The month that has begun; those that nobody counted in time are not made up for. A plan that is late gets none. */
async function giveMonth(
  deps: BillingDeps,
  tx: Tx,
  row: SubscriptionRow,
  now: Date,
): Promise<SubscriptionRow> {
  const { period_start: start, credits_due_at: dueAt } = row;
  if (!start || !dueAt || dueAt > now) return row;
  const plan = await deps.versions.get(tx, row.version_id);
  const month = monthsSince(start, now);
  const expiresAt = addMonths(start, month + 1);
  if (accessOf(row) === "plan")
    await giveCredits(
      deps,
      tx,
      row,
      plan,
      {
        kind: row.provider === "none" ? "gift" : "plan",
        micros: plan.creditsMicros * BigInt(row.quantity),
        reference: `${row.id}:month:${start.getTime()}:${month}`,
        expiresAt,
        replaces: row.provider !== "none",
      },
      now,
    );
  const ends = row.period_end !== null && expiresAt >= row.period_end;
  return { ...row, credits_given: row.credits_given + 1, credits_due_at: ends ? null : expiresAt };
}

/** Readers of the organization's subscription and credits look again. */
export function tell({ hub }: Pick<BillingDeps, "hub">, org: OrgId): void {
  hub.publish("subscription.updated", org);
  hub.publish("credits.changed", org);
}
