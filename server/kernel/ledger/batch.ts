import type { OrgId } from "../../platform/ids.ts";
import type { Tx } from "../../platform/db/index.ts";
import type { HoldRequest, HoldResult, Settlement, SettleResult } from "./hold.ts";

export type Batch = { settle: readonly Settlement[]; hold: readonly HoldRequest[] };
export type BatchResult = { settled: SettleResult[]; held: HoldResult[] };

/**
 * Settles and holds for one organization in the caller's `tx`: first the settlements, then the holds, each list in its
 * order, each judged alone. A refusal refuses only its own. The number of statements does not grow with the batch.
 */
export async function applyBatch(_tx: Tx, _org: OrgId, _batch: Batch, _now: Date): Promise<BatchResult> {
  throw new Error("being built");
}
