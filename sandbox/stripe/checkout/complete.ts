/** A buyer at the checkout: trying a card, answering the bank, leaving. */
import { findObject, getObject, saveObject } from "../books.ts";
import type { World } from "../../core/company.ts";
import { couponFor, redeem } from "../catalog/discounts.ts";
import { createCustomer } from "../customers/customers.ts";
import {
  createPaymentMethod,
  type BillingInput,
  type CardEntry,
  type PaymentMethod,
} from "../customers/payment-methods.ts";
import { emit } from "../events/events.ts";
import { getInvoice } from "../invoices/invoice.ts";
import { intentOf } from "../invoices/invoice-payments.ts";
import { voidInvoice } from "../invoices/finalize.ts";
import { afterIntent } from "../invoices/settle.ts";
import { BY_ITSELF, type Intent } from "../payments/charges.ts";
import { attemptPayment, authenticateIntent } from "../payments/pay.ts";
import { cancelIntent, createIntent } from "../payments/payment-intents.ts";
import {
  authenticateSetup,
  cancelSetup,
  confirmSetup,
  createSetupIntent,
  getSetupIntent,
  type SetupIntent,
} from "../payments/setup-intents.ts";
import type { Cause } from "../protocol/operation.ts";
import { createSubscription } from "../subscriptions/create.ts";
import { getSubscription, type Subscription } from "../subscriptions/subscription.ts";
import { hiddenOf, hide, type Hidden, type Session } from "./hidden.ts";

export type Payer = { email: string; name: string | null; country: string | null };

const get = (world: World, id: string): Session => getObject<Session>(world, "checkout.session", id);

/** What the session's outcome hangs on: the intent that is tried, or null before the first try. */
export function intentTried(world: World, session: Session): Intent | SetupIntent | null {
  const { made } = hiddenOf(world, session.id);
  if (session.mode === "payment") {
    return typeof session.payment_intent === "string"
      ? getObject<Intent>(world, "payment_intent", session.payment_intent)
      : null;
  }
  const setup = session.setup_intent ?? made.setupIntent;
  if (typeof setup === "string") return getSetupIntent(world, setup);
  if (made.subscription === undefined) return null;
  return intentOf(world, { id: String(getSubscription(world, made.subscription).latest_invoice) });
}

/** The buyer presses the button: what the first try makes is used again at the next. */
export function payCheckout(world: World, id: string, entry: CardEntry, payer: Payer): Session {
  const session = get(world, id);
  if (session.status !== "open") return session;
  const billing: BillingInput = { email: payer.email, name: payer.name };
  if (payer.country !== null) billing.address = { country: payer.country };
  const method = createPaymentMethod(world, entry, billing);
  const known: Session = {
    ...session,
    customer_details: {
      address: method.billing_details.address,
      business_name: null,
      email: payer.email,
      individual_name: null,
      name: payer.name,
      phone: null,
      tax_exempt: "none",
      tax_ids: [],
    },
  };
  saveObject(world, known);
  if (session.mode === "payment") payOrder(world, known, method);
  else if (session.mode === "setup") tryCard(world, String(session.setup_intent), method, known);
  else subscribe(world, known, method);
  return finishCheckout(world, id);
}

function payOrder(world: World, session: Session, method: PaymentMethod): void {
  const { intent: given } = hiddenOf(world, session.id);
  const input = {
    ...given,
    amount: session.amount_total ?? 0,
    currency: session.currency ?? "usd",
    ...(typeof session.customer === "string" ? { customer: session.customer } : {}),
  };
  const intent =
    typeof session.payment_intent === "string"
      ? getObject<Intent>(world, "payment_intent", session.payment_intent)
      : createIntent(world, input, BY_ITSELF);
  saveObject(world, { ...session, payment_intent: intent.id });
  attemptPayment(world, intent, method, { session: "on", returnUrl: session.url }, BY_ITSELF);
}

function tryCard(world: World, setupId: string, method: PaymentMethod, session: Session): void {
  const input = { payment_method: method.id, return_url: session.url };
  confirmSetup(world, getSetupIntent(world, setupId), input, BY_ITSELF);
}

/** A subscription has a customer from the first try on. */
function customerFor(world: World, session: Session, hidden: Hidden): string {
  const known = typeof session.customer === "string" ? session.customer : hidden.made.customer;
  if (known !== undefined) return known;
  const { email, name } = session.customer_details ?? {};
  return createCustomer(world, { email: email ?? null, name: name ?? null }, BY_ITSELF).id;
}

