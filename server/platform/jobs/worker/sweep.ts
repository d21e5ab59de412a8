import { addMs, type Clock } from "../../clock.ts";
import { withSystemTx, withTx, type Db } from "../../db/index.ts";
import type { Logger } from "../../telemetry/index.ts";
import { endState } from "../kind.ts";
import { listLapsed, lockLapsed, promoteDue, unholdJobs, type Lapsed } from "../queue/queue-store.ts";
import { countItems, endJob, requeueLapsed } from "../store.ts";

/** A job that kills each process that runs it ends after that many. */
const MAX_LAPSES = 10;
/** A job to be cancelled whose worker has not ended it by then is ended here. */
const CANCEL_WITHIN_MS = 3_500;
const LEASE_LOST = { code: "lease_lost", detail: "The processes that worked on it ended" };

/**
 * Makes due jobs claimable, takes over those of dead processes, ends what ignored being cancelled. Calls `waiting` when
 * jobs wait; true when there may be more to do.
 */
export async function sweepQueue(
  deps: { db: Db; clock: Clock; logger: Logger },
  waiting: () => void,
): Promise<boolean> {
  const { db, clock } = deps;
  const now = clock.now();
  const cancelledBefore = addMs(now, -CANCEL_WITHIN_MS);
  const { moved, lapsed } = await withSystemTx(db, async (tx) => {
    const [promoted, unheld, lapsed] = await Promise.all([
      promoteDue(tx, now),
      unholdJobs(tx),
      listLapsed(tx, now, cancelledBefore),
    ]);
    return { moved: promoted + unheld, lapsed };
  });
  if (moved > 0) waiting();
  for (const job of lapsed) if (await takeOver(deps, job, now, cancelledBefore)) waiting();
  // What could not be taken over is left to the next second; what is merely much goes on at once.
  return moved > 0;
}

/** True when the job waits again. */
async function takeOver(
  { db, logger }: { db: Db; logger: Logger },
  lapsed: Lapsed,
  now: Date,
  cancelledBefore: Date,
): Promise<boolean> {
  const { id, org, claim } = lapsed;
  const outcome = await withTx(db, org, async (tx) => {
    if (!(await lockLapsed(tx, lapsed, now, cancelledBefore))) return null;
    if (lapsed.cancel) {
      await endJob(tx, org, { id, claim }, { state: "cancelled", now, error: null });
      return "cancelled";
    }
    if (await requeueLapsed(tx, org, { id, claim }, MAX_LAPSES)) return "requeued";
    const state = endState("threw", await countItems(tx, org, id));
    await endJob(tx, org, { id, claim }, { state, now, error: LEASE_LOST });
    return state;
  });
  if (outcome) logger.warn({ job: lapsed.kind, job_id: id, org, outcome }, "job taken over");
  return outcome === "requeued";
}
