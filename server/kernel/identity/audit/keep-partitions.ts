import { addMs, type Clock } from "../../../platform/clock.ts";
import { type Db, withSystemTx } from "../../../platform/db/index.ts";
import { keepPartitions } from "./chain-store.ts";
import { KEPT_MS } from "./kept.ts";

/** Makes the months' partitions ahead, and drops those that hold only entries older than seven years. */
export async function keepMonths({ db, clock }: { db: Db; clock: Clock }): Promise<void> {
  const now = clock.now();
  await withSystemTx(db, (tx) => keepPartitions(tx, now, addMs(now, -KEPT_MS)));
}
