import type { World } from "../core/company.ts";
import { createPrice } from "./catalog/prices.ts";
import { createProduct } from "./catalog/products.ts";
import { BY_ITSELF, type Intent } from "./payments/charges.ts";
import { CARDS, type Card } from "./customers/cards.ts";
import { payCheckout } from "./checkout/complete.ts";
import { createCustomer } from "./customers/customers.ts";
import { StripeError } from "./protocol/errors.ts";
import type { EventType } from "./events/events.ts";
import type { Form } from "./protocol/form.ts";
import { findOperation } from "./operations.ts";

/** Calls an operation as a client would, without the network. */
function call<T>(world: World, method: "GET" | "POST", path: string, form: Form = {}): T {
  const found = findOperation(method, path);
  if (found.operation === null) throw new Error(`no operation ${method} ${path}`);
  return found.operation.prepare(world, found.id, form, BY_ITSELF)() as T;
}

function pay(world: World, method: string): Intent | null {
  const form = {
    amount: "2000",
    currency: "usd",
    confirm: "true",
    payment_method: method,
    description: "(triggered)",
  };
  try {
    return call<Intent>(world, "POST", "/v1/payment_intents", form);
  } catch (error) {
    // A declined card is what some triggers are for; its effects are in the books.
    if (error instanceof StripeError && error.kept) return null;
    throw error;
  }
}

function openSession(world: World): string {
  const item = {
    price_data: { currency: "usd", unit_amount: "1500", product_data: { name: "Triggered" } },
    quantity: "2",
  };
  const form = { mode: "payment", success_url: `${world.baseUrl}/_sandbox`, line_items: [item] };
  return call<{ id: string }>(world, "POST", "/v1/checkout/sessions", form).id;
}

function refund(world: World): void {
  const intent = pay(world, "pm_card_visa");
  if (intent !== null) call(world, "POST", "/v1/refunds", { payment_intent: intent.id });
}

const visa = CARDS[0] as Card;

type Made = { id: string; latest_invoice: string };

/** A customer with a card, and a subscription to a price of its own. */
function subscribe(world: World, card: string, more: Form = {}): Made {
  const customer = createCustomer(world, { email: "stripe@example.com" }, BY_ITSELF).id;
  const method = call<{ id: string }>(world, "POST", `/v1/payment_methods/${card}/attach`, { customer }).id;
  const product = createProduct(world, { name: "Triggered" }, BY_ITSELF).id;
  const recurring = { interval: "month" as const };
  const price = createPrice(world, { currency: "usd", product, unit_amount: 1500, recurring }, BY_ITSELF).id;
  const form = { customer, items: [{ price }], default_payment_method: method, ...more };
  return call<Made>(world, "POST", "/v1/subscriptions", form);
}

const visaCard = "pm_card_visa";
const openInvoice = (world: World): string =>
  subscribe(world, visaCard, { payment_behavior: "default_incomplete" }).latest_invoice;
const subscribed = (world: World): void => void subscribe(world, visaCard);

/** For each event the calls that lead to it; some come a little later, by the world's clock. */
export const triggers: Readonly<Partial<Record<EventType, (world: World) => void>>> = {
  "charge.failed": (world) => void pay(world, "pm_card_chargeDeclined"),
  "charge.refunded": refund,
  "charge.succeeded": (world) => void pay(world, "pm_card_visa"),
  "charge.updated": (world) => void pay(world, "pm_card_visa"),
  "checkout.session.completed": (world) => {
    const entry = { card: visa, expMonth: 12, expYear: 2034, cvc: "123" };
    payCheckout(world, openSession(world), entry, {
      email: "stripe@example.com",
      name: "Jenny Rosen",
      country: "US",
    });
  },
  "checkout.session.expired": (world) => {
    call(world, "POST", `/v1/checkout/sessions/${openSession(world)}/expire`);
  },
  "customer.created": (world) => void createCustomer(world, { email: "stripe@example.com" }, BY_ITSELF),
  "coupon.created": (world) =>
    void call(world, "POST", "/v1/coupons", { percent_off: "25", duration: "once" }),
  "customer.subscription.created": subscribed,
  "customer.subscription.deleted": (world) => {
    const { id } = subscribe(world, visaCard);
    const found = findOperation("DELETE", `/v1/subscriptions/${id}`);
    if (found.operation !== null) found.operation.prepare(world, found.id, {}, BY_ITSELF)();
  },
  "customer.subscription.updated": subscribed,
  "invoice.created": subscribed,
  "invoice.finalized": subscribed,
  "invoice.marked_uncollectible": (world) => {
    call(world, "POST", `/v1/invoices/${openInvoice(world)}/mark_uncollectible`);
  },
  "invoice.paid": subscribed,
  "invoice.payment_action_required": (world) => void subscribe(world, "pm_card_authenticationRequired"),
  "invoice.payment_failed": (world) => void subscribe(world, "pm_card_chargeCustomerFail"),
  "invoice.payment_succeeded": subscribed,
  "invoice.updated": subscribed,
  "invoice.voided": (world) => void call(world, "POST", `/v1/invoices/${openInvoice(world)}/void`),
  "invoice_payment.paid": subscribed,
  "payment_method.attached": subscribed,
  "payment_intent.canceled": (world) => {
    const intent = call<Intent>(world, "POST", "/v1/payment_intents", { amount: "2000", currency: "usd" });
    call(world, "POST", `/v1/payment_intents/${intent.id}/cancel`);
  },
  "payment_intent.created": (world) => {
    call(world, "POST", "/v1/payment_intents", { amount: "2000", currency: "usd" });
  },
  "payment_intent.payment_failed": (world) => void pay(world, "pm_card_chargeDeclined"),
  "payment_intent.requires_action": (world) => void pay(world, "pm_card_authenticationRequired"),
  "payment_intent.succeeded": (world) => void pay(world, "pm_card_visa"),
  "price.created": (world) => {
    const product = createProduct(world, { name: "Triggered" }, BY_ITSELF);
    createPrice(world, { currency: "usd", product: product.id, unit_amount: 1500 }, BY_ITSELF);
  },
  "product.created": (world) => void createProduct(world, { name: "Triggered" }, BY_ITSELF),
  "setup_intent.created": (world) => void call(world, "POST", "/v1/setup_intents"),
  "setup_intent.succeeded": (world) => {
    call(world, "POST", "/v1/setup_intents", { confirm: "true", payment_method: visaCard });
  },
  "refund.created": refund,
  "refund.updated": refund,
};
