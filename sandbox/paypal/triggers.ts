/** For each event the acts that lead to it; some come a little later, by the world's clock. */
import type { World } from "../core/company.ts";
import { activateAgain, cancel, suspend } from "./billing/change.ts";
import { makePlan, makeProduct, planInput, type PlanEntry } from "./billing/catalog.ts";
import { billDue } from "./billing/bill.ts";
import { approveSubscription, makeSubscription, reviseSubscription } from "./billing/subscribe.ts";
import type { SubscriptionEntry } from "./billing/subscription.ts";
import { childrenOf, save } from "./books.ts";
import { openDispute, provideEvidence, resolve, type DisputeEntry } from "./disputes/dispute.ts";
import { approveOrder } from "./orders/approve.ts";
import { makeOrder } from "./orders/make.ts";
import type { OrderEntry } from "./orders/order.ts";
import { authorizeOrder, captureOrder } from "./orders/pay.ts";
import { voidAuthorization, type AuthorizationEntry } from "./payments/authorization.ts";
import { clearCapture, type CaptureEntry } from "./payments/capture.ts";
import { makeRefund } from "./payments/refund.ts";
import { forgetWallet, keepWallet } from "./vault/token.ts";
import type { EventType } from "./webhooks/event-types.ts";

function approved(
  world: World,
  buyer = "approve@sandbox.test",
  intent: "CAPTURE" | "AUTHORIZE" = "CAPTURE",
): OrderEntry {
  const amount = { currency_code: "USD", value: "20.00" };
  const order = makeOrder(world, { intent, purchase_units: [{ amount, description: "(triggered)" }] });
  return approveOrder(world, order, buyer);
}

function captured(world: World, buyer?: string): CaptureEntry {
  const order = captureOrder(world, approved(world, buyer));
  const [capture] = childrenOf(world, order.id, "capture") as CaptureEntry[];
  if (capture === undefined) throw new Error("nothing was captured");
  return capture;
}

function authorized(world: World): AuthorizationEntry {
  const order = authorizeOrder(world, approved(world, "approve@sandbox.test", "AUTHORIZE"));
  const [authorization] = childrenOf(world, order.id, "authorization") as AuthorizationEntry[];
  if (authorization === undefined) throw new Error("nothing was authorized");
  return authorization;
}

/** A plan of 10.00 each month, `times` of them (0: for ever). */
function monthly(world: World, times = 0): PlanEntry {
  const product = makeProduct(world, { name: "Triggered", type: "SERVICE" });
  const cycle = {
    pricing_scheme: { fixed_price: { currency_code: "USD", value: "10.00" } },
    frequency: { interval_unit: "MONTH" as const },
    tenure_type: "REGULAR" as const,
    sequence: 1,
    total_cycles: times,
  };
  const input = {
    product_id: product.id,
    name: "Triggered",
    billing_cycles: [cycle],
    payment_preferences: {},
    quantity_supported: true,
  };
  return makePlan(world, planInput.parse(input));
}

function subscribed(
  world: World,
  buyer: string | null = "approve@sandbox.test",
  times = 0,
): SubscriptionEntry {
  const address = `${world.baseUrl}/_sandbox`;
  const subscription = makeSubscription(world, {
    plan_id: monthly(world, times).id,
    application_context: { user_action: "SUBSCRIBE_NOW", return_url: address, cancel_url: address },
  });
  return buyer === null ? subscription : approveSubscription(world, subscription, buyer);
}

/** Lets the next period of a subscription be due now. */
function hasten(world: World, entry: SubscriptionEntry): void {
  entry.meta.nextMs = world.clock.now();
  save(world, entry);
  billDue(world, { id: entry.id });
}

function suspended(world: World): SubscriptionEntry {
  const entry = subscribed(world);
  suspend(world, entry, "Triggered");
  return entry;
}

function disputed(world: World): DisputeEntry {
  const reason = "MERCHANDISE_OR_SERVICE_NOT_RECEIVED";
  return openDispute(world, captured(world), { minor: 2000n, reason, stage: "CHARGEBACK" });
}

export const triggers: Readonly<Record<EventType, (world: World) => void>> = {
  "CHECKOUT.ORDER.APPROVED": (world) => void approved(world),
  "CHECKOUT.ORDER.COMPLETED": (world) => void captured(world),
  "PAYMENT.AUTHORIZATION.CREATED": (world) => void authorized(world),
  "PAYMENT.AUTHORIZATION.VOIDED": (world) => void voidAuthorization(world, authorized(world)),
  "PAYMENT.CAPTURE.COMPLETED": (world) => void captured(world),
  "PAYMENT.CAPTURE.DENIED": (world) => {
    const { id } = captured(world, "denied@sandbox.test");
    clearCapture(world, { id, paid: false });
  },
  "PAYMENT.CAPTURE.PENDING": (world) => void captured(world, "pending@sandbox.test"),
  "PAYMENT.CAPTURE.REFUNDED": (world) => void makeRefund(world, captured(world), { minor: null }),
  "CUSTOMER.DISPUTE.CREATED": (world) => void disputed(world),
  "CUSTOMER.DISPUTE.UPDATED": (world) =>
    provideEvidence(world, disputed(world), [{ evidence_type: "OTHER", notes: "Triggered" }]),
  "CUSTOMER.DISPUTE.RESOLVED": (world) => resolve(world, disputed(world), "RESOLVED_BUYER_FAVOUR"),
  "PAYMENT.SALE.COMPLETED": (world) => void subscribed(world),
  "PAYMENT.SALE.REFUNDED": (world) => {
    const [sale] = childrenOf(world, subscribed(world).id, "capture") as CaptureEntry[];
    if (sale !== undefined) makeRefund(world, sale, { minor: null });
  },
  "BILLING.SUBSCRIPTION.CREATED": (world) => void subscribed(world, null),
  "BILLING.SUBSCRIPTION.ACTIVATED": (world) => void subscribed(world),
  "BILLING.SUBSCRIPTION.UPDATED": (world) => {
    const entry = subscribed(world);
    reviseSubscription(world, entry, { quantity: "2" });
    approveSubscription(world, entry, "approve@sandbox.test");
  },
  "BILLING.SUBSCRIPTION.SUSPENDED": (world) => void suspended(world),
  "BILLING.SUBSCRIPTION.RE-ACTIVATED": (world) => activateAgain(world, suspended(world), "Triggered"),
  "BILLING.SUBSCRIPTION.CANCELLED": (world) => cancel(world, subscribed(world), "Triggered"),
  "BILLING.SUBSCRIPTION.EXPIRED": (world) => hasten(world, subscribed(world, "approve@sandbox.test", 1)),
  "BILLING.SUBSCRIPTION.PAYMENT.FAILED": (world) => hasten(world, subscribed(world, "failing@sandbox.test")),
  "VAULT.PAYMENT-TOKEN.CREATED": (world) => void keepWallet(world, "approve@sandbox.test", null),
  "VAULT.PAYMENT-TOKEN.DELETED": (world) =>
    forgetWallet(world, keepWallet(world, "approve@sandbox.test", null)),
};
