/** SQL that only reads: lists and counts of jobs. No statement here touches a payload. */
import type { Tx } from "../../db/index.ts";
import type { OrgId } from "../../ids.ts";
import type { JobId, JobState } from "../kind.ts";
import { JOB, type JobRow } from "../store.ts";

export type JobFilter = {
  state: JobState | null;
  kind: string | null;
  /** Older than this one. */
  before: string | null;
  limit: number;
};

/** A scheduled job that has come due is queued, though the sweep may be a second behind. */
const STATE_NOW = "case when state = 'scheduled' and due_at <= $1 then 'queued' else state end";
const JOB_NOW = JOB.replace("state,", `${STATE_NOW} as state,`);

export async function findJobNow(tx: Tx, org: OrgId, id: JobId, now: Date): Promise<JobRow | null> {
  const [row] = await tx.query<JobRow>(
    "jobs.find_now",
    `select ${JOB_NOW} from platform.jobs where org_id = $2 and id = $3`,
    [now, org, id],
  );
  return row ?? null;
}

/** The organization's jobs, newest first. */
export async function listJobs(tx: Tx, org: OrgId, filter: JobFilter, now: Date): Promise<JobRow[]> {
  return tx.query<JobRow>(
    filter.state ? "jobs.list_state" : "jobs.list",
    `select ${JOB_NOW} from platform.jobs
     where org_id = $2 and ($3::text is null or kind = $3) and ($4::text is null or id < $4)
       ${filter.state ? `and state = any($6) and ${STATE_NOW} = $7` : ""}
     order by id desc limit $5`,
    [
      now,
      org,
      filter.kind,
      filter.before,
      filter.limit,
      ...(filter.state
        ? [filter.state === "queued" ? ["queued", "scheduled"] : [filter.state], filter.state]
        : []),
    ],
  );
}

export type Failures = { code: string; count: number };

/** What kept items from being done, the most frequent first. */
export async function listFailures(tx: Tx, org: OrgId, id: JobId): Promise<Failures[]> {
  return tx.query<Failures>(
    "jobs.failures",
    `select error_code as code, count(*)::int as count from platform.job_items
     where org_id = $1 and job_id = $2 and not done group by 1 order by 2 desc, 1 limit 20`,
    [org, id],
  );
}

export type Counted = { kind: string; state: JobState; count: number };
export type KindTimes = {
  kind: string;
  oldest_due_at: Date | null;
  ended_per_hour: number;
  wait_p50_ms: number | null;
  wait_p95_ms: number | null;
  run_p50_ms: number | null;
  run_p95_ms: number | null;
};

/** Runs looked at for the percentiles; more than this in an hour are represented by the newest. */
const SAMPLE = 10_000;

/** Unfinished jobs and those that ended within a day, by kind and state; of every organization when `org` is null. */
export async function countJobs(tx: Tx, org: OrgId | null, now: Date, since: Date): Promise<Counted[]> {
  const own = org ? "org_id = $3 and" : "";
  return tx.query<Counted>(
    org ? "jobs.count" : "jobs.count_all",
    `select kind, ${STATE_NOW} as state, count(*)::int as count from platform.jobs
     where ${own} state in ('scheduled', 'queued', 'running', 'retrying', 'cancelling') group by 1, 2
     union all
     select kind, state, count(*)::int from platform.jobs where ${own} finished_at > $2 group by 1, 2`,
    [now, since, ...(org ? [org] : [])],
  );
}

/** Per kind: since when the oldest waits, and how the jobs went that ended since `since`. */
export async function timeJobs(tx: Tx, org: OrgId | null, now: Date, since: Date): Promise<KindTimes[]> {
  const own = org ? "org_id = $3 and" : "";
  return tx.query<KindTimes>(
    org ? "jobs.times" : "jobs.times_all",
    `with waiting as (
       select kind, min(due_at) as oldest_due_at from platform.jobs
       where ${own} state in ('scheduled', 'queued', 'retrying') and due_at <= $1 group by 1
     ), ended as (
       select kind, started_at is not null as ran, extract(epoch from finished_at - started_at) * 1000 as run_ms,
         greatest(extract(epoch from started_at - due_at), 0) * 1000 as wait_ms
       from platform.jobs where ${own} finished_at > $2 order by finished_at desc limit ${SAMPLE}
     ), went as (
       select kind, count(*)::int as ended_per_hour,
         percentile_cont(array[0.5, 0.95]) within group (order by wait_ms) filter (where ran) as wait,
         percentile_cont(array[0.5, 0.95]) within group (order by run_ms) filter (where ran) as run
       from ended group by 1
     )
     select coalesce(w.kind, e.kind) as kind, w.oldest_due_at, coalesce(e.ended_per_hour, 0) as ended_per_hour,
       round(e.wait[1])::int as wait_p50_ms, round(e.wait[2])::int as wait_p95_ms,
       round(e.run[1])::int as run_p50_ms, round(e.run[2])::int as run_p95_ms
     from waiting w full join went e on e.kind = w.kind`,
    [now, since, ...(org ? [org] : [])],
  );
}
