/** What a fact makes of a subscription. Pure: no clock, no database, no network. */
import type { SubscriptionFact } from "../company.ts";
import { isGraceOver, suspensionEnd } from "../deadlines/grace.ts";
import { isLive, type SubscriptionRow } from "../subscription.ts";

/** Events this close to what was last written do not say which came later. */
export const CLOSE_MS = 5_000;

/** A state of a subscription, and when it was so. `fetchSeq` is set when it was fetched rather than told by an event. */
export type SubscriptionState = {
  at: Date;
  fetchSeq: bigint | null;
  found: SubscriptionFact;
  /** Which version its price is of; null for a price that is not ours. */
  version: { id: string; planKey: string } | null;
};

/** Where an event stands against what the row says. `unclear`: the company has to be asked. */
export function orderOf(
  row: { as_of: Date; provider_status: string | null },
  at: Date,
): "newer" | "older" | "unclear" {
  const ahead = at.getTime() - row.as_of.getTime();
  if (Math.abs(ahead) <= CLOSE_MS) return "unclear";
  return ahead > 0 ? "newer" : "older";
}

/**
 * The row after the fact: the same one when the fact is older, or when the subscription has ended at the company, which is
 * for ever.
 */
export function walkSubscription(row: SubscriptionRow, fact: SubscriptionState, now: Date): SubscriptionRow {
  const isNewer = fact.fetchSeq === null ? orderOf(row, fact.at) === "newer" : fact.fetchSeq > row.fetch_seq;
  if (!isNewer || row.provider_status === "canceled") return row;
  const found = asMeant(row, fact.found);
  const next: SubscriptionRow = {
    ...withPlan(row, fact),
    provider_status: found.status,
    provider_subscription_id: found.id,
    provider_item_id: found.itemId,
    period_start: found.periodStart,
    period_end: found.periodEnd,
    trial_ends_at: found.trialEndsAt,
    cancel_at_period_end: found.cancelAtPeriodEnd,
    canceled_at: found.canceledAt,
    failed_payments: found.failedPayments ?? row.failed_payments,
    ended_at: found.endedAt,
    as_of: fact.at > row.as_of ? fact.at : row.as_of,
    fetch_seq: fact.fetchSeq ?? row.fetch_seq,
  };
  return withStatus(next, now);
}

/** A company that knows no end with the period is kept from charging until then: to us the subscription goes on. */
function asMeant(
  row: SubscriptionRow,
  found: SubscriptionFact,
): SubscriptionFact & { cancelAtPeriodEnd: boolean } {
  const cancelAtPeriodEnd = found.cancelAtPeriodEnd ?? row.cancel_at_period_end;
  const ownCanceledAt = found.failedPayments !== undefined && cancelAtPeriodEnd ? row.canceled_at : null;
  const goesOn = row.provider_status === "trialing" ? "trialing" : "active";
  return {
    ...found,
    cancelAtPeriodEnd,
    canceledAt: found.canceledAt ?? ownCanceledAt,
    status: found.isHeld === true && cancelAtPeriodEnd ? goesOn : found.status,
  };
}

/**
 * What was paid for counts until its period is over: a change to the cheaper is known to the company at once, here it waits
 * for its day. A year that becomes months waits there as well.
 */
function withPlan(row: SubscriptionRow, { found, version }: SubscriptionState): SubscriptionRow {
  const waits =
    row.scheduled_at !== null &&
    found.periodStart < row.scheduled_at &&
    found.period === row.period &&
    version?.id === row.scheduled_version_id &&
    found.quantity === row.scheduled_quantity;
  if (waits) return row;
  // An order of ours may be on its way to a company that does not ask its buyer first: what it says from before is no word
  // about it.
  const isPlanned =
    row.provider === "stripe" && row.scheduled_at !== null && found.periodStart < row.scheduled_at;
  const isSame = version === null || (version.id === row.version_id && found.quantity === row.quantity);
  return {
    ...row,
    ...(version === null ? {} : { version_id: version.id, plan_key: version.planKey }),
    ...(isSame && (row.scheduled_at === null || isPlanned) ? {} : NO_CHANGE),
    amount_minor: found.unitMinor,
    currency: found.currency,
    period: found.period,
    quantity: found.quantity,
  };
}

export const NO_CHANGE = {
  scheduled_version_id: null,
  scheduled_amount_minor: null,
  scheduled_quantity: null,
  scheduled_period: null,
  scheduled_at: null,
} as const;

/** The status that counts here: grace ends by our clock too, whatever the company still tries. */
export function withStatus(row: SubscriptionRow, now: Date): SubscriptionRow {
  if (row.status === "duplicate") return row;
  switch (row.provider_status) {
    case "past_due": {
      const past_due_since = row.past_due_since ?? now;
      const isOver = isGraceOver(past_due_since, row.failed_payments, now);
      return isOver
        ? { ...row, status: "suspended", past_due_since, suspended_at: row.suspended_at ?? now }
        : { ...row, status: "past_due", past_due_since, suspended_at: null };
    }
    case "suspended":
      return {
        ...row,
        status: "suspended",
        past_due_since: row.past_due_since ?? now,
        suspended_at: row.suspended_at ?? now,
      };
    case "canceled":
      return {
        ...row,
        ...NO_CHANGE,
        status: "canceled",
        cancel_at_period_end: false,
        ended_at: row.ended_at ?? now,
        credits_due_at: null,
      };
    case "trialing":
    case "active":
    case "paused":
    case "incomplete":
      return {
        ...row,
        status: row.provider_status,
        past_due_since: null,
        suspended_at: null,
        failed_payments: 0,
      };
    default:
      return row;
  }
}

/** Suspended for so long that it is given up. */
export const isGivenUp = (row: SubscriptionRow, now: Date): boolean =>
  row.status === "suspended" && row.suspended_at !== null && now >= suspensionEnd(row.suspended_at);

/** To end with its period, which is over, and not ended by the company itself. */
export const isPeriodOver = (row: SubscriptionRow, now: Date): boolean =>
  isLive(row) && row.cancel_at_period_end && row.period_end !== null && now >= row.period_end;
