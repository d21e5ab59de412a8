/** PayPal's subscription and what it paid, as facts about a subscription of ours. Pure. */
import { addMs } from "../../../../platform/clock.ts";
import type {
  PaypalRefund,
  PaypalSubscription,
  PaypalSubscriptionPayment,
} from "../../../../vendors/paypal/index.ts";
import type { PaymentFact } from "../../payments/fact.ts";
import { refundFact } from "../../payments/paypal/order-fact.ts";
import { addMonths, monthsSince } from "../../plans/calendar.ts";
import type { Period } from "../../plans/plan.ts";
import type { InvoiceFact, InvoiceLine, SubscriptionFact, Told } from "../company.ts";
import type { SubscriptionRow } from "../subscription.ts";

const DAY_MS = 86_400_000;
/** PayPal bills in the hours about the turn of a period. */
const EARLY_MS = DAY_MS / 2;
const CAPTURED = new Set(["COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"]);

/** Of one unit; `name` is the plan's. */
export type Sold = { unitMinor: bigint; currency: string; period: Period; name: string };
type Known = Pick<SubscriptionRow, "period_start" | "period_end" | "trial_days" | "trial_ends_at">;
type Span = { start: Date; end: Date };

/** Null for one that nobody has agreed to yet. `refunds`: those that were told of, beside what the payments show. */
export function toldOf(
  row: Known,
  found: PaypalSubscription,
  sold: Sold,
  payments: readonly PaypalSubscriptionPayment[],
  refunds: readonly PaypalRefund[],
): Told | null {
  if (found.status === "APPROVAL_PENDING" || found.status === "APPROVED") return null;
  const invoices = payments
    .filter(({ status }) => CAPTURED.has(status))
    .map((payment) => paidInvoice(row, found, sold, payment, refunds));
  return {
    subscription: subscriptionFact(row, found, sold),
    invoices: found.inTrial && row.trial_days !== null ? [trialInvoice(found, sold), ...invoices] : invoices,
  };
}

function subscriptionFact(row: Known, found: PaypalSubscription, sold: Sold): SubscriptionFact {
  const { start, end } = currentPeriod(row, found, sold.period);
  const isOver = found.status === "CANCELLED" || found.status === "EXPIRED";
  return {
    id: found.id,
    holdfastId: found.customId,
    status: statusOf(found),
    itemId: null,
    priceId: found.planId,
    unitMinor: sold.unitMinor,
    currency: sold.currency,
    period: sold.period,
    quantity: found.quantity,
    periodStart: start,
    periodEnd: end,
    trialEndsAt: found.inTrial ? end : row.trial_ends_at,
    cancelAtPeriodEnd: null,
    canceledAt: isOver ? found.statusAt : null,
    endedAt: isOver ? found.statusAt : null,
    payerFingerprint: found.payerId && `paypal:${found.payerId}`,
    methodId: null,
    isHeld: found.status === "SUSPENDED" && found.failedPayments === 0,
    failedPayments: found.failedPayments,
  };
}

function statusOf({ status, failedPayments, inTrial }: PaypalSubscription): SubscriptionFact["status"] {
  switch (status) {
    case "CANCELLED":
    case "EXPIRED":
      return "canceled";
    case "SUSPENDED":
      return "suspended";
    case "ACTIVE":
      if (failedPayments > 0) return "past_due";
      return inTrial ? "trialing" : "active";
    default:
      return "incomplete";
  }
}

/** Periods are counted from where the trial ends, or it began. */
const anchorOf = ({ trial_days }: Known, { startAt }: PaypalSubscription): Date =>
  addMs(startAt, (trial_days ?? 0) * DAY_MS);

function spanAt(anchor: Date, period: Period, at: Date): Span {
  const months = period === "year" ? 12 : 1;
  const passed = Math.floor(monthsSince(anchor, at) / months) * months;
  return { start: addMonths(anchor, passed), end: addMonths(anchor, passed + months) };
}

/** What PayPal does not bill now has no next time there: what we know goes on counting. */
function currentPeriod(row: Known, found: PaypalSubscription, period: Period): Span {
  const { nextBillingAt: end, startAt, inTrial } = found;
  const anchor = anchorOf(row, found);
  if (end !== null)
    return { start: inTrial ? startAt : spanAt(anchor, period, addMs(end, -EARLY_MS)).start, end };
  if (row.period_start && row.period_end) return { start: row.period_start, end: row.period_end };
  return inTrial ? { start: startAt, end: anchor } : spanAt(anchor, period, found.statusAt);
}

function paidInvoice(
  row: Known,
  found: PaypalSubscription,
  sold: Sold,
  payment: PaypalSubscriptionPayment,
  refunds: readonly PaypalRefund[],
): InvoiceFact {
  const { start, end } = spanAt(anchorOf(row, found), sold.period, addMs(payment.paidAt, EARLY_MS));
  const price = sold.unitMinor * BigInt(found.quantity);
  const isFirst = row.trial_days === null && payment.paidAt.getTime() - found.startAt.getTime() < DAY_MS;
  const line: InvoiceLine = {
    description: sold.name,
    amountMinor: payment.amountMinor,
    quantity: found.quantity,
    periodStart: start,
    periodEnd: end,
    proration: false,
  };
  // A part of what was owed buys no period.
  const reason = payment.amountMinor < price ? "other" : isFirst ? "create" : "cycle";
  const charge = chargeOf(payment, refunds);
  return invoice(`paypal:${payment.id}`, found, line, payment.currency, reason, payment.paidAt, [charge]);
}

/** A trial is an invoice of nothing. */
function trialInvoice(found: PaypalSubscription, sold: Sold): InvoiceFact {
  const line: InvoiceLine = {
    description: `Trial of ${sold.name}`,
    amountMinor: 0n,
    quantity: found.quantity,
    periodStart: found.startAt,
    periodEnd: found.nextBillingAt ?? found.startAt,
    proration: false,
  };
  return invoice(`paypal:${found.id}:trial`, found, line, sold.currency, "create", found.startAt, []);
}

function invoice(
  id: string,
  found: PaypalSubscription,
  line: InvoiceLine,
  currency: string,
  reason: InvoiceFact["reason"],
  at: Date,
  charges: PaymentFact[],
): InvoiceFact {
  const { amountMinor } = line;
  return {
    id,
    subscriptionId: found.id,
    holdfastId: found.customId,
    number: null,
    status: "paid",
    reason,
    currency,
    subtotalMinor: amountMinor,
    // Prices by PayPal include it.
    taxMinor: 0n,
    totalMinor: amountMinor,
    dueMinor: amountMinor,
    paidMinor: amountMinor,
    attempts: 1,
    nextAttemptAt: null,
    lines: [line],
    payUrl: null,
    createdAt: at,
    paidAt: at,
    charges,
  };
}

const chargeOf = (
  { id, amountMinor, currency, feeMinor, paidAt }: PaypalSubscriptionPayment,
  refunds: readonly PaypalRefund[],
): PaymentFact => ({
  holdfastId: null,
  sessionId: null,
  intentId: null,
  state: null,
  charge: {
    id,
    intentId: null,
    capturedMinor: amountMinor,
    refundedMinor: null,
    currency,
    createdAt: paidAt,
    balanceTransactionId: null,
    feeMinor,
  },
  refunds: refunds.filter(({ captureId }) => captureId === id).map((refund) => refundFact(refund, id)),
  paidElsewhere: false,
});
