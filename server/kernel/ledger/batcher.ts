import type { OrgId } from "../../platform/ids.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Db, Tx } from "../../platform/db/index.ts";
import type { HoldRequest, HoldResult, Settlement, SettleResult } from "./hold.ts";

/** Writes the caller's own rows in the transaction of the batch. No network; may run again after a rollback. */
export type Alongside<H, S> = {
  /** The items of the holds that were held; refused ones are left out. */
  held(tx: Tx, org: OrgId, items: H[]): Promise<void>;
  /** Every settlement's item with its result, errors and repeats (`first: false`) included. */
  settled(tx: Tx, org: OrgId, items: { item: S; result: SettleResult }[]): Promise<void>;
};

export type HoldBatcher<H, S> = {
  hold(org: OrgId, request: HoldRequest, item: H): Promise<HoldResult>;
  settle(org: OrgId, settlement: Settlement, item: S): Promise<SettleResult>;
  /** Resolves when nothing is waiting or in flight. */
  drain(): Promise<void>;
};

/**
 * Group commit: calls of one organization that arrive while its commit is in flight share the next one (at most 256); an
 * idle one commits at once. A promise resolves only after the commit. A batch that fails is redone call by call, so that
 * a fault fails only its own call; a lost database fails them all.
 */
export function createHoldBatcher<H, S>(
  _db: Db,
  _options: { now: Clock; alongside: Alongside<H, S> },
): HoldBatcher<H, S> {
  throw new Error("being built");
}
