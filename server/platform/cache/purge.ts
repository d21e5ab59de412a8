import { addMs, type Clock } from "../clock.ts";
import { type Db, withSystemTx } from "../db/index.ts";
import { deleteOldStats } from "./store.ts";

const KEPT_MS = 25 * 3_600_000;
const PURGED_AT_ONCE = 5_000;

/** Deletes counts of more than a day ago; true when there may be more. */
export async function purgeStats({ db, clock }: { db: Db; clock: Clock }): Promise<boolean> {
  const before = addMs(clock.now(), -KEPT_MS);
  return (await withSystemTx(db, (tx) => deleteOldStats(tx, before, PURGED_AT_ONCE))) === PURGED_AT_ONCE;
}
