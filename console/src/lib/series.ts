/** Shapes figures of the API into rows of a plot. */
export type DayRow = { day: string; [series: string]: number | string };

const DAY_MS = 86_400_000;

/** The UTC days from `from` to `to`, both included, at most `max`. */
export function daysBetween(from: string, to: string, max = 400): string[] {
  const days: string[] = [];
  for (let at = Date.parse(from); at <= Date.parse(to) && days.length < max; at += DAY_MS)
    days.push(new Date(at).toISOString().slice(0, 10));
  return days;
}

/** The UTC day `count` days before `now`. */
export const daysAgo = (count: number, now = Date.now()): string =>
  new Date(now - count * DAY_MS).toISOString().slice(0, 10);

type Point = { day: string; series: string; value: number };

/**
 * One row per day with one figure per series, gaps as 0. Series beyond the `top` largest are summed as "Other", so that
 * a plot has few colours.
 */
export function stackByDay(
  points: readonly Point[],
  days: readonly string[],
  top = 5,
): { rows: DayRow[]; series: string[] } {
  const totals = new Map<string, number>();
  for (const { series, value } of points) totals.set(series, (totals.get(series) ?? 0) + value);
  const ranked = [...totals].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).map(([name]) => name);
  const named = new Set(ranked.slice(0, top));
  const series = ranked.length > top ? [...named, "Other"] : [...named];
  const rows = new Map(days.map((day) => [day, Object.fromEntries(series.map((name) => [name, 0]))]));
  for (const point of points) {
    const row = rows.get(point.day);
    if (!row) continue;
    const name = named.has(point.series) ? point.series : "Other";
    row[name] = (row[name] ?? 0) + point.value;
  }
  return { rows: [...rows].map(([day, values]) => ({ ...values, day })), series };
}

type Movement = { day: string; delta: number };

/** Balance at the end of each day, walked back from what it is now. */
export function balanceByDay(now: number, movements: readonly Movement[], days: readonly string[]): DayRow[] {
  const perDay = new Map<string, number>();
  for (const { day, delta } of movements) perDay.set(day, (perDay.get(day) ?? 0) + delta);
  let balance = now;
  const rows: DayRow[] = [];
  for (const day of [...days].reverse()) {
    rows.unshift({ day, balance });
    balance -= perDay.get(day) ?? 0;
  }
  return rows;
}
