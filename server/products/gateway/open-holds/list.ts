import { withOperatorTx } from "../../../platform/db/index.ts";
import type { Gateway } from "../settling/state.ts";
import { listOpenHolds, type OpenHold } from "./store.ts";

/** Calls of all organizations that are not settled yet, the oldest first. One more than `limit` tells that there are more. */
export const readOpenHolds = (
  { deps }: Gateway,
  page: { mode: "test" | "live"; after: { at: Date; id: string } | null; limit: number },
): Promise<OpenHold[]> => withOperatorTx(deps.db, (tx) => listOpenHolds(tx, page));
