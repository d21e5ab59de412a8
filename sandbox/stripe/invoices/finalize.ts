import { findObject, saveObject } from "../books.ts";
import type { World } from "../../core/company.ts";
import { leastCharge } from "../catalog/money.ts";
import type { AnyCustomer, Customer } from "../customers/customers.ts";
import { emit } from "../events/events.ts";
import { invalid, StripeError } from "../protocol/errors.ts";
import type { Cause } from "../protocol/operation.ts";
import { afterInvoiceDropped } from "../subscriptions/after-invoice.ts";
import { unplan } from "../time/billing-time.ts";
import { cancelIntent } from "../payments/payment-intents.ts";
import { changeInvoice, customerIdOf, invoiceNow, type Invoice } from "./invoice.ts";
import { intentOf, markCanceled, openPayment, paymentsOf } from "./invoice-payments.ts";
import { invoiceKeys, settleInvoice } from "./settle.ts";

const alive = (world: World, invoice: Invoice): Customer | null => {
  const found = findObject<AnyCustomer>(world, "customer", customerIdOf(invoice));
  return found === null || found.deleted === true ? null : (found as Customer);
};

/**
 * What is left to pay once the customer's balance is taken in: a credit pays, a negative total becomes credit, and
 * an amount too small to charge is put on the next invoice.
 */
export function balanceAfter(invoice: Invoice, balance: number): { due: number; ending: number } {
  const open = invoice.total + balance;
  if (open <= 0) return { due: 0, ending: open };
  if (invoice.total > 0 && open < leastCharge(invoice.currency)) return { due: 0, ending: open };
  return { due: open, ending: 0 };
}

/** Gives a draft its number and fixes it; where nothing is due it is paid at once, else an intent waits for payment. */
export function finalizeInvoice(world: World, old: Invoice, cause: Cause): Invoice {
  if (old.status !== "draft") {
    throw invalid(
      "This invoice is already finalized, you can't re-finalize a non-draft invoice.",
      undefined,
      "invoice_not_editable",
    );
  }
  const now = invoiceNow(world, old);
  unplan(world, invoiceKeys(old.id).finalize);
  const customer = alive(world, old);
  const { due, ending } = balanceAfter(old, customer?.balance ?? 0);
  const sequence = customer?.next_invoice_sequence ?? 1;
  const url = `${world.baseUrl}/stripe/invoices/${old.id}`;
  const invoice: Invoice = {
    ...old,
    amount_due: due,
    amount_remaining: due,
    automatically_finalizes_at: null,
    effective_at: now,
    ending_balance: ending,
    hosted_invoice_url: url,
    invoice_pdf: `${url}/pdf`,
    next_payment_attempt: null,
    number: `${customer?.invoice_prefix ?? "DELETED"}-${String(sequence).padStart(4, "0")}`,
    starting_balance: customer?.balance ?? 0,
    status: "open",
    status_transitions: { ...old.status_transitions, finalized_at: now },
  };
  saveObject(world, invoice);
  if (customer !== null)
    bill(world, customer, { sequence: sequence + 1, balance: ending, currency: old.currency }, cause);
  emit(world, "invoice.finalized", invoice, cause);
  if (due === 0) return settleInvoice(world, invoice, null, cause);
  openPayment(world, invoice, cause);
  return invoice;
}

function bill(
  world: World,
  customer: Customer,
  { sequence, balance, currency }: { sequence: number; balance: number; currency: string },
  cause: Cause,
): void {
  const next: Customer = {
    ...customer,
    balance,
    currency: customer.currency ?? currency,
    next_invoice_sequence: sequence,
  };
  saveObject(world, next);
  if (balance !== customer.balance)
    emit(world, "customer.updated", next, cause, { balance: customer.balance });
}

function refuse(old: Invoice, statuses: string[], act: string): void {
  if (statuses.includes(String(old.status))) return;
  throw new StripeError(400, {
    type: "invalid_request_error",
    code: "invoice_not_editable",
    message: `You can only pass in ${statuses.join(" or ")} invoices. This invoice isn't ${statuses.join(" or ")}, so it can't be ${act}.`,
  });
}

function dropPayments(world: World, old: Invoice, cause: Cause): void {
  unplan(world, invoiceKeys(old.id).retry);
  const intent = intentOf(world, old);
  if (intent !== null && intent.status !== "succeeded" && intent.status !== "canceled") {
    cancelIntent(world, intent, "void_invoice", cause);
  }
  for (const payment of paymentsOf(world, old.id)) {
    if (payment.status === "open") markCanceled(world, payment, invoiceNow(world, old));
  }
}

/** An open invoice that is not owed after all; what the balance gave for it goes back. */
export function voidInvoice(world: World, old: Invoice, cause: Cause): Invoice {
  refuse(old, ["open", "uncollectible"], "voided");
  dropPayments(world, old, cause);
  const customer = alive(world, old);
  const used = (old.ending_balance ?? 0) - old.starting_balance;
  if (customer !== null && used !== 0) {
    const next: Customer = { ...customer, balance: customer.balance - used };
    saveObject(world, next);
    emit(world, "customer.updated", next, cause, { balance: customer.balance });
  }
  const next = changeInvoice(
    world,
    old,
    {
      auto_advance: false,
      next_payment_attempt: null,
      status: "void",
      status_transitions: { ...old.status_transitions, voided_at: invoiceNow(world, old) },
    },
    cause,
    "invoice.voided",
  );
  afterInvoiceDropped(world, next, cause);
  return next;
}

export function markUncollectible(world: World, old: Invoice, cause: Cause): Invoice {
  refuse(old, ["open"], "marked uncollectible");
  unplan(world, invoiceKeys(old.id).retry);
  const next = changeInvoice(
    world,
    old,
    {
      auto_advance: false,
      next_payment_attempt: null,
      status: "uncollectible",
      status_transitions: { ...old.status_transitions, marked_uncollectible_at: invoiceNow(world, old) },
    },
    cause,
    "invoice.marked_uncollectible",
  );
  afterInvoiceDropped(world, next, cause);
  return next;
}
