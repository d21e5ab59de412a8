import { addMs } from "../../platform/clock.ts";
import { withSystemTx } from "../../platform/db/index.ts";
import type { InboxDeps } from "./deps.ts";
import { deleteTransmissions } from "./endpoints/store.ts";

const DAY_MS = 24 * 60 * 60_000;
/** A delivery verifies for 75 hours at most; after that its transmission cannot come once more. */
const TRANSMISSIONS_MS = 4 * DAY_MS;

/** Deletes what is kept long enough, some at a time. True when there may be more. */
export async function purge({ db, clock }: Pick<InboxDeps, "db" | "clock">): Promise<boolean> {
  const now = clock.now();
  const deleted = await withSystemTx(db, (tx) => deleteTransmissions(tx, addMs(now, -TRANSMISSIONS_MS)));
  return deleted > 0;
}
