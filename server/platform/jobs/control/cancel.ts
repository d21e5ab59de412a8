import type { Clock } from "../../clock.ts";
import { withTx, type Db } from "../../db/index.ts";
import { Problem, common } from "../../problem.ts";
import type { OrgId } from "../../ids.ts";
import { jobProblems } from "../problems.ts";
import type { JobId } from "../kind.ts";
import { askCancel, leaveQueue, lockPlace } from "../queue/queue-store.ts";
import { findJob, markCancelled, type JobRow } from "../store.ts";

/**
 * Cancels a job: one that waits at once, one that runs within 5 s, while what it has done stays. A second call changes
 * nothing. `mayCancel` sees the job first.
 */
export async function cancelJob(
  { db, clock }: { db: Db; clock: Clock },
  org: OrgId,
  id: JobId,
  mayCancel: (job: JobRow) => boolean,
): Promise<JobRow> {
  return withTx(db, org, async (tx) => {
    const known = await findJob(tx, org, id);
    if (!known) throw new Problem(common.not_found);
    if (!mayCancel(known)) throw new Problem(common.forbidden);
    const place = await lockPlace(tx, id);
    if (!place) throw new Problem(jobProblems.job_finished);
    const now = clock.now();
    if (place.running) await askCancel(tx, id, now);
    else await leaveQueue(tx, id);
    return markCancelled(tx, org, id, place.running ? null : now);
  });
}
