import { withOperatorTx, withSystemTx } from "../../../platform/db/index.ts";
import { assert } from "../../../platform/problem.ts";
import type { Gateway } from "../settling/state.ts";
import { keptFrom } from "./kept.ts";
import { dropMonths, isUnsummed, makeMonths } from "./store.ts";

/**
 * Makes the attempts' months ahead and drops those that are kept no longer, once all of theirs is in the sums. Throws while
 * it is not: the next attempt finds it summed up. Each half has a short transaction of its own, which gives up rather than
 * make settlements wait.
 */
export async function keepMonths({
  deps,
}: Pick<Gateway, "deps">): Promise<{ made: number; dropped: number }> {
  const { db, clock } = deps;
  const now = clock.now();
  const from = keptFrom(now);
  const made = await withSystemTx(db, (tx) => makeMonths(tx, now));
  const unsummed = await withOperatorTx(db, (tx) => isUnsummed(tx, from));
  assert(!unsummed, "attempts are summed up before they go");
  const dropped = await withSystemTx(db, (tx) => dropMonths(tx, from));
  return { made, dropped };
}
