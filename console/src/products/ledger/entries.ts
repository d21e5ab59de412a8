import { humanize } from "../../lib/format.ts";

type Entry = { account: string; unit: string; amount: number };

/** `payment.captured` → `Payment captured`. */
export const kindName = (kind: string): string => humanize(kind.replaceAll(".", "_"));

export const unitName = (unit: string): string => (unit === "credit" ? "credits" : unit.toUpperCase());

/** What a transaction moved: the sum of what came in, in its first unit. */
export function sizeOf(entries: readonly Entry[] | undefined): { amount: number; unit: string } | null {
  const unit = entries?.[0]?.unit;
  if (!entries || unit === undefined) return null;
  const amount = entries
    .filter((entry) => entry.unit === unit && entry.amount > 0)
    .reduce((sum, entry) => sum + entry.amount, 0);
  return { amount, unit };
}

/** Sum per unit; all of them zero in a sound transaction. */
export function sumsOf(entries: readonly Entry[]): { unit: string; sum: number }[] {
  const sums = new Map<string, number>();
  for (const { unit, amount } of entries) sums.set(unit, (sums.get(unit) ?? 0) + amount);
  return [...sums].map(([unit, sum]) => ({ unit, sum }));
}
