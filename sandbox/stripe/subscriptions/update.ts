import { saveObject } from "../books.ts";
import type { World } from "../../core/company.ts";
import { changedFields } from "../customers/customers.ts";
import { methodOf } from "../customers/payment-methods.ts";
import { emit } from "../events/events.ts";
import { collectInvoice } from "../invoices/collect.ts";
import { finalizeInvoice } from "../invoices/finalize.ts";
import { changeInvoice, getInvoice, type Invoice } from "../invoices/invoice.ts";
import { invalid, notBuilt } from "../protocol/errors.ts";
import type { Cause } from "../protocol/operation.ts";
import { mergeMetadata, type Read } from "../protocol/params.ts";
import { clockIdOf, planAt, unplan } from "../time/billing-time.ts";
import { changeBilling, changesBilling } from "./billing-change.ts";
import { discountsOf } from "./discount.ts";
import { refusePayment } from "./first-payment.ts";
import { dropPending, keepPending, PENDING_FIELDS } from "./pending-update.ts";
import { planCycle } from "./plan-cycle.ts";
import type { subscriptionChange } from "./shapes.ts";
import {
  changeSubscription,
  getSubscription,
  isOver,
  keysOf,
  periodOf,
  subscriptionNow,
  type Subscription,
} from "./subscription.ts";

type Input = Read<typeof subscriptionChange>;

/** When it is to end, and when that was decided. */
function endOf(old: Subscription, input: Input, now: number): Partial<Subscription> {
  const change: Partial<Subscription> = {};
  if (input.cancel_at_period_end !== undefined) {
    change.cancel_at_period_end = input.cancel_at_period_end;
    change.cancel_at = input.cancel_at_period_end ? periodOf(old).end : null;
  }
  if (input.cancel_at !== undefined) {
    if (typeof input.cancel_at === "number" && input.cancel_at <= now) {
      throw invalid("cancel_at must be in the future.", "cancel_at");
    }
    change.cancel_at = input.cancel_at;
    change.cancel_at_period_end = false;
  }
  if (change.cancel_at === undefined) return change;
  const ends = change.cancel_at !== null;
  change.canceled_at = ends ? (old.canceled_at ?? now) : null;
  change.cancellation_details = {
    comment: null,
    feedback: null,
    feedback_option: null,
    ...old.cancellation_details,
    reason: ends ? "cancellation_requested" : null,
  };
  return change;
}

/** What an update changes without anything being billed. */
function plainChange(old: Subscription, input: Input, now: number): Partial<Subscription> {
  const change = endOf(old, input, now);
  if (input.metadata !== undefined) change.metadata = mergeMetadata(old.metadata, input.metadata);
  if (input.description !== undefined) change.description = input.description;
  if (input.default_payment_method !== undefined)
    change.default_payment_method = input.default_payment_method;
  if (input.payment_settings !== undefined && old.payment_settings !== null) {
    change.payment_settings = { ...old.payment_settings, ...input.payment_settings };
  }
  if (input.trial_settings !== undefined) {
    const missing = input.trial_settings.end_behavior.missing_payment_method;
    change.trial_settings = { end_behavior: { billing_cycle_anchor: null, missing_payment_method: missing } };
  }
  if (input.cancellation_details !== undefined) {
    const before = change.cancellation_details ?? old.cancellation_details;
    change.cancellation_details = {
      comment: null,
      feedback: null,
      feedback_option: null,
      reason: null,
      ...before,
      ...input.cancellation_details,
    };
  }
  if (input.pause_collection !== undefined) {
    const pause = input.pause_collection;
    change.pause_collection =
      pause === null ? null : { behavior: pause.behavior, resumes_at: pause.resumes_at ?? null };
  }
  return change;
}

/** What even a canceled subscription takes. */
const HARMLESS = new Set(["cancellation_details", "metadata"]);

