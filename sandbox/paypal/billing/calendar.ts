/** When periods end: counted from an anchor, so that the 31st stays the 31st where a month has one. */
import type { Frequency } from "./catalog.ts";

const DAY_MS = 86_400_000;

/** The instant `periods` after `anchorMs`. Months and years that lack the day end on their last one. */
export function after(
  anchorMs: number,
  { interval_unit: unit, interval_count: count }: Frequency,
  periods: number,
): number {
  const n = count * periods;
  if (unit === "DAY" || unit === "WEEK") return anchorMs + n * (unit === "DAY" ? 1 : 7) * DAY_MS;
  const from = new Date(anchorMs);
  const month = from.getUTCMonth() + n * (unit === "MONTH" ? 1 : 12);
  const last = new Date(Date.UTC(from.getUTCFullYear(), month + 1, 0)).getUTCDate();
  const day = Math.min(from.getUTCDate(), last);
  return Date.UTC(from.getUTCFullYear(), month, day) + (anchorMs % DAY_MS);
}
