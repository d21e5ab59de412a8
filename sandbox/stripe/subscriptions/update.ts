import type { World } from "../../core/company.ts";
import { methodOf } from "../customers/payment-methods.ts";
import { invalid } from "../protocol/errors.ts";
import type { Cause } from "../protocol/operation.ts";
import { mergeMetadata, type Read } from "../protocol/params.ts";
import { planCycle } from "./plan-cycle.ts";
import type { subscriptionChange } from "./shapes.ts";
import { changeSubscription, isOver, periodOf, subscriptionNow, type Subscription } from "./subscription.ts";

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
  const reason = ends ? ("cancellation_requested" as const) : null;
  change.cancellation_details = {
    comment: null,
    feedback: null,
    feedback_option: null,
    ...old.cancellation_details,
    reason,
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

export function updateSubscription(
  world: World,
  old: Subscription,
  input: Input,
  cause: Cause,
): Subscription {
  if (isOver(old)) {
    throw invalid(
      "A canceled subscription can only update its cancellation_details and metadata.",
      undefined,
      "resource_missing",
    );
  }
  if (input.default_payment_method !== undefined) {
    methodOf(world, String(old.customer), input.default_payment_method, "default_payment_method");
  }
  const now = subscriptionNow(world, old);
  const next = changeSubscription(world, old, plainChange(old, input, now), cause);
  planCycle(world, next);
  return next;
}
