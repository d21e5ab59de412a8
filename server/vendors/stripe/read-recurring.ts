/** Subscriptions and invoices of Stripe, as an event's payload or an answer shows them, turned into facts. Pure. */
import type Stripe from "stripe";
import type { InvoiceFact, InvoiceLine, SubscriptionFact, SubscriptionSession } from "./recurring-facts.ts";

export type RecurringEvent =
  | { kind: "subscription"; found: SubscriptionFact }
  | { kind: "invoice"; found: InvoiceFact }
  /** Something was paid; the invoice says what. */
  | { kind: "invoice_payment"; invoiceId: string }
  | { kind: "session"; found: SubscriptionSession };

type Known =
  | Stripe.Subscription
  | Stripe.Invoice
  | (Stripe.InvoicePayment & { object: "invoice_payment" })
  | Stripe.Checkout.Session;

/** What a snapshot event tells of something that recurs; null for another object or a broken one. */
export function readRecurringEvent(body: Buffer): RecurringEvent | null {
  const event = JSON.parse(body.toString("utf8")) as { data?: { object?: Known } };
  const object = event.data?.object;
  try {
    switch (object?.object) {
      case "subscription":
        return { kind: "subscription", found: subscriptionFact(object) };
      case "invoice":
        return { kind: "invoice", found: invoiceFact(object) };
      case "invoice_payment":
        return invoicePayment(object.invoice);
      case "checkout.session":
        return { kind: "session", found: subscriptionSession(object) };
      default:
        return null;
    }
  } catch {
    // A member that is missing, or that BigInt or Date cannot read: signed, yet not the shape of this API version.
    return null;
  }
}

function invoicePayment(invoice: Parameters<typeof idOf>[0]): RecurringEvent | null {
  const invoiceId = idOf(invoice);
  return invoiceId === null ? null : { kind: "invoice_payment", invoiceId };
}

/** Of a checkout: what its mode is for. */
export function sessionMode(body: Buffer): string | null {
  const event = JSON.parse(body.toString("utf8")) as { data?: { object?: { mode?: unknown } } };
  const mode = event.data?.object?.mode;
  return typeof mode === "string" ? mode : null;
}

const STATUS: Record<string, SubscriptionFact["status"]> = {
  incomplete: "incomplete",
  trialing: "trialing",
  active: "active",
  past_due: "past_due",
  unpaid: "suspended",
  paused: "paused",
  canceled: "canceled",
  incomplete_expired: "canceled",
};

export function subscriptionFact(subscription: Stripe.Subscription): SubscriptionFact {
  const [item] = subscription.items.data;
  const price = item?.price;
  const status = STATUS[subscription.status];
  if (!item || !price || !status) throw new TypeError("not a subscription that we can read");
  const method = subscription.default_payment_method;
  return {
    id: subscription.id,
    holdfastId: subscription.metadata.holdfast_id ?? null,
    status,
    itemId: item.id,
    priceId: price.id,
    unitMinor: BigInt(price.unit_amount ?? 0),
    currency: price.currency,
    period: price.recurring?.interval === "year" ? "year" : "month",
    quantity: item.quantity ?? 1,
    periodStart: at(item.current_period_start),
    periodEnd: at(item.current_period_end),
    trialEndsAt: subscription.trial_end === null ? null : at(subscription.trial_end),
    cancelAtPeriodEnd:
      subscription.cancel_at_period_end || subscription.cancel_at === item.current_period_end,
    canceledAt: subscription.canceled_at === null ? null : at(subscription.canceled_at),
    endedAt: subscription.ended_at === null ? null : at(subscription.ended_at),
    payerFingerprint:
      typeof method === "object" && method !== null ? (method.card?.fingerprint ?? null) : null,
    methodId: typeof method === "object" && method !== null ? method.id : (method ?? null),
  };
}

const REASON: Record<string, InvoiceFact["reason"]> = {
  subscription_create: "create",
  subscription_cycle: "cycle",
  subscription_update: "update",
};

export function invoiceFact(invoice: Stripe.Invoice): InvoiceFact {
  const parent = invoice.parent?.subscription_details ?? null;
  const { status, status_transitions: times } = invoice;
  if (!status) throw new TypeError("not an invoice that we can read");
  return {
    id: invoice.id,
    subscriptionId: idOf(parent?.subscription),
    holdfastId: parent?.metadata?.holdfast_id ?? null,
    number: invoice.number,
    status: status as InvoiceFact["status"],
    reason: REASON[invoice.billing_reason ?? ""] ?? "other",
    currency: invoice.currency,
    subtotalMinor: BigInt(invoice.subtotal),
    taxMinor: (invoice.total_taxes ?? []).reduce((sum, { amount }) => sum + BigInt(amount), 0n),
    totalMinor: BigInt(invoice.total),
    dueMinor: BigInt(invoice.amount_due),
    paidMinor: BigInt(invoice.amount_paid),
    attempts: invoice.attempt_count,
    nextAttemptAt: invoice.next_payment_attempt === null ? null : at(invoice.next_payment_attempt),
    lines: invoice.lines.data.map(invoiceLine),
    payUrl: invoice.hosted_invoice_url ?? null,
    createdAt: at(invoice.created),
    paidAt: times.paid_at === null ? null : at(times.paid_at),
    charges: null,
  };
}

export const invoiceLine = (line: Stripe.InvoiceLineItem): InvoiceLine => ({
  description: line.description ?? "",
  amountMinor: BigInt(line.amount),
  quantity: line.quantity ?? 1,
  periodStart: at(line.period.start),
  periodEnd: at(line.period.end),
  proration:
    line.parent?.subscription_item_details?.proration ??
    line.parent?.invoice_item_details?.proration ??
    false,
});

export const subscriptionSession = (session: Stripe.Checkout.Session): SubscriptionSession => ({
  id: session.id,
  url: session.url,
  expiresAt: at(session.expires_at),
  holdfastId: session.metadata?.holdfast_id ?? null,
  subscriptionId: idOf(session.subscription),
  status: session.status === "complete" ? "complete" : session.status === "expired" ? "expired" : "open",
});

/** Intents that paid an invoice, as its list of payments names them. */
export const paidIntents = (invoice: Stripe.Invoice): string[] =>
  (invoice.payments?.data ?? [])
    .filter(({ status }) => status === "paid")
    .map(({ payment }) => idOf(payment.payment_intent))
    .filter((id) => id !== null);

function at(seconds: number): Date {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) throw new RangeError("not a time");
  return date;
}

function idOf(reference: string | { id?: string } | null | undefined): string | null {
  return typeof reference === "object" && reference ? (reference.id ?? null) : (reference ?? null);
}
