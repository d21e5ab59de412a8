/** Directions of a change, what it costs where no company works it out, and the credits that come with it. Pure. */
import type { Plan, PlanPrice } from "../../plans/plan.ts";
import type { ChangePreview, InvoiceLine } from "../company.ts";
import type { SubscriptionRow } from "../subscription.ts";

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
  return share(more, { start, end }, at);
}

type Span = { start: Date; end: Date };
const seconds = (from: Date, to: Date): number => Math.floor((to.getTime() - from.getTime()) / 1000);

/** The part of an amount that what is left of a period is worth, by the second, half-even; none after its end. */
function share(amount: bigint, { start, end }: Span, at: Date): bigint {
  const whole = BigInt(Math.max(1, seconds(start, end)));
  const left = BigInt(Math.max(0, seconds(at, end)));
  return divideHalfEven(amount * (left < whole ? left : whole), whole);
}

/**
 * What an upgrade costs at once: the new price for what is left of the period, less the old one's, each line rounded
 * half-even to a multiple of `step` minor units. Never less than nothing; in a trial nothing.
 */
export function prorate(
  row: Pick<
    SubscriptionRow,
    "period_start" | "period_end" | "quantity" | "status" | "amount_minor" | "currency"
  >,
  names: { current: string; wanted: string },
  wanted: { amountMinor: bigint; quantity: number },
  at: Date,
  step = 1n,
): ChangePreview {
  const { period_start: start, period_end: end, currency } = row;
  if (!start || !end || row.status === "trialing") return { currency, lines: [], dueNowMinor: 0n };
  const part = (amount: bigint) => share(amount / step, { start, end }, at) * step;
  const line = (description: string, amountMinor: bigint, quantity: number): InvoiceLine => ({
    description,
    amountMinor,
    quantity,
    periodStart: at,
    periodEnd: end,
    proration: true,
  });
  const lines = [
    line(`Unused time on ${names.current}`, -part(row.amount_minor * BigInt(row.quantity)), row.quantity),
    line(
      `Remaining time on ${names.wanted}`,
      part(wanted.amountMinor * BigInt(wanted.quantity)),
      wanted.quantity,
    ),
  ];
  const sum = lines.reduce((total, { amountMinor }) => total + amountMinor, 0n);
  return { currency, lines, dueNowMinor: sum > 0n ? sum : 0n };
}
