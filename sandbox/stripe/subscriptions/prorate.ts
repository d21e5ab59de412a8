/** Shares of an amount by the second, in integers. */
import type { World } from "../../core/company.ts";
import { lessPercent } from "../catalog/discounts.ts";
import type { Coupon } from "../catalog/coupons.ts";
import { share } from "../catalog/share.ts";
import { productName, type Period } from "../invoices/lines.ts";
import type { SubscriptionItem } from "./subscription.ts";

/** What is left at `at` of an amount that is for the whole period. */
export function proratedAmount(amount: number, period: Period, at: number): number {
  const from = Math.min(Math.max(at, period.start), period.end);
  return share(amount, period.end - from, period.end - period.start);
}

export type Proration = {
  item: SubscriptionItem;
  amount: number;
  description: string;
  period: Period;
};

const amountOf = (item: SubscriptionItem): number => (item.price.unit_amount ?? 0) * (item.quantity ?? 1);

function day(at: number): string {
  const date = new Date(at * 1000);
  const month = date.toLocaleString("en-US", { month: "short", timeZone: "UTC" });
  return `${String(date.getUTCDate()).padStart(2, "0")} ${month} ${date.getUTCFullYear()}`;
}

function named(world: World, item: SubscriptionItem): string {
  const name = productName(world, item.price);
  const quantity = item.quantity ?? 1;
  return quantity === 1 ? name : `${quantity} × ${name}`;
}

/** What is given back for the rest of a period that was paid for. */
export function creditFor(
  world: World,
  item: SubscriptionItem,
  period: Period,
  at: number,
  coupon: Coupon | null,
): Proration {
  return {
    item,
    amount: -lessPercent(proratedAmount(amountOf(item), period, at), coupon),
    description: `Unused time on ${named(world, item)} after ${day(at)}`,
    period: { start: at, end: period.end },
  };
}

/** What the rest of the period costs. */
export function chargeFor(
  world: World,
  item: SubscriptionItem,
  period: Period,
  at: number,
  coupon: Coupon | null,
): Proration {
  return {
    item,
    amount: lessPercent(proratedAmount(amountOf(item), period, at), coupon),
    description: `Remaining time on ${named(world, item)} after ${day(at)}`,
    period: { start: at, end: period.end },
  };
}
