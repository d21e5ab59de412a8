/** Billing periods, in whole seconds of UTC. */
export type Interval = { interval: "day" | "week" | "month" | "year"; interval_count: number };

const DAY_S = 86_400;

/** `anchor` plus `n` intervals; a month that lacks the anchor's day ends on its last one, and the next has it again. */
export function addIntervals(anchor: number, each: Interval, n: number): number {
  const count = each.interval_count * n;
  if (each.interval === "day") return anchor + count * DAY_S;
  if (each.interval === "week") return anchor + count * 7 * DAY_S;
  const from = new Date(anchor * 1000);
  const months = each.interval === "year" ? count * 12 : count;
  const first = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + months, 1));
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  const midnight = Date.UTC(first.getUTCFullYear(), first.getUTCMonth(), Math.min(from.getUTCDate(), last));
  return Math.floor(midnight / 1000) + (((anchor % DAY_S) + DAY_S) % DAY_S);
}

const APPROXIMATE_S = { day: DAY_S, week: 7 * DAY_S, month: 30.44 * DAY_S, year: 365.25 * DAY_S };

/** The end of the period that `at` lies in: the first point of the anchor's grid after it. */
export function periodEnd(anchor: number, each: Interval, at: number): number {
  const length = APPROXIMATE_S[each.interval] * each.interval_count;
  let n = Math.floor((at - anchor) / length) - 1;
  while (addIntervals(anchor, each, n) <= at) n++;
  return addIntervals(anchor, each, n);
}

export const sameInterval = (a: Interval, b: Interval): boolean =>
  a.interval === b.interval && a.interval_count === b.interval_count;
