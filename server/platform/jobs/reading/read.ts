import { addMs, type Clock } from "../../clock.ts";
import { withOperatorTx, withTx, type Db, type Tx } from "../../db/index.ts";
import type { OrgId } from "../../ids.ts";
import { Problem, common } from "../../problem.ts";
import type { JobId, JobState } from "../kind.ts";
import {
  countJobs,
  findJobNow,
  listFailures,
  listJobs,
  timeJobs,
  type Failures,
  type JobFilter,
  type KindTimes,
} from "./read-store.ts";
import type { JobRow } from "../store.ts";

type Deps = { db: Db; clock: Clock };
const COUNTED_FOR_MS = 24 * 3_600_000;
const TIMED_FOR_MS = 3_600_000;

export function readJobs({ db, clock }: Deps, org: OrgId, filter: JobFilter): Promise<JobRow[]> {
  return withTx(db, org, (tx) => listJobs(tx, org, filter, clock.now()));
}

/** One job and what kept its items from being done. 404 when there is none. */
export async function readJob(
  { db, clock }: Deps,
  org: OrgId,
  id: JobId,
): Promise<JobRow & { failures: Failures[] }> {
  return withTx(db, org, async (tx) => {
    const job = await findJobNow(tx, org, id, clock.now());
    if (!job) throw new Problem(common.not_found);
    return { ...job, failures: await listFailures(tx, org, id) };
  });
}

export type KindStats = {
  kind: string;
  counts: Partial<Record<JobState, number>>;
  /** Age of the job that waits longest. */
  oldest_seconds: number | null;
  times: Omit<KindTimes, "kind" | "oldest_due_at"> | null;
};

/** How the jobs of an organization, or of all when null, stand: ended ones of the last day, times of the last hour. */
export async function readStats({ db, clock }: Deps, org: OrgId | null): Promise<KindStats[]> {
  const now = clock.now();
  const read = (tx: Tx) =>
    Promise.all([
      countJobs(tx, org, now, addMs(now, -COUNTED_FOR_MS)),
      timeJobs(tx, org, now, addMs(now, -TIMED_FOR_MS)),
    ]);
  const [counted, timed] = await (org ? withTx(db, org, read) : withOperatorTx(db, read));
  const kinds = [...new Set([...counted, ...timed].map(({ kind }) => kind))].toSorted();
  return kinds.map((kind) => {
    const times = timed.find((row) => row.kind === kind);
    const since = times?.oldest_due_at;
    return {
      kind,
      counts: Object.fromEntries(
        counted.filter((row) => row.kind === kind).map(({ state, count }) => [state, count]),
      ),
      oldest_seconds: since ? Math.max(0, Math.floor((now.getTime() - since.getTime()) / 1000)) : null,
      times: times ?? null,
    };
  });
}
