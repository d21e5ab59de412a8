/**
 * The database door. Owns the connection pool and the three kinds of transaction:
 * `withTx` (one tenant), `withSystemTx` (tenant-less directories and the inbox) and `withOperatorTx` (second database
 * role, reads across tenants). Only actions open one; stores take the branded `Tx`.
 *
 * Invariants: `fn` does no network call, so serialization failures and deadlocks rerun it (3 tries in all). A client
 * returns to the pool only after an acknowledged COMMIT or ROLLBACK, else it is destroyed. A lost connection is not
 * retried, since the commit may have landed.
 */
export { createDb, type Db, type DbOptions } from "./pool.ts";
export { asTenant, withTx, withSystemTx, withOperatorTx, type Tx } from "./transaction.ts";
export { rehearse, type Change, type Rehearsal } from "./rehearse.ts";
export { BUCKETS, bucketOf, type Bucket } from "./bucket.ts";
export { anyConnection, createLane, type Statements } from "./lane.ts";
export { listen, type Listener } from "./listen.ts";
export { isSameRow, type Narrowed } from "./row.ts";
export { socketOf } from "./send.ts";
