import { addMs, type Clock } from "../clock.ts";
import { type Db, withSystemTx } from "../db/index.ts";
import { deleteOldRefusals, deleteOverTakes } from "./store.ts";

const PURGED_AT_ONCE = 5_000;
const REFUSALS_KEPT_MS = 25 * 3_600_000;

/** Deletes counts whose windows are over, and who was refused more than a day ago; true when there may be more. */
export async function purgeLimits({ db, clock }: { db: Db; clock: Clock }): Promise<boolean> {
  const now = clock.now();
  const over = await withSystemTx(db, (tx) => deleteOverTakes(tx, now, PURGED_AT_ONCE));
  const before = addMs(now, -REFUSALS_KEPT_MS);
  const old = await withSystemTx(db, (tx) => deleteOldRefusals(tx, before, PURGED_AT_ONCE));
  return over === PURGED_AT_ONCE || old === PURGED_AT_ONCE;
}
