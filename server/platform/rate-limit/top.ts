import { addMs, type Clock } from "../clock.ts";
import { type Db, withSystemTx } from "../db/index.ts";
import type { Refusals } from "./override.ts";
import { topRefusals } from "./store.ts";

const LOOKED_BACK_MS = 24 * 3_600_000;
const SHOWN = 50;

/** Who was refused most often within the last day. */
export const topLimited = (db: Db, clock: Clock): Promise<Refusals[]> =>
  withSystemTx(db, (tx) => topRefusals(tx, addMs(clock.now(), -LOOKED_BACK_MS), SHOWN));
