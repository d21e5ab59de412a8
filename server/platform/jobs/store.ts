/**
 * SQL of a job's own row and its items, behind its organization's wall. Where a row of the queue and a job's row are both
 * locked, the queue's comes first.
 */
import type { PlatformJobs } from "../../../db/rows.ts";
import type { Narrowed, Tx } from "../db/index.ts";
import type { OrgId } from "../ids.ts";
import type { JobId, JobState, Priority } from "./kind.ts";

export type JobRow = Narrowed<
  Omit<PlatformJobs, "org_id" | "payload">,
  { id: JobId; state: JobState; priority: Priority }
>;

export const JOB = `id, kind, state, priority, dedupe_key, dedupe_until_end, created_by, attempts, max_attempts, retries, lapses,
  total, done, failed, error_code, error_detail, created_at, due_at, started_at, finished_at`;

export type NewJob = {
  id: JobId;
  kind: string;
  priority: Priority;
  payload: string;
  dedupeKey: string | null;
  dedupeUntilEnd: boolean;
  createdBy: string | null;
  maxAttempts: number;
  now: Date;
  dueAt: Date;
  traceparent: string | null;
};

/** Enqueues it, unless a job of its kind has its key: then that one's id. */
export async function insertJob(tx: Tx, org: OrgId, job: NewJob): Promise<JobId> {
  const [made] = await tx.query<{ id: JobId }>(
    "jobs.insert",
    `with made as (
       insert into platform.jobs (org_id, id, kind, state, priority, payload, dedupe_key, dedupe_until_end, created_by,
         max_attempts, created_at, due_at)
       values ($1, $2, $3, case when $11::timestamptz > $10::timestamptz then 'scheduled' else 'queued' end, $4, $5, $6, $7,
         $8, $9, $10, $11)
       on conflict (org_id, kind, dedupe_key) where dedupe_key is not null do nothing
       returning org_id, id, kind, priority, state, due_at
     ), queued as (
       insert into platform.job_queue (job_id, org_id, kind, priority, state, due_at, traceparent)
       select id, org_id, kind, priority, state, due_at, $12 from made
     )
     select id from made`,
    [
      org,
      job.id,
      job.kind,
      job.priority,
      job.payload,
      job.dedupeKey,
      job.dedupeUntilEnd,
      job.createdBy,
      job.maxAttempts,
      job.now,
      job.dueAt,
      job.traceparent,
    ],
  );
  if (made) return made.id;
  const [known] = await tx.query<{ id: JobId }>(
    "jobs.known",
    "select id from platform.jobs where org_id = $1 and kind = $2 and dedupe_key = $3",
    [org, job.kind, job.dedupeKey],
  );
  // It ended and was forgotten between the two statements: there is none any more.
  return known?.id ?? insertJob(tx, org, job);
}

export type Started = JobRow & { payload: unknown };

/** Begins an attempt of the claim. Null when the claim is lost or the job was cancelled meanwhile. */
export async function startJob(tx: Tx, org: OrgId, run: Run, now: Date): Promise<Started | null> {
  const [row] = await tx.query<Started>(
    "jobs.start",
    `with mine as (select from platform.job_queue where job_id = $2 and claim = $3 for update)
     update platform.jobs set state = 'running', attempts = attempts + 1, started_at = $4, finished_at = null
     where org_id = $1 and id = $2 and state in ('scheduled', 'queued', 'retrying') and exists (select from mine)
     returning ${JOB}, payload`,
    [org, run.id, run.claim, now],
  );
  return row ?? null;
}

/** One claim of one job. */
export type Run = { id: JobId; claim: string };

export type End = {
  state: JobState;
  now: Date;
  error: { code: string; detail: string } | null;
};

/** Ends the job. False when the claim is lost. */
export async function endJob(tx: Tx, org: OrgId, run: Run, end: End): Promise<boolean> {
  const rows = await tx.query(
    "jobs.end",
    `with mine as (delete from platform.job_queue where job_id = $2 and claim = $3 returning job_id),
       items as (
         select count(*) filter (where done)::int as done, count(*) filter (where not done)::int as failed
         from platform.job_items where org_id = $1 and job_id = $2)
     update platform.jobs j set state = $4, finished_at = $5, error_code = $6, error_detail = $7,
       done = greatest(items.done, j.done), failed = items.failed,
       dedupe_key = case when dedupe_until_end then null else dedupe_key end
     from items where j.org_id = $1 and j.id = $2 and exists (select from mine)
     returning j.id`,
    [org, run.id, run.claim, end.state, end.now, end.error?.code ?? null, end.error?.detail ?? null],
  );
  return rows.length === 1;
}

/** Lets it wait for its next attempt. False when the claim is lost. */
export async function retryLater(
  tx: Tx,
  org: OrgId,
  run: Run,
  again: { dueAt: Date; error: { code: string; detail: string } },
): Promise<boolean> {
  const rows = await tx.query(
    "jobs.retry_later",
    `with mine as (
       update platform.job_queue set state = 'scheduled', due_at = $4, claim = null, lease_until = null
       where job_id = $2 and claim = $3 returning job_id)
     update platform.jobs set state = 'retrying', due_at = $4, error_code = $5, error_detail = $6
     where org_id = $1 and id = $2 and exists (select from mine) returning id`,
    [org, run.id, run.claim, again.dueAt, again.error.code, again.error.detail],
  );
  return rows.length === 1;
}

