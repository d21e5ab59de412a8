import type Stripe from "stripe";
import { allObjects, fieldIs, findObject, getObject, saveObject, type ListPage } from "../books.ts";
import type { World } from "../../core/company.ts";
import type { Plan, Price } from "../catalog/prices.ts";
import { changedFields } from "../customers/customers.ts";
import { emit, type EventType } from "../events/events.ts";
import type { Cause } from "../protocol/operation.ts";
import { clockIdOf, nowOf, unplan } from "../time/billing-time.ts";

export type SubscriptionItem = Omit<Stripe.SubscriptionItem, "price" | "plan"> & { price: Price; plan: Plan };
export type Subscription = Omit<Stripe.Subscription, "items"> & { items: ListPage<SubscriptionItem> };

export const getSubscription = (world: World, id: string, param: string | null = null): Subscription =>
  getObject<Subscription>(world, "subscription", id, param);
export const findSubscription = (world: World, id: string): Subscription | null =>
  findObject<Subscription>(world, "subscription", id);

export const subscriptionNow = (world: World, subscription: Subscription): number =>
  nowOf(world, clockIdOf(subscription));

/** All items of a subscription are billed together, so the first one's period is the subscription's. */
export function periodOf(subscription: Subscription): { start: number; end: number } {
  const [first] = subscription.items.data;
  return { start: first?.current_period_start ?? 0, end: first?.current_period_end ?? 0 };
}

export function withPeriod(items: SubscriptionItem[], start: number, end: number): SubscriptionItem[] {
  return items.map((item) => ({ ...item, current_period_start: start, current_period_end: end }));
}

export function itemList(subscriptionId: string, data: SubscriptionItem[]): ListPage<SubscriptionItem> {
  return {
    object: "list",
    data,
    has_more: false,
    url: `/v1/subscription_items?subscription=${subscriptionId}`,
  };
}

export const isOver = (subscription: Subscription): boolean =>
  subscription.status === "canceled" || subscription.status === "incomplete_expired";

/** The subscriptions of a customer that have not ended. */
export const liveOf = (world: World, customerId: string): Subscription[] =>
  allObjects<Subscription>(world, "subscription", fieldIs("customer", customerId)).filter(
    (each) => !isOver(each),
  );

/** Saves what has changed and tells it as `customer.subscription.updated`, then as the events named. */
export function changeSubscription(
  world: World,
  old: Subscription,
  change: Partial<Subscription>,
  cause: Cause,
  ...events: EventType[]
): Subscription {
  const next: Subscription = { ...old, ...change };
  const previous = changedFields(old, next);
  if (Object.keys(previous).length === 0) return old;
  saveObject(world, next);
  emit(world, "customer.subscription.updated", next, cause, previous);
  for (const type of events) emit(world, type, next, cause);
  return next;
}

export const keysOf = (id: string) => ({
  cycle: `cycle:${id}`,
  trialWarning: `trial:${id}`,
  incomplete: `incomplete:${id}`,
  cancelAt: `cancel_at:${id}`,
  upcoming: `upcoming:${id}`,
  resumes: `resumes:${id}`,
  pending: `pending:${id}`,
});

export function unplanAll(world: World, id: string): void {
  for (const key of Object.values(keysOf(id))) unplan(world, key);
}
