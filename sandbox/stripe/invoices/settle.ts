/** What the outcome of a payment means for the invoice it was made for. */
import { findObject } from "../books.ts";
import type { World } from "../../core/company.ts";
import { emit } from "../events/events.ts";
import { BY_ITSELF, type Intent } from "../payments/charges.ts";
import { settleDebit } from "../payments/debits.ts";
import type { Cause } from "../protocol/operation.ts";
import { afterInvoiceFailed, afterInvoicePaid, retriesOf } from "../subscriptions/after-invoice.ts";
import { clockIdOf, planAt, unplan } from "../time/billing-time.ts";
import { changeInvoice, getInvoice, invoiceNow, type Invoice } from "./invoice.ts";
import { markPaid, paymentByIntent, paymentsOf } from "./invoice-payments.ts";

/** Waits before the next try of an unpaid invoice, each after the try before it. */
const RETRY_AFTER_DAYS = [1, 3, 5, 7];
const DAY_S = 86_400;

export const invoiceKeys = (id: string) => ({ finalize: `finalize:${id}`, retry: `retry:${id}` });

/**
 * Takes over the state of an intent after anything has happened to it; an intent of no invoice is left alone.
 * `automatic`: Stripe's own try, which counts on the retry schedule.
 */
export function afterIntent(world: World, intentId: string, cause: Cause, automatic = false): void {
  const payment = paymentByIntent(world, intentId);
  const intent = findObject<Intent>(world, "payment_intent", intentId);
  if (payment === null || intent === null) return;
  const invoice = getInvoice(world, String(payment.invoice));
  if (invoice.status !== "open" && invoice.status !== "uncollectible") return;
  if (intent.status === "succeeded") settleInvoice(world, invoice, intent, cause, { automatic });
  else if (intent.status === "requires_action") failInvoice(world, invoice, intent, automatic, cause);
  else if (intent.status === "requires_payment_method" && intent.last_payment_error !== null) {
    failInvoice(world, invoice, intent, automatic, cause);
  }
}

/** Paid: by the intent given, or from the balance, or outside Stripe. */
export function settleInvoice(
  world: World,
  old: Invoice,
  intent: Intent | null,
  cause: Cause,
  { automatic = false, outOfBand = false }: { automatic?: boolean; outOfBand?: boolean } = {},
): Invoice {
  const now = invoiceNow(world, old);
  unplan(world, invoiceKeys(old.id).retry);
  if (intent !== null) {
    for (const payment of paymentsOf(world, old.id)) {
      if (payment.status === "open") markPaid(world, payment, now, cause);
    }
  }
  const paid = changeInvoice(
    world,
    old,
    {
      amount_paid: outOfBand ? 0 : old.amount_due,
      ...(outOfBand ? { amount_paid_off_stripe: old.amount_due } : {}),
      amount_remaining: 0,
      attempted: true,
      attempt_count: intent === null ? old.attempt_count : attemptsAfter(old, automatic),
      auto_advance: false,
      next_payment_attempt: null,
      status: "paid",
      status_transitions: { ...old.status_transitions, paid_at: now },
    },
    cause,
    "invoice.paid",
    "invoice.payment_succeeded",
  );
  const method = intent?.payment_method ?? null;
  afterInvoicePaid(world, paid, typeof method === "string" ? method : null, cause);
  return paid;
}

/** The first try counts whoever made it, later ones only by the schedule. */
const attemptsAfter = (old: Invoice, automatic: boolean): number =>
  automatic || old.attempt_count === 0 ? old.attempt_count + 1 : old.attempt_count;

/** Not paid this time: refused, or waiting for the holder (`intent` null: there is nothing to charge). */
export function failInvoice(
  world: World,
  old: Invoice,
  intent: Intent | null,
  automatic: boolean,
  cause: Cause,
): Invoice {
  const attempts = attemptsAfter(old, automatic);
  const asks = intent?.status === "requires_action";
  const retries = automatic && old.auto_advance === true && retriesOf(world, old);
  const wait = retries ? RETRY_AFTER_DAYS[attempts - 1] : undefined;
  const last = retries && wait === undefined;
  const next =
    wait === undefined
      ? automatic
        ? null
        : old.next_payment_attempt
      : invoiceNow(world, old) + wait * DAY_S;
  const failed = changeInvoice(
    world,
    old,
    {
      attempted: true,
      attempt_count: attempts,
      next_payment_attempt: next,
      ...(last ? { auto_advance: false } : {}),
    },
    cause,
  );
  if (next !== null && wait !== undefined) {
    const key = invoiceKeys(old.id).retry;
    planAt(world, clockIdOf(old), "invoice.retry", next, { id: old.id }, key);
  }
  if (asks) emit(world, "invoice.payment_action_required", failed, cause);
  emit(world, "invoice.payment_failed", failed, cause);
  afterInvoiceFailed(world, failed, last, cause);
  return failed;
}

/** A debit that was begun days ago: the bank's answer, and what it means for an invoice. */
export function debitDue(world: World, payload: unknown): void {
  const { id } = payload as { id: string };
  settleDebit(world, id);
  afterIntent(world, id, BY_ITSELF, true);
}
