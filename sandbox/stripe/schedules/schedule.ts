/** Subscription schedules: what a subscription becomes when its period ends. Two phases: what is now, and what comes. */
import type Stripe from "stripe";
import { getObject, insertObject, newId, saveObject } from "../books.ts";
import type { World } from "../../core/company.ts";
import { planOf, type Price } from "../catalog/prices.ts";
import { changedFields } from "../customers/customers.ts";
import { emit } from "../events/events.ts";
import { invalid } from "../protocol/errors.ts";
import type { Cause } from "../protocol/operation.ts";
import {
  changeSubscription,
  getSubscription,
  itemList,
  periodOf,
  subscriptionNow,
  type Subscription,
} from "../subscriptions/subscription.ts";

export type Schedule = Stripe.SubscriptionSchedule;
export type Phase = Schedule["phases"][number];

export const getSchedule = (world: World, id: string): Schedule =>
  getObject<Schedule>(world, "subscription_schedule", id);

const scheduleOf = (world: World, { schedule }: Subscription): Schedule | null =>
  schedule === null ? null : getSchedule(world, String(schedule));

export const presentPhase = (schedule: Schedule): Phase | undefined =>
  schedule.phases.find(({ start_date }) => start_date === schedule.current_phase?.start_date);

type PhaseSpan = { start: number; end: number; trialEnd: number | null };
type PhaseItem = { price: string; quantity: number };

export const makePhase = (
  { currency, discounts }: Subscription,
  items: readonly PhaseItem[],
  { start, end, trialEnd }: PhaseSpan,
  prorationBehavior: Phase["proration_behavior"],
): Phase => ({
  add_invoice_items: [],
  application_fee_percent: null,
  billing_cycle_anchor: null,
  billing_thresholds: null,
  collection_method: null,
  currency,
  default_payment_method: null,
  default_tax_rates: [],
  description: null,
  discounts: discounts.map((each) => ({ coupon: null, discount: String(each), promotion_code: null })),
  end_date: end,
  invoice_settings: null,
  items: items.map(({ price, quantity }) => ({
    billing_thresholds: null,
    discounts: [],
    metadata: {},
    plan: price,
    price,
    quantity,
    tax_rates: [],
  })),
  metadata: {},
  on_behalf_of: null,
  proration_behavior: prorationBehavior,
  start_date: start,
  transfer_data: null,
  trial_end: trialEnd,
});

/** A schedule of the one phase that the subscription is in. */
export function beginSchedule(world: World, subscription: Subscription, cause: Cause): Schedule {
  const { start, end } = periodOf(subscription);
  const items = subscription.items.data.map(({ price, quantity }) => ({
    price: price.id,
    quantity: quantity ?? 1,
  }));
  const trialEnd = subscription.status === "trialing" ? subscription.trial_end : null;
  const schedule = insertObject<Schedule>(world, {
    id: newId(world, "subscription_schedule"),
    object: "subscription_schedule",
    application: null,
    billing_mode: { flexible: { proration_discounts: "included" }, type: "flexible" },
    canceled_at: null,
    completed_at: null,
    created: subscriptionNow(world, subscription),
    current_phase: { end_date: end, start_date: start },
    customer: String(subscription.customer),
    customer_account: null,
    default_settings: {
      application_fee_percent: null,
      automatic_tax: { disabled_reason: null, enabled: false, liability: null },
      billing_cycle_anchor: "automatic",
      billing_thresholds: null,
      collection_method: "charge_automatically",
      default_payment_method: null,
      description: null,
      invoice_settings: {
        account_tax_ids: null,
        days_until_due: null,
        custom_fields: null,
        description: null,
        footer: null,
        issuer: { type: "self" },
      },
      on_behalf_of: null,
      transfer_data: null,
    },
    end_behavior: "release",
    livemode: false,
    metadata: {},
    pause_schedules: [],
    phases: [makePhase(subscription, items, { start, end, trialEnd }, "create_prorations")],
    released_at: null,
    released_subscription: null,
    status: "active",
    subscription: subscription.id,
    test_clock: subscription.test_clock,
  });
  emit(world, "subscription_schedule.created", schedule, cause);
  changeSubscription(world, subscription, { schedule: schedule.id }, cause);
  return schedule;
}

/** Saves what has changed and tells it. */
export function changeSchedule(
  world: World,
  old: Schedule,
  change: Partial<Schedule>,
  cause: Cause,
  event: `subscription_schedule.${"updated" | "released" | "canceled"}`,
): Schedule {
  const next: Schedule = { ...old, ...change };
  saveObject(world, next);
  const isUpdate = event === "subscription_schedule.updated";
  emit(world, event, next, cause, isUpdate ? changedFields(old, next) : undefined);
  return next;
}

const over = (now: number, subscriptionId: string): Partial<Schedule> => ({
  current_phase: null,
  released_at: now,
  released_subscription: subscriptionId,
  status: "released",
  subscription: null,
});

/** The subscription goes on as it is, led by nothing. */
export function releaseSchedule(world: World, old: Schedule, cause: Cause): Schedule {
  if (old.status !== "active" || old.subscription === null) {
    throw invalid(
      `You cannot release a subscription schedule that is currently in the \`${old.status}\` status.`,
    );
  }
  const subscription = getSubscription(world, String(old.subscription));
  const change = over(subscriptionNow(world, subscription), subscription.id);
  changeSubscription(world, subscription, { schedule: null }, cause);
  return changeSchedule(world, old, change, cause, "subscription_schedule.released");
}

/** A subscription that ends takes its schedule along. */
export function endSchedule(world: World, subscription: Subscription, cause: Cause): void {
  const schedule = scheduleOf(world, subscription);
  if (schedule?.status !== "active") return;
  const change: Partial<Schedule> = {
    canceled_at: subscriptionNow(world, subscription),
    current_phase: null,
    status: "canceled",
  };
  changeSchedule(world, schedule, change, cause, "subscription_schedule.canceled");
}

/** The phase that begins when the present period ends; null without one. */
function phaseAt(schedule: Schedule | null, start: number): Phase | null {
  return schedule?.phases.find(({ start_date }) => start_date === start) ?? null;
}

/** The subscription as its schedule has it when its period ends, its period still the old one; not saved. */
export function atNextPhase(world: World, old: Subscription): Subscription {
  const schedule = scheduleOf(world, old);
  const { end } = periodOf(old);
  const phase = phaseAt(schedule, end);
  if (!phase) return isLast(schedule, end) ? { ...old, schedule: null } : old;
  const items = old.items.data.map((item, at) => {
    const wanted = phase.items[at];
    if (!wanted) return item;
    const price = getObject<Price>(world, "price", String(wanted.price));
    return { ...item, price, plan: planOf(price), quantity: wanted.quantity ?? 1 };
  });
  return { ...old, billing_cycle_anchor: end, items: itemList(old.id, items) };
}

const isLast = (schedule: Schedule | null, end: number): boolean =>
  schedule !== null && (schedule.phases.at(-1)?.end_date ?? 0) <= end;

/** The schedule after its subscription's period has ended at `end`: in its next phase, or done. */
export function leadOn(world: World, old: Subscription, end: number, cause: Cause): void {
  const schedule = scheduleOf(world, old);
  if (schedule?.status !== "active") return;
  const phase = phaseAt(schedule, end);
  if (phase) {
    const current_phase = { end_date: phase.end_date, start_date: phase.start_date };
    changeSchedule(world, schedule, { current_phase }, cause, "subscription_schedule.updated");
  } else if (isLast(schedule, end)) {
    changeSchedule(world, schedule, over(end, old.id), cause, "subscription_schedule.released");
  }
}
