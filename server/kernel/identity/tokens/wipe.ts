import { addMs } from "../../../platform/clock.ts";
import { withSystemTx } from "../../../platform/db/index.ts";
import type { IdentityDeps } from "../deps.ts";
import { REPEAT_MS } from "./rotation.ts";
import { wipeSealed } from "./store.ts";

const BATCH = 1_000;

/** Wipes the sealed successors that nobody may ask for any more. True when there may be more. */
export function wipeSuccessors({ db, clock }: Pick<IdentityDeps, "db" | "clock">): Promise<boolean> {
  return withSystemTx(db, async (tx) => {
    const wiped = await wipeSealed(tx, addMs(clock.now(), -REPEAT_MS), BATCH);
    return wiped === BATCH;
  });
}
