import { withOperatorTx, type Db } from "../../../platform/db/index.ts";
import type { Seal } from "./seal.ts";
import { findLastCheck, listSeals, type Check } from "./store.ts";

/** Newest first; one more than `limit` when there are more. */
export const readSeals = (db: Db, before: bigint | null, limit: number): Promise<Seal[]> =>
  withOperatorTx(db, (tx) => listSeals(tx, { before, limit: limit + 1 }));

/** What the last nightly check found. */
export const readCheck = (db: Db): Promise<Check | null> => withOperatorTx(db, (tx) => findLastCheck(tx));
