/** What a provider bills beside its table. Pure. */
import { parseAtto } from "../../../platform/money.ts";

/** Fewer calls say nothing. */
export const LEAST_CALLS = 20;
const ALERT_PERCENT = 2n;
const PAUSE_PERCENT = 20n;

export type DriftState = "ok" | "drifting" | "paused";
type Sums = { billed_usd: string; table_usd: string };

/** More than 2 % off is told, more than 20 % is paused, in either direction. */
export function judge(sums: Sums): DriftState {
  const table = parseAtto(sums.table_usd);
  const difference = parseAtto(sums.billed_usd) - table;
  const off = (difference < 0n ? -difference : difference) * 100n;
  if (off > table * PAUSE_PERCENT) return "paused";
  return off > table * ALERT_PERCENT ? "drifting" : "ok";
}

const PARTS = 1_000_000n;

/** 0.5: half as much again as the table says; exact to a millionth. */
export function ratioOf(sums: Sums): number {
  const table = parseAtto(sums.table_usd);
  return table === 0n ? 0 : Number(((parseAtto(sums.billed_usd) - table) * PARTS) / table) / Number(PARTS);
}
