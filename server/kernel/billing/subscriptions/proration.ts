/** Directions of a change, and the credits that come with it. Pure. */
import type { Plan, PlanPrice } from "../plans/plan.ts";
import type { SubscriptionRow } from "./subscription.ts";

type Wanted = { plan: Plan; price: PlanPrice; quantity: number };

const MONTHS = { month: 1n, year: 12n } as const;

/**
 * Up: a higher plan, more of the same, or a longer time of it. Down: the opposite. A plan that ranks higher is up whatever
 * it costs.
 */
export function directionOf(
  row: Pick<SubscriptionRow, "period" | "quantity">,
  current: Plan,
  { plan, price, quantity }: Wanted,
): "up" | "down" | "same" {
  if (plan.rank !== current.rank) return plan.rank > current.rank ? "up" : "down";
  if (price.period !== row.period) return MONTHS[price.period] > MONTHS[row.period] ? "up" : "down";
  if (quantity !== row.quantity) return quantity > row.quantity ? "up" : "down";
  return "same";
}

/** Half-even quotient of numbers that are not negative. */
export function divideHalfEven(value: bigint, by: bigint): bigint {
  const whole = value / by;
  const twice = (value % by) * 2n;
  if (twice > by) return whole + 1n;
  return twice === by && whole % 2n === 1n ? whole + 1n : whole;
}

/** What an upgrade adds at once: the difference of a month's credits, for what is left of the period, by the second. */
export function creditsDifference(
  row: Pick<SubscriptionRow, "period_start" | "period_end" | "quantity" | "status">,
  current: Pick<Plan, "creditsMicros">,
  plan: Pick<Plan, "creditsMicros">,
  quantity: number,
  at: Date,
): bigint {
  const { period_start: start, period_end: end } = row;
  const more = plan.creditsMicros * BigInt(quantity) - current.creditsMicros * BigInt(row.quantity);
  if (more <= 0n || !start || !end || row.status === "trialing") return 0n;
  const left = BigInt(Math.max(0, Math.floor((end.getTime() - at.getTime()) / 1000)));
  const whole = BigInt(Math.max(1, Math.floor((end.getTime() - start.getTime()) / 1000)));
  return divideHalfEven(more * left, whole);
}
