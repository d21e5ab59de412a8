/** What an operator gives or takes by hand, and when a second one must approve. Pure. */
import type { Id, OrgId } from "../../../platform/ids.ts";
import { CURRENCY_EXPONENTS, MICROS_PER_CREDIT } from "../../../platform/money.ts";
import { Problem } from "../../../platform/problem.ts";
import type { LedgerConfig } from "../config.ts";
import type { Mode, Unit } from "../book/entry.ts";
import { ledgerProblems } from "../problems.ts";

export type AdjustmentType = "grant" | "adjustment";
export type AdjustmentState = "pending" | "posted" | "rejected";

export type Adjustment = {
  orgId: OrgId;
  id: Id<"adj">;
  mode: Mode;
  type: AdjustmentType;
  unit: Unit;
  /** In the unit's smallest parts; below zero takes back. */
  amount: bigint;
  expiresAt: Date | null;
  reason: string;
  state: AdjustmentState;
  requestedBy: string;
  requestedAt: Date;
  decidedBy: string | null;
  decidedAt: Date | null;
};

/** Smallest parts in one whole of the unit; 422 for a currency that we do not know. */
function wholeOf(unit: Unit): bigint {
  if (unit === "credit") return MICROS_PER_CREDIT;
  const exponent = CURRENCY_EXPONENTS[unit];
  if (exponent === undefined) throw new Problem(ledgerProblems.currency_not_supported);
  return 10n ** BigInt(exponent);
}

/** Whether this much is above what one operator may move alone. */
export function needsApproval(
  { unit, amount }: Pick<Adjustment, "unit" | "amount">,
  bounds: LedgerConfig,
): boolean {
  const whole = unit === "credit" ? bounds.SECOND_APPROVAL_CREDITS : bounds.SECOND_APPROVAL_MAJOR_UNITS;
  const moved = amount < 0n ? -amount : amount;
  return moved > BigInt(whole) * wholeOf(unit);
}