/** One that a schedule leads ends and changes by the schedule. */
function checkLed({ schedule }: Subscription, input: Input): void {
  if (input.cancel_at_period_end !== undefined || input.cancel_at !== undefined) {
    throw invalid(
      `The subscription is managed by the subscription schedule \`${String(schedule)}\`, and updating any cancelation behavior directly is not allowed. Please update the schedule instead.`,
    );
  }
  if (changesBilling(input)) throw notBuilt("changing what a schedule leads");
}

function check(world: World, old: Subscription, input: Input): void {
  if (isOver(old) && Object.keys(input).some((name) => !HARMLESS.has(name))) {
    throw invalid("A canceled subscription can only update its cancellation_details and metadata.");
  }
  if (input.default_payment_method !== undefined) {
    methodOf(world, String(old.customer), input.default_payment_method, "default_payment_method");
  }
  if (old.schedule !== null) checkLed(old, input);
  if (input.payment_behavior !== "pending_if_incomplete") return;
  const foreign = Object.keys(input).find((name) => !PENDING_FIELDS.includes(name));
  if (foreign !== undefined) {
    throw invalid(
      `You cannot update the following fields with payment_behavior=pending_if_incomplete: ${foreign}.`,
      foreign,
    );
  }
}

/** Tells what became of a subscription between two states that the books went through. */
function tell(world: World, before: Subscription, after: Subscription, cause: Cause): void {
  const previous = changedFields(before, after);
  if (Object.keys(previous).length > 0) emit(world, "customer.subscription.updated", after, cause, previous);
}

function planResume(world: World, subscription: Subscription): void {
  const key = keysOf(subscription.id).resumes;
  const at = subscription.pause_collection?.resumes_at ?? null;
  unplan(world, key);
  if (at !== null)
    planAt(world, clockIdOf(subscription), "subscription.resumes", at, { id: subscription.id }, key);
}

export function updateSubscription(
  world: World,
  given: Subscription,
  input: Input,
  cause: Cause,
): Subscription {
  check(world, given, input);
  const { discounts } = input;
  const old =
    discounts === undefined
      ? given
      : changeSubscription(world, given, { discounts: discountsOf(world, given, discounts, cause) }, cause);
  if (!changesBilling(input)) {
    const next = { ...old, ...plainChange(old, input, subscriptionNow(world, old)) };
    saveObject(world, next);
    tell(world, old, next, cause);
    if (!isOver(next)) planCycle(world, next);
    planResume(world, next);
    return next;
  }
  if (old.status === "incomplete") throw notBuilt("changing the items of an incomplete subscription");
  return changeBilled(world, dropPending(world, old, cause), input, cause);
}

function changeBilled(world: World, old: Subscription, input: Input, cause: Cause): Subscription {
  const { next: billed, invoice } = changeBilling(world, old, input, cause);
  const next: Subscription = { ...billed, ...plainChange(billed, input, subscriptionNow(world, old)) };
  if (invoice !== null) next.latest_invoice = invoice.id;
  if (invoice !== null && input.payment_behavior === "pending_if_incomplete") {
    return keepPending(world, old, next, invoice, cause);
  }
  saveObject(world, next);
  tell(world, old, next, cause);
  planCycle(world, next);
  if (invoice !== null) collectChange(world, invoice, input, cause);
  return getSubscription(world, old.id);
}

/** What a change costs is charged at once. */
function collectChange(world: World, draft: Invoice, input: Input, cause: Cause): void {
  const open = finalizeInvoice(world, draft, cause);
  if (open.status !== "open") return;
  if (input.payment_behavior === "default_incomplete") {
    changeInvoice(world, open, { auto_advance: true }, cause);
    return;
  }
  const session = input.off_session === true ? "invoice" : "on";
  collectInvoice(world, open, { session, automatic: true }, cause);
  if (input.payment_behavior === "error_if_incomplete") refusePayment(world, getInvoice(world, open.id));
}
