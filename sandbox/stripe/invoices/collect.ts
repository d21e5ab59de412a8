import { findObject, getObject } from "../books.ts";
import type { World } from "../../core/company.ts";
import type { AnyCustomer, Customer } from "../customers/customers.ts";
import type { PaymentMethod } from "../customers/payment-methods.ts";
import { attemptPayment, type Session } from "../payments/pay.ts";
import { BY_ITSELF, type Intent } from "../payments/charges.ts";
import type { Cause } from "../protocol/operation.ts";
import { methodOfSubscription } from "../subscriptions/after-invoice.ts";
import type { Subscription } from "../subscriptions/subscription.ts";
import { finalizeInvoice } from "./finalize.ts";
import { customerIdOf, getInvoice, type Invoice } from "./invoice.ts";
import { intentOf } from "./invoice-payments.ts";
import { afterIntent, failInvoice } from "./settle.ts";

type Charged = {
  customer: Invoice["customer"];
  default_payment_method: Invoice["default_payment_method"];
  parent: Invoice["parent"];
  /** Where the invoice is not there yet. */
  subscription?: Subscription;
};

/** What an invoice is charged to: its own, its subscription's, or the customer's default. */
export function methodFor(world: World, invoice: Charged): PaymentMethod | null {
  const customer = findObject<AnyCustomer>(world, "customer", customerIdOf(invoice));
  const settings =
    customer === null || customer.deleted === true ? null : (customer as Customer).invoice_settings;
  const wanted = [
    invoice.default_payment_method,
    invoice.subscription?.default_payment_method ?? methodOfSubscription(world, invoice),
    settings?.default_payment_method,
  ];
  for (const id of wanted) {
    const method = typeof id === "string" ? findObject<PaymentMethod>(world, "payment_method", id) : null;
    if (method !== null && method.customer === customerIdOf(invoice)) return method;
  }
  return null;
}

/** One try to collect an open invoice; the books hold the outcome. `automatic`: by the schedule. */
export function collectInvoice(
  world: World,
  invoice: Invoice,
  given: { method?: PaymentMethod; session: Session; automatic: boolean },
  cause: Cause,
): Invoice {
  const method = given.method ?? methodFor(world, invoice);
  const intent = intentOf(world, invoice);
  if (invoice.status !== "open" && invoice.status !== "uncollectible") return invoice;
  if (intent === null || method === null) return failInvoice(world, invoice, intent, given.automatic, cause);
  // A try that waits for the holder is given up for the new one.
  const fresh: Intent = { ...intent, next_action: null };
  attemptPayment(world, fresh, method, { session: given.session, returnUrl: null }, cause);
  afterIntent(world, intent.id, cause, given.automatic);
  return getInvoice(world, invoice.id);
}

/** A draft's hour is over. */
export function finalizeDue(world: World, payload: unknown): void {
  const invoice = getObject<Invoice>(world, "invoice", (payload as { id: string }).id);
  if (invoice.status !== "draft" || invoice.auto_advance !== true) return;
  const open = finalizeInvoice(world, invoice, BY_ITSELF);
  if (open.status === "open") collectInvoice(world, open, { session: "invoice", automatic: true }, BY_ITSELF);
}

/** The next try of the retry schedule. */
export function retryDue(world: World, payload: unknown): void {
  const invoice = getObject<Invoice>(world, "invoice", (payload as { id: string }).id);
  if (invoice.status !== "open" || invoice.auto_advance !== true) return;
  collectInvoice(world, invoice, { session: "invoice", automatic: true }, BY_ITSELF);
}
