/** What an invoice that was paid or not paid means for its subscription. */
import type { World } from "../../core/company.ts";
import { subscriptionIdOf, type Invoice } from "../invoices/invoice.ts";
import type { Cause } from "../protocol/operation.ts";
import { settingsOf } from "../settings.ts";
import { unplan } from "../time/billing-time.ts";
import { applyPending, waitsFor } from "./apply-pending.ts";
import { endSubscription } from "./end.ts";
import { changeSubscription, findSubscription, isOver, keysOf, type Subscription } from "./subscription.ts";

function subscriptionOf(world: World, invoice: Pick<Invoice, "parent">): Subscription | null {
  const id = subscriptionIdOf(invoice);
  return id === null ? null : findSubscription(world, id);
}

/** Whether Stripe tries again by itself: a first invoice waits for the customer. */
export function retriesOf(world: World, invoice: Invoice): boolean {
  const status = subscriptionOf(world, invoice)?.status ?? null;
  return (
    status === null || (status !== "incomplete" && status !== "incomplete_expired" && status !== "canceled")
  );
}

export function afterInvoicePaid(world: World, invoice: Invoice, method: string | null, cause: Cause): void {
  const old = subscriptionOf(world, invoice);
  if (old === null || isOver(old)) return;
  const change: Partial<Subscription> = {};
  if (old.status === "incomplete") {
    unplan(world, keysOf(old.id).incomplete);
    change.status = "active";
  }
  const waited = old.status === "past_due" || old.status === "unpaid" || old.status === "paused";
  if (waited && old.latest_invoice === invoice.id) change.status = "active";
  const resumes = old.status === "paused" && change.status === "active";
  const keeps = old.payment_settings?.save_default_payment_method === "on_subscription";
  if (keeps && method !== null) change.default_payment_method = method;
  const now = changeSubscription(
    world,
    old,
    change,
    cause,
    ...(resumes ? ["customer.subscription.resumed" as const] : []),
  );
  applyPending(world, now, invoice.id, cause);
}

/** `last`: there will be no further try. */
export function afterInvoiceFailed(world: World, invoice: Invoice, last: boolean, cause: Cause): void {
  let current = subscriptionOf(world, invoice);
  // What waits for its payment has not happened yet, so nothing is owed.
  if (current === null || isOver(current) || waitsFor(world, current, invoice.id)) return;
  if (current.status === "active" || current.status === "trialing") {
    current = changeSubscription(world, current, { status: "past_due" }, cause);
  }
  if (!last || current.status !== "past_due") return;
  const { after_retries: after } = settingsOf(world);
  if (after === "cancel") endSubscription(world, current, { reason: "payment_failed" }, cause);
  else if (after === "mark_unpaid") changeSubscription(world, current, { status: "unpaid" }, cause);
}

/** A debt that is given up (void, uncollectible) no longer holds the subscription back; a change that waited for it is off. */
export function afterInvoiceDropped(world: World, invoice: Invoice, cause: Cause): void {
  const old = subscriptionOf(world, invoice);
  if (old === null || old.latest_invoice !== invoice.id) return;
  if (old.status === "incomplete" && invoice.status === "void") expireIncomplete(world, old, cause);
  else if (waitsFor(world, old, invoice.id)) {
    unplan(world, keysOf(old.id).pending);
    changeSubscription(world, old, { pending_update: null }, cause);
  } else if (old.status === "past_due") changeSubscription(world, old, { status: "active" }, cause);
}

/** The first invoice was not paid in time, or was voided: the subscription never began. */
export function expireIncomplete(world: World, old: Subscription, cause: Cause): Subscription {
  unplan(world, keysOf(old.id).incomplete);
  unplan(world, keysOf(old.id).cycle);
  return changeSubscription(world, old, { status: "incomplete_expired" }, cause);
}

/** The payment method that an invoice of this subscription is charged to, before the customer's own. */
export const methodOfSubscription = (world: World, invoice: Pick<Invoice, "parent">): string | null => {
  const method = subscriptionOf(world, invoice)?.default_payment_method ?? null;
  return typeof method === "string" ? method : null;
};
