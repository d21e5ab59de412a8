import type Stripe from "stripe";
import {
  allObjects,
  fieldIs,
  findObject,
  getObject,
  insertObject,
  listObjects,
  newId,
  pagingCreated,
  saveObject,
} from "../books.ts";
import type { World } from "../../core/company.ts";
import { emit } from "../events/events.ts";
import type { Intent } from "../payments/charges.ts";
import { createIntent } from "../payments/payment-intents.ts";
import { operation, type Cause } from "../protocol/operation.ts";
import { object, oneOf, required, text } from "../protocol/params.ts";
import { customerIdOf, getInvoice, invoiceNow, type Invoice } from "./invoice.ts";

export type InvoicePayment = Stripe.InvoicePayment;

export const paymentsOf = (world: World, invoiceId: string): InvoicePayment[] =>
  allObjects<InvoicePayment>(world, "invoice_payment", fieldIs("invoice", invoiceId));

/** The payment of an invoice that an intent makes, or null when the intent is of something else. */
export function paymentByIntent(world: World, intentId: string): InvoicePayment | null {
  return (
    allObjects<InvoicePayment>(world, "invoice_payment", fieldIs("payment.payment_intent", intentId))[0] ??
    null
  );
}

/** The intent that pays an invoice; null before it is finalized and where nothing is due. */
export function intentOf(world: World, invoice: { id: string }): Intent | null {
  const payment = paymentsOf(world, invoice.id).find((each) => each.is_default && each.status !== "canceled");
  const id = payment?.payment.payment_intent;
  return typeof id === "string" ? findObject<Intent>(world, "payment_intent", id) : null;
}

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  subscription_create: "Subscription creation",
  subscription_cycle: "Subscription update",
  subscription_update: "Subscription update",
};

/** Makes the intent of an invoice that has just been finalized, and the record that joins the two. */
export function openPayment(world: World, invoice: Invoice, cause: Cause): Intent {
  const isSubscription = invoice.parent?.type === "subscription_details";
  const intent = createIntent(
    world,
    {
      amount: invoice.amount_remaining,
      currency: invoice.currency,
      customer: customerIdOf(invoice),
      description: isSubscription
        ? (DESCRIPTIONS[String(invoice.billing_reason)] ?? "Payment for Invoice")
        : "Payment for Invoice",
      ...(invoice.customer_email === null ? {} : { receipt_email: invoice.customer_email }),
      ...(isSubscription ? { setup_future_usage: "off_session" as const } : {}),
    },
    cause,
  );
  insertObject<InvoicePayment>(world, {
    id: newId(world, "invoice_payment"),
    object: "invoice_payment",
    amount_paid: null,
    amount_requested: invoice.amount_remaining,
    created: invoiceNow(world, invoice),
    currency: invoice.currency,
    invoice: invoice.id,
    is_default: true,
    livemode: false,
    payment: { payment_intent: intent.id, type: "payment_intent" },
    status: "open",
    status_transitions: { canceled_at: null, paid_at: null },
  });
  return intent;
}

export function markPaid(world: World, payment: InvoicePayment, at: number, cause: Cause): void {
  const next: InvoicePayment = {
    ...payment,
    amount_paid: payment.amount_requested,
    status: "paid",
    status_transitions: { ...payment.status_transitions, paid_at: at },
  };
  saveObject(world, next);
  emit(world, "invoice_payment.paid", next, cause);
}

export function markCanceled(world: World, payment: InvoicePayment, at: number): void {
  saveObject<InvoicePayment>(world, {
    ...payment,
    status: "canceled",
    status_transitions: { ...payment.status_transitions, canceled_at: at },
  });
}

const PATH = "/v1/invoice_payments";

export const invoicePaymentOperations = [
  operation("GET", `${PATH}/{id}`, {}, ({ world, id }) =>
    getObject<InvoicePayment>(world, "invoice_payment", id),
  ),
  operation(
    "GET",
    PATH,
    {
      ...pagingCreated,
      invoice: text(),
      payment: object({ payment_intent: text(), type: required(oneOf("payment_intent", "payment_record")) }),
      status: oneOf("canceled", "open", "paid"),
    },
    ({ world, params: { invoice, payment, status, ...page } }) => {
      if (invoice !== undefined) getInvoice(world, invoice, "invoice");
      return listObjects<InvoicePayment>(world, "invoice_payment", PATH, page, [
        ...fieldIs("invoice", invoice),
        ...fieldIs("payment.payment_intent", payment?.payment_intent),
        ...fieldIs("status", status),
      ]);
    },
  ),
];
