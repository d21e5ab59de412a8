import { withOperatorTx, type Db, type Tx } from "../../../platform/db/index.ts";
import type { Seal } from "./seal.ts";
import { findLastCheck, listSeals, listSealsBetween, type Check } from "./store.ts";

/** Newest first; one more than `limit` when there are more. */
export const readSeals = (db: Db, before: bigint | null, limit: number): Promise<Seal[]> =>
  withOperatorTx(db, (tx) => listSeals(tx, { before, limit: limit + 1 }));

/** What the last nightly check found. */
export const readCheck = (db: Db): Promise<Check | null> => withOperatorTx(db, (tx) => findLastCheck(tx));

/** The newest seal that covers some of [from, to); null before the first. In a transaction of the operator's role. */
export const findSealOf = async (tx: Tx, range: { from: Date; to: Date }): Promise<Seal | null> =>
  (await listSealsBetween(tx, range)).at(-1) ?? null;
