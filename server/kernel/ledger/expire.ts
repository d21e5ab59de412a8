import type { HoldId, OrgId } from "../../platform/ids.ts";
import type { Db, Tx } from "../../platform/db/index.ts";

/** Moves the deadline of pending holds (1 s to 30 days ahead). Returns those that were still pending. */
export async function extendHolds(
  _tx: Tx,
  _org: OrgId,
  _holdIds: readonly HoldId[],
  _deadlineAt: Date,
): Promise<HoldId[]> {
  throw new Error("being built");
}

/**
 * Marks pending holds of one owner past their deadline as `expired`, oldest first, and names them for the owner's
 * reconciler. Expired is not released: the amount stays held until somebody settles it.
 */
export async function expireHolds(
  _db: Db,
  _options: { owner: string; now: Date; limit: number },
): Promise<{ orgId: OrgId; holdId: HoldId }[]> {
  throw new Error("being built");
}

/** Moves the unheld remainder of grants past their expiry to `expired`; a held part follows when its hold ends. */
export async function expireGrants(
  _db: Db,
  _now: Date,
  _limit: number,
): Promise<{ orgId: OrgId; grantId: string; amount: bigint }[]> {
  throw new Error("being built");
}