/** With something to pay now the subscription waits for its first invoice, else it begins once the card is known. */
function subscribe(world: World, session: Session, method: PaymentMethod): void {
  const hidden = hiddenOf(world, session.id);
  const customer = customerFor(world, session, hidden);
  hidden.made.customer = customer;
  if ((session.amount_total ?? 0) === 0) {
    hidden.made.setupIntent ??= createSetupIntent(world, { customer }, BY_ITSELF).id;
    hide(world, session.id, hidden);
    return tryCard(world, hidden.made.setupIntent, method, session);
  }
  hidden.made.subscription ??= openSubscription(world, hidden, customer, null).id;
  hide(world, session.id, hidden);
  const intent = intentTried(world, session);
  if (intent === null || intent.object !== "payment_intent") return;
  attemptPayment(world, intent, method, { session: "on", returnUrl: session.url }, BY_ITSELF);
  afterIntent(world, intent.id, BY_ITSELF);
}

function openSubscription(
  world: World,
  hidden: Hidden,
  customer: string,
  method: string | null,
): Subscription {
  const [once, items] = [
    hidden.lines.filter((line) => line.price.recurring === null),
    hidden.lines.filter((line) => line.price.recurring !== null),
  ];
  return createSubscription(
    world,
    {
      ...hidden.subscription,
      customer,
      items: items.map(({ price, quantity }) => ({ price: price.id, quantity: quantity ?? 1 })),
      add_invoice_items: once.map(({ price, quantity }) => ({ price: price.id, quantity: quantity ?? 1 })),
      ...(hidden.discount === undefined ? {} : { discounts: [hidden.discount] }),
      payment_behavior: "default_incomplete",
      payment_settings: { save_default_payment_method: "on_subscription" },
      ...(method === null ? {} : { default_payment_method: method }),
    },
    BY_ITSELF,
  );
}

/** The buyer has answered the bank's question. */
export function answerChallenge(world: World, id: string, passed: boolean): void {
  const tried = intentTried(world, get(world, id));
  if (tried === null) return;
  if (tried.object === "setup_intent") authenticateSetup(world, tried, passed);
  else {
    authenticateIntent(world, tried, passed);
    afterIntent(world, tried.id, BY_ITSELF);
  }
  finishCheckout(world, id);
}

/** Completes a session whose intent has succeeded; anything else stays open. */
export function finishCheckout(world: World, id: string): Session {
  const session = get(world, id);
  const tried = intentTried(world, session);
  if (session.status !== "open" || tried?.status !== "succeeded") return session;
  const next: Session = {
    ...session,
    collected_information: { business_name: null, individual_name: null, shipping_details: null },
    payment_status: session.mode === "payment" ? "paid" : "no_payment_required",
    status: "complete",
    url: null,
    ...(session.mode === "subscription" ? subscribed(world, session, tried) : {}),
  };
  if (session.mode !== "subscription" && session.customer_creation === "always") {
    const { email, name } = session.customer_details ?? {};
    next.customer = createCustomer(world, { email: email ?? null, name: name ?? null }, BY_ITSELF).id;
  }
  if (session.mode === "payment") redeemOrder(world, next);
  saveObject(world, next);
  world.agenda.cancel(`expire:${id}`);
  emit(world, "checkout.session.completed", next, BY_ITSELF);
  return next;
}

/** An order that is paid has used its coupon; a subscription has done so when it began. */
function redeemOrder(world: World, session: Session): void {
  const { discount } = hiddenOf(world, session.id);
  if (discount === undefined) return;
  const customer = typeof session.customer === "string" ? session.customer : null;
  const buyer = { customer: null, total: null, currency: session.currency };
  const found = couponFor(world, discount, buyer, "discounts[0]");
  redeem(world, found, { customer, subscription: null, start: world.clock.seconds() });
}

function subscribed(world: World, session: Session, tried: Intent | SetupIntent): Partial<Session> {
  const { made, ...hidden } = hiddenOf(world, session.id);
  const customer = made.customer ?? String(session.customer);
  const method = typeof tried.payment_method === "string" ? tried.payment_method : null;
  const subscription =
    made.subscription === undefined
      ? openSubscription(world, { ...hidden, made }, customer, method)
      : getSubscription(world, made.subscription);
  return {
    customer,
    invoice: String(subscription.latest_invoice),
    payment_status: tried.object === "payment_intent" ? "paid" : "no_payment_required",
    subscription: subscription.id,
  };
}

/** The session ends unpaid: what it had begun ends as well. */
export function abandonCheckout(world: World, session: Session, cause: Cause): void {
  const { made } = hiddenOf(world, session.id);
  const tried = intentTried(world, session);
  if (made.subscription !== undefined) {
    const begun = findObject<Subscription>(world, "subscription", made.subscription);
    if (begun?.status === "incomplete")
      voidInvoice(world, getInvoice(world, String(begun.latest_invoice)), cause);
    return;
  }
  if (tried === null || tried.status === "succeeded" || tried.status === "canceled") return;
  if (tried.object === "setup_intent") cancelSetup(world, tried, "abandoned", cause);
  else cancelIntent(world, tried, "expired", cause);
}
