import { addMs, type Clock } from "../../../platform/clock.ts";
import type { Db } from "../../../platform/db/index.ts";
import { deleteUnused } from "./store.ts";

const KEPT_MS = 7 * 86_400_000;

/** Forgets the summaries of conversations that have not gone on for a week. */
export const forgetSummaries = ({ db, clock }: { db: Db; clock: Clock }): Promise<boolean> =>
  deleteUnused(db, addMs(clock.now(), -KEPT_MS));
