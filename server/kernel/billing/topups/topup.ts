/** When credits are bought by themselves. Pure. */
import type { BillingAutoTopups } from "../../../../db/rows.ts";
import type { Narrowed } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { Mode } from "../../ledger/index.ts";
import { isOver, isRefused, NO_ADDRESS } from "../intents/intent.ts";
import type { PaymentRow } from "../payments/payment.ts";

export type TopupRow = Narrowed<
  BillingAutoTopups,
  { org_id: OrgId; mode: Mode; off_reason: "declined" | "method_gone" | "tax_address" | null }
>;

/** So many declines in a row turn it off. */
export const MAX_DECLINES = 2;
/** After a decline the next try waits. */
const AGAIN_MS = 3_600_000;

type Outcome = "paid" | "declined" | "no address";

/** What the one under way has come to; null while it is under way. */
export function outcomeOf(payment: PaymentRow): Outcome | null {
  if (payment.charge_id !== null) return "paid";
  if (payment.failure_code === NO_ADDRESS) return "no address";
  return isOver(payment) || isRefused(payment) ? "declined" : null;
}

/** The row once that is known. */
export function settled(row: TopupRow, outcome: Outcome, now: Date): TopupRow {
  const over = { ...row, operation_id: null };
  // Nothing was charged, and nothing can be before the owner says where they are.
  if (outcome === "no address")
    return { ...over, ...(row.enabled && { enabled: false, off_reason: "tax_address" }) };
  if (outcome === "paid") return { ...over, declines: 0, next_try_at: null };
  const declines = row.declines + 1;
  const isOff = declines >= MAX_DECLINES;
  return {
    ...over,
    declines,
    next_try_at: new Date(now.getTime() + AGAIN_MS),
    ...(isOff && row.enabled ? { enabled: false, off_reason: "declined" } : {}),
  };
}

/** Whether to buy now: so few credits are left, and the month's cap leaves room. */
export function isDue(row: TopupRow, availableMicros: bigint, spentMinor: bigint, now: Date): boolean {
  if (!row.enabled || row.operation_id !== null || availableMicros >= row.threshold_micros) return false;
  if (row.next_try_at !== null && row.next_try_at > now) return false;
  return spentMinor + row.amount_minor <= row.monthly_cap_minor;
}

/** Months are UTC's. */
export const monthOf = (now: Date): Date => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1));
export const nextMonth = (now: Date): Date =>
  new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1));
