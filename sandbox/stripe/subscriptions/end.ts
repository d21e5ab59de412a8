import { saveObject } from "../books.ts";
import type { World } from "../../core/company.ts";
import { emit } from "../events/events.ts";
import { changeInvoice, invoicesOf } from "../invoices/invoice.ts";
import type { Cause } from "../protocol/operation.ts";
import { endSchedule } from "../schedules/schedule.ts";
import { isOver, liveOf, subscriptionNow, unplanAll, type Subscription } from "./subscription.ts";

type Details = NonNullable<Subscription["cancellation_details"]>;

/** Ends a subscription now: `customer.subscription.deleted`, and its open invoices are collected no further. */
export function endSubscription(
  world: World,
  old: Subscription,
  details: Partial<Details>,
  cause: Cause,
): Subscription {
  if (isOver(old)) return old;
  const now = subscriptionNow(world, old);
  unplanAll(world, old.id);
  const next: Subscription = {
    ...old,
    cancel_at_period_end: false,
    canceled_at: old.canceled_at ?? now,
    cancellation_details: {
      comment: null,
      feedback: null,
      feedback_option: null,
      reason: null,
      ...old.cancellation_details,
      ...details,
    },
    ended_at: now,
    next_pending_invoice_item_invoice: null,
    pending_update: null,
    status: "canceled",
  };
  saveObject(world, next);
  emit(world, "customer.subscription.deleted", next, cause);
  endSchedule(world, next, cause);
  for (const invoice of invoicesOf(world, old.id)) {
    if (invoice.status === "draft" || invoice.status === "open") {
      changeInvoice(world, invoice, { auto_advance: false, next_payment_attempt: null }, cause);
    }
  }
  return next;
}

/** A customer who is deleted takes their subscriptions along. */
export function cancelAllOf(world: World, customerId: string, cause: Cause): void {
  for (const each of liveOf(world, customerId)) {
    endSubscription(world, each, { reason: "cancellation_requested" }, cause);
  }
}
