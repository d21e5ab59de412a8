/** Months on the calendar, in UTC. Pure. */

/**
 * `count` months after `anchor`, at the same time of day: on the anchor's day, or on the last one of a shorter month. Counted
 * from the anchor each time, so that the 31st comes back after February.
 */
export function addMonths(anchor: Date, count: number): Date {
  const year = anchor.getUTCFullYear();
  const month = anchor.getUTCMonth() + count;
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const at = new Date(anchor);
  // Set at once: a day that the month has not would carry over into the next.
  at.setUTCFullYear(year, month, Math.min(anchor.getUTCDate(), lastDay));
  return at;
}

/** Whole months that have passed since `anchor`, by the same count. Zero before the first is over. */
export function monthsSince(anchor: Date, now: Date): number {
  const guess =
    (now.getUTCFullYear() - anchor.getUTCFullYear()) * 12 + now.getUTCMonth() - anchor.getUTCMonth();
  return Math.max(0, addMonths(anchor, guess) > now ? guess - 1 : guess);
}
