/** What a customer does in the portal. */
import { getObject, saveObject } from "../books.ts";
import type { World } from "../../core/company.ts";
import type { Price } from "../catalog/prices.ts";
import { getCustomer, setDefaultMethod } from "../customers/customers.ts";
import { createPaymentMethod, type CardEntry } from "../customers/payment-methods.ts";
import { previewInvoice } from "../invoices/preview.ts";
import type { Invoice } from "../invoices/invoice.ts";
import { BY_ITSELF } from "../payments/charges.ts";
import { confirmSetup, createSetupIntent, type SetupIntent } from "../payments/setup-intents.ts";
import { missing } from "../protocol/errors.ts";
import {
  changeSubscription,
  getSubscription,
  liveOf,
  type Subscription,
} from "../subscriptions/subscription.ts";
import { updateSubscription } from "../subscriptions/update.ts";

/** A subscription of that customer; anybody else's is not there. */
function own(world: World, customer: string, id: string): Subscription {
  const found = getSubscription(world, id);
  if (found.customer !== customer) throw missing("subscription", id, "subscription", 404);
  return found;
}

export function cancelAtEnd(world: World, customer: string, id: string, cancels: boolean): void {
  updateSubscription(world, own(world, customer, id), { cancel_at_period_end: cancels }, BY_ITSELF);
}

function planChange(world: World, customer: string, id: string, price: string) {
  const subscription = own(world, customer, id);
  getObject<Price>(world, "price", price);
  const item = subscription.items.data[0]?.id ?? "";
  return { subscription, items: [{ id: item, price }] };
}

/** What another plan would cost today. */
export function previewPlan(world: World, customer: string, id: string, price: string, at: number): Invoice {
  const { subscription, items } = planChange(world, customer, id, price);
  return previewInvoice(world, {
    subscription: subscription.id,
    subscription_details: { items, proration_behavior: "always_invoice", proration_date: at },
  });
}

/** Changes the plan at the moment the preview was made for, so that it costs what it said. */
export function changePlan(world: World, customer: string, id: string, price: string, at: number): void {
  const { subscription, items } = planChange(world, customer, id, price);
  const change = { items, proration_behavior: "always_invoice" as const, proration_date: at };
  updateSubscription(world, subscription, { ...change, payment_behavior: "error_if_incomplete" }, BY_ITSELF);
}

/** Stores a card and charges it from now on; with 3-D Secure that waits for the bank's page. */
export function addCard(
  world: World,
  customer: string,
  entry: CardEntry,
  details: { email: string | null; name: string | null },
  returnUrl: string,
): SetupIntent {
  const method = createPaymentMethod(world, entry, details);
  const intent = createSetupIntent(world, { customer, metadata: { portal: "default" } }, BY_ITSELF);
  const done = confirmSetup(world, intent, { payment_method: method.id, return_url: returnUrl }, BY_ITSELF);
  if (done.status === "succeeded") makeDefault(world, customer, method.id);
  return done;
}

/** For the customer and for every subscription that has a card of its own. */
export function makeDefault(world: World, customer: string, method: string): void {
  setDefaultMethod(world, getCustomer(world, customer), method, BY_ITSELF);
  for (const each of liveOf(world, customer)) {
    if (each.default_payment_method === null) continue;
    changeSubscription(world, each, { default_payment_method: method }, BY_ITSELF);
  }
}

/** The bank has let a card pass that was given in the portal. */
export function afterPortalSetup(world: World, intent: SetupIntent): void {
  if (intent.status !== "succeeded" || intent.metadata?.["portal"] !== "default") return;
  if (typeof intent.customer !== "string" || typeof intent.payment_method !== "string") return;
  makeDefault(world, intent.customer, intent.payment_method);
  saveObject<SetupIntent>(world, { ...intent, metadata: {} });
}