/** Hands a claim back as if it had not been: the attempt does not count. Nothing when the claim is lost. */
export async function releaseJob(tx: Tx, org: OrgId, run: Run): Promise<void> {
  await tx.query(
    "jobs.release",
    `with mine as (
       update platform.job_queue set state = 'queued', claim = null, lease_until = null
       where job_id = $2 and claim = $3 returning job_id)
     update platform.jobs set state = 'queued', attempts = attempts - (state = 'running')::int
     where org_id = $1 and id = $2 and state in ('queued', 'scheduled', 'retrying', 'running') and exists (select from mine)`,
    [org, run.id, run.claim],
  );
}

/** Gives a dead process's job back to the queue, whose row the caller has locked. False when that was done too often. */
export async function requeueLapsed(tx: Tx, org: OrgId, run: Run, maxLapses: number): Promise<boolean> {
  const rows = await tx.query(
    "jobs.requeue",
    `with mine as (
       update platform.jobs set state = 'queued', lapses = lapses + 1, attempts = attempts - (state = 'running')::int
       where org_id = $1 and id = $2 and lapses < $4 returning id)
     update platform.job_queue set state = 'queued', claim = null, lease_until = null
     where job_id = $2 and claim = $3 and exists (select from mine) returning job_id`,
    [org, run.id, run.claim, maxLapses],
  );
  return rows.length === 1;
}

/** Whether the claim still stands, held in place until the transaction ends. */
export async function holdClaim(tx: Tx, run: Run): Promise<boolean> {
  // A renewal of the lease may pass this lock; whoever takes the job over may not.
  const rows = await tx.query(
    "jobs.hold_claim",
    "select from platform.job_queue where job_id = $1 and claim = $2 and cancel_asked_at is null for key share",
    [run.id, run.claim],
  );
  return rows.length === 1;
}

export async function writeProgress(
  tx: Tx,
  org: OrgId,
  id: JobId,
  counts: { done: number; failed: number; total: number | null },
): Promise<void> {
  await tx.query(
    "jobs.progress",
    `update platform.jobs set done = $3, failed = $4, total = $5
     where org_id = $1 and id = $2 and state in ('running', 'cancelling')`,
    [org, id, counts.done, counts.failed, counts.total],
  );
}

export async function countItems(tx: Tx, org: OrgId, id: JobId): Promise<{ done: number; failed: number }> {
  const [row] = await tx.query<{ done: number; failed: number }>(
    "jobs.count_items",
    `select count(*) filter (where done)::int as done, count(*) filter (where not done)::int as failed
     from platform.job_items where org_id = $1 and job_id = $2`,
    [org, id],
  );
  return row ?? { done: 0, failed: 0 };
}

/** Marks an item done (or failed, with why). False when it is done already. */
export async function markItem(
  tx: Tx,
  org: OrgId,
  id: JobId,
  item: string,
  errorCode: string | null,
): Promise<boolean> {
  const rows = await tx.query(
    "jobs.mark_item",
    `insert into platform.job_items as i (org_id, job_id, item, done, error_code)
     values ($1, $2, $3, $4::text is null, $4)
     on conflict (org_id, job_id, item) do update set done = excluded.done, error_code = excluded.error_code
       where not i.done
     returning item`,
    [org, id, item, errorCode],
  );
  return rows.length === 1;
}

export async function listDone(
  tx: Tx,
  org: OrgId,
  id: JobId,
  items: readonly string[],
): Promise<Set<string>> {
  const rows = await tx.query<{ item: string }>(
    "jobs.done_items",
    `select item from platform.job_items where org_id = $1 and job_id = $2 and item = any($3) and done`,
    [org, id, items],
  );
  return new Set(rows.map(({ item }) => item));
}

export async function findJob(tx: Tx, org: OrgId, id: JobId): Promise<JobRow | null> {
  const [row] = await tx.query<JobRow>(
    "jobs.find",
    `select ${JOB} from platform.jobs where org_id = $1 and id = $2`,
    [org, id],
  );
  return row ?? null;
}

/** Ended as cancelled at `now`, or being cancelled when null. The caller has locked its place in the queue. */
export async function markCancelled(tx: Tx, org: OrgId, id: JobId, now: Date | null): Promise<JobRow> {
  const [row] = await tx.query<JobRow>(
    "jobs.cancel",
    `update platform.jobs set state = case when $3::timestamptz is null then 'cancelling' else 'cancelled' end,
       finished_at = $3, dedupe_key = case when dedupe_until_end and $3 is not null then null else dedupe_key end
     where org_id = $1 and id = $2 returning ${JOB}`,
    [org, id, now],
  );
  return row as JobRow;
}

/** Makes a job wait again that left something undone; its failed items count as undone. Null when there is no such job. */
export async function reopenJob(tx: Tx, org: OrgId, id: JobId, now: Date): Promise<JobRow | null> {
  const [row] = await tx.query<JobRow>(
    "jobs.reopen",
    `with open as (
       update platform.jobs set state = 'queued', attempts = 0, lapses = 0, retries = retries + 1, failed = 0, due_at = $3,
         started_at = null, finished_at = null, error_code = null, error_detail = null
       where org_id = $1 and id = $2 and state in ('partial', 'failed', 'cancelled') returning ${JOB}
     ), undone as (
       delete from platform.job_items where org_id = $1 and job_id = $2 and not done and exists (select from open)
     )
     select ${JOB} from open`,
    [org, id, now],
  );
  return row ?? null;
}
