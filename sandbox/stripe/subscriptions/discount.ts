import { couponFor, livingDiscount, redeem, type DiscountInput } from "../catalog/discounts.ts";
import type { World } from "../../core/company.ts";
import { emit } from "../events/events.ts";
import type { Invoice } from "../invoices/invoice.ts";
import type { Cause } from "../protocol/operation.ts";
import { subscriptionNow, type Subscription } from "./subscription.ts";

/** The discounts a subscription has once it is given these; null takes them all away. */
export function discountsOf(
  world: World,
  subscription: Subscription,
  given: readonly DiscountInput[] | null | undefined,
  cause: Cause,
): string[] {
  const customer = String(subscription.customer);
  const buyer = { customer, total: null, currency: subscription.currency };
  return (given ?? []).map((each, at) => {
    const found = couponFor(world, each, buyer, `discounts[${at}]`);
    const start = subscriptionNow(world, subscription);
    const discount = redeem(world, found, { customer, subscription: subscription.id, start });
    emit(world, "customer.discount.created", discount, cause);
    return discount.id;
  });
}

/** A coupon that is good for one invoice is gone after the first from which it took something. */
export function usedUp(world: World, subscription: Subscription, invoice: Invoice, cause: Cause): string[] {
  const took = new Set(
    (invoice.total_discount_amounts ?? []).filter(({ amount }) => amount > 0).map(({ discount }) => discount),
  );
  const now = subscriptionNow(world, subscription);
  return subscription.discounts.flatMap((id) => {
    if (typeof id !== "string") return [];
    const found = livingDiscount(world, id, now);
    const ends = found === null || (found.coupon.duration === "once" && took.has(id));
    if (ends && found !== null) emit(world, "customer.discount.deleted", found.discount, cause);
    return ends ? [] : [id];
  });
}
