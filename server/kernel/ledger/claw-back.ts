import type { OrgId } from "../../platform/ids.ts";
import type { Tx } from "../../platform/db/index.ts";

export type ClawBack = {
  grantReference: string;
  /** All that was refunded of the payment so far, and what was paid; same currency. */
  refundedTotal: bigint;
  paidTotal: bigint;
  /** Names this taking, once for ever (`ref_3:clawback`). */
  reference: string;
};

/**
 * Takes back ⌊grant × refundedTotal ÷ paidTotal⌋, less what was already clawed back: this grant's unheld remainder, then
 * other grants' in burn order, then debt. What is held counts at once and is taken when the hold ends. A grant that does
 * not exist yet, or a reference that does, gives 0: whoever grants after a refund calls this again.
 */
export async function clawBack(
  _tx: Tx,
  _org: OrgId,
  _claim: ClawBack,
  _now: Date,
): Promise<{ clawedBack: bigint }> {
  throw new Error("being built");
}
