/** UTC days. Pure. */
export const DAY_MS = 86_400_000;

export const startOfDay = (at: Date): Date => new Date(Math.floor(at.getTime() / DAY_MS) * DAY_MS);

/** Cuts [from, to) at every UTC midnight. */
export function daysOf(from: Date, to: Date): { from: Date; to: Date }[] {
  const days: { from: Date; to: Date }[] = [];
  for (let start = from; start < to;) {
    const next = new Date(Math.min(startOfDay(start).getTime() + DAY_MS, to.getTime()));
    days.push({ from: start, to: next });
    start = next;
  }
  return days;
}
