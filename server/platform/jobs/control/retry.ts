import type { Clock } from "../../clock.ts";
import { withTx, type Db } from "../../db/index.ts";
import { Problem, common } from "../../problem.ts";
import type { OrgId } from "../../ids.ts";
import { jobProblems } from "../problems.ts";
import type { JobId } from "../kind.ts";
import { enterQueue } from "../queue/queue-store.ts";
import { findJob, reopenJob, type JobRow } from "../store.ts";

/** Runs a job again that failed, ended in part or was cancelled: only what it has not done. Of two at once one does it. */
export async function retryJob(
  { db, clock }: { db: Db; clock: Clock },
  org: OrgId,
  id: JobId,
  queued: () => void,
): Promise<JobRow> {
  return withTx(db, org, async (tx) => {
    if (!(await findJob(tx, org, id))) throw new Problem(common.not_found);
    const now = clock.now();
    const job = await reopenJob(tx, org, id, now);
    if (!job) throw new Problem(jobProblems.job_not_retryable);
    await enterQueue(tx, org, { id, kind: job.kind, priority: job.priority, dueAt: now });
    tx.afterCommit(queued);
    return job;
  });
}
