/** Shares of an amount by the second, in integers. */
import type { World } from "../../core/company.ts";
import { productName, type Period } from "../invoices/lines.ts";
import type { SubscriptionItem } from "./subscription.ts";

/** `amount × part ÷ whole`, to the nearest unit and to the even one from the middle. */
export function share(amount: number, part: number, whole: number): number {
  if (whole <= 0 || part <= 0) return 0;
  const [product, divisor] = [BigInt(amount) * BigInt(part), BigInt(whole)];
  const sign = product < 0n ? -1n : 1n;
  const size = product * sign;
  let result = size / divisor;
  const twice = (size % divisor) * 2n;
  if (twice > divisor || (twice === divisor && result % 2n === 1n)) result += 1n;
  return Number(result * sign);
}

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
export function creditFor(world: World, item: SubscriptionItem, period: Period, at: number): Proration {
  return {
    item,
    amount: -proratedAmount(amountOf(item), period, at),
    description: `Unused time on ${named(world, item)} after ${day(at)}`,
    period: { start: at, end: period.end },
  };
}

/** What the rest of the period costs. */
export function chargeFor(world: World, item: SubscriptionItem, period: Period, at: number): Proration {
  return {
    item,
    amount: proratedAmount(amountOf(item), period, at),
    description: `Remaining time on ${named(world, item)} after ${day(at)}`,
    period: { start: at, end: period.end },
  };
}
