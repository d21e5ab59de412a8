/**
 * SQL of the queue: the tenant-less directory of unfinished jobs. Claims of all processes follow one another, which is what
 * makes turns and bounds exact; each takes a few milliseconds and as many jobs as the process has room for.
 */
import type { Tx } from "../../db/index.ts";
import type { OrgId } from "../../ids.ts";
import type { JobId, Priority, JobState } from "../kind.ts";

/** Round which organizations a turn goes: all (0), or those with work of one priority. */
export type Lane = 0 | Priority;
export type Claimed = {
  id: JobId;
  org: OrgId;
  kind: string;
  priority: Priority;
  dueAt: Date;
  /** The trace of whoever enqueued it, which its own goes on. */
  traceparent: string | null;
};
type Pairs = { kinds: string[]; priorities: Priority[] };

export type Turns = { after: Map<Lane, string>; claims: number };

/** Where the turns stand. Locked: other claims wait. */
export async function lockTurns(tx: Tx): Promise<Turns> {
  const rows = await tx.query<{ lane: Lane; after_org: string; claims: bigint }>(
    "job_queue.turns",
    `with first as materialized (select from platform.job_turns where lane = 0 for update)
     select lane, after_org, claims from platform.job_turns, (select count(*) from first) f order by lane`,
  );
  return {
    after: new Map(rows.map((row) => [row.lane, row.after_org])),
    claims: Number(rows[0]?.claims ?? 0),
  };
}

export async function writeTurns(tx: Tx, turns: Turns): Promise<void> {
  await tx.query(
    "job_queue.turned",
    `update platform.job_turns t set after_org = moved.after_org, claims = $3
     from unnest($1::smallint[], $2::text[]) moved (lane, after_org) where t.lane = moved.lane`,
    [[...turns.after.keys()], [...turns.after.values()], turns.claims],
  );
}

export type Running = { kind: string; org: OrgId; running: number };

export async function countRunning(tx: Tx): Promise<Running[]> {
  return tx.query<Running>(
    "job_queue.running",
    `select kind, org_id as org, count(*)::int as running from platform.job_queue where state = 'running' group by 1, 2`,
  );
}

/** Which kinds wait at which priorities: one look into the index for each. */
export async function listWaiting(tx: Tx, kinds: readonly string[]): Promise<Pairs> {
  const rows = await tx.query<{ kind: string; priority: Priority }>(
    "job_queue.waiting",
    `select k.kind, p.priority from unnest($1::text[]) k (kind) cross join generate_series(1, 4) p (priority)
     where exists (select from platform.job_queue q where q.state = 'queued' and q.kind = k.kind and q.priority = p.priority)
     order by p.priority`,
    [kinds],
  );
  return { kinds: rows.map(({ kind }) => kind), priorities: rows.map(({ priority }) => priority) };
}

/** The next organization after another one, whatever the number of jobs of either: one look into the index per pair. */
const nextOrg = (after: string) => `
  select c.org_id from unnest($1::text[], $2::smallint[]) pair (kind, priority) cross join lateral (
    select q.org_id from platform.job_queue q
    where q.state = 'queued' and q.kind = pair.kind and q.priority = pair.priority and q.org_id > ${after}
    order by q.org_id limit 1) c
  order by c.org_id limit 1`;

const RING = `
  with recursive ring as (
    select first.org_id, 1 as place from (${nextOrg("$3::text")}) first
    union all
    select next.org_id, ring.place + 1 from ring cross join lateral (${nextOrg("ring.org_id")}) next
    where ring.place < $4::int
  )
  select ring.org_id as org, exists (select from platform.job_pauses p where p.org_id = ring.org_id) as paused
  from ring order by ring.place`;

export type Turn = { org: OrgId; paused: boolean };

/** Organizations with waiting work in the order of their turns, from after `after` round to it. */
export async function listRing(tx: Tx, pairs: Pairs, after: string, limit: number): Promise<Turn[]> {
  const ask = (from: string, most: number) =>
    tx.query<Turn>("job_queue.ring", RING, [pairs.kinds, pairs.priorities, from, most]);
  const behind = await ask(after, limit);
  if (behind.length >= limit || after === "") return behind;
  const before = await ask("", limit - behind.length);
  return [...behind, ...before.filter(({ org }) => org <= after)];
}

/** The first jobs of these organizations: at most `limit` each, the most urgent first, the oldest first among equals. */
export async function listFirst(
  tx: Tx,
  pairs: Pairs,
  orgs: readonly OrgId[],
  limit: number,
): Promise<Claimed[]> {
  return tx.query<Claimed>(
    "job_queue.first",
    `select o.org_id as org, j.job_id as id, j.kind, j.priority, j.due_at as "dueAt", j.traceparent
     from unnest($3::text[]) with ordinality o (org_id, place) cross join lateral (
       select q.job_id, q.kind, q.priority, q.due_at, q.traceparent
       from unnest($1::text[], $2::smallint[]) pair (kind, priority) cross join lateral (
         select w.job_id, w.kind, w.priority, w.due_at, w.traceparent from platform.job_queue w
         where w.state = 'queued' and w.kind = pair.kind and w.priority = pair.priority and w.org_id = o.org_id
         order by w.job_id limit $4::int) q
       order by q.priority, q.job_id limit $4::int) j
     order by o.place, j.priority, j.job_id`,
    [pairs.kinds, pairs.priorities, orgs, limit],
  );
}

/** Takes those that still wait; a job that was cancelled meanwhile is not among them. */
export async function takeJobs(
  tx: Tx,
  ids: readonly JobId[],
  claim: string,
  leaseUntil: Date,
): Promise<Set<JobId>> {
  const rows = await tx.query<{ job_id: JobId }>(
    "job_queue.take",
    `update platform.job_queue set state = 'running', claim = $2, lease_until = $3
     where job_id in (
       select job_id from platform.job_queue where job_id = any($1) and state = 'queued' for update skip locked)
     returning job_id`,
    [ids, claim, leaseUntil],
  );
  return new Set(rows.map(({ job_id }) => job_id));
}

const HELD_AT_ONCE = 1_000;

/** Puts a paused organization's waiting jobs aside, so that no turn comes by them. True when there may be more. */
export async function holdJobs(tx: Tx, org: OrgId, pairs: Pairs): Promise<boolean> {
  const rows = await tx.query(
    "job_queue.hold",
    `update platform.job_queue set state = 'held' where job_id in (
       select q.job_id from unnest($2::text[], $3::smallint[]) pair (kind, priority) cross join lateral (
         select w.job_id from platform.job_queue w
         where w.state = 'queued' and w.kind = pair.kind and w.priority = pair.priority and w.org_id = $1
         limit $4) q limit $4)
     returning job_id`,
    [org, pairs.kinds, pairs.priorities, HELD_AT_ONCE],
  );
  return rows.length === HELD_AT_ONCE;
}

/** Gives jobs of one organization that is paused no more back to the queue. How many; there may be more. */
export async function unholdJobs(tx: Tx): Promise<number> {
  // One look into the index per organization that has jobs aside, however many they are.
  const rows = await tx.query(
    "job_queue.unhold",
    `with recursive orgs as (
       (select org_id from platform.job_queue where state = 'held' order by org_id limit 1)
       union all
       select next.org_id from orgs cross join lateral (
         select q.org_id from platform.job_queue q where q.state = 'held' and q.org_id > orgs.org_id
         order by q.org_id limit 1) next
     ), resumed as (
       select org_id from orgs
       where not exists (select from platform.job_pauses p where p.org_id = orgs.org_id) limit 1)
     update platform.job_queue set state = 'queued' where job_id in (
       select job_id from platform.job_queue
       where state = 'held' and org_id = (select org_id from resumed) limit $1 for update skip locked)
     returning job_id`,
    [HELD_AT_ONCE],
  );
  return rows.length;
}

const PROMOTED_AT_ONCE = 1_000;

/** What is due may be claimed. How many. */
export async function promoteDue(tx: Tx, now: Date): Promise<number> {
  const rows = await tx.query(
    "job_queue.promote",
    `update platform.job_queue set state = 'queued' where job_id in (
       select job_id from platform.job_queue where state = 'scheduled' and due_at <= $1
       order by due_at limit $2 for update skip locked)
     returning job_id`,
    [now, PROMOTED_AT_ONCE],
  );
  return rows.length;
}

/** Renews the leases of a process; tells which of its jobs are to be cancelled, and which claims stand at all. */
export async function renewLeases(
  tx: Tx,
  claims: readonly string[],
  leaseUntil: Date,
): Promise<{ id: JobId; claim: string; cancel: boolean }[]> {
  return tx.query(
    "job_queue.renew",
    `update platform.job_queue set lease_until = $2 where state = 'running' and claim = any($1)
     returning job_id as id, claim, cancel_asked_at is not null as cancel`,
    [claims, leaseUntil],
  );
}

/** The same look without renewing. */
export async function listClaims(
  tx: Tx,
  claims: readonly string[],
): Promise<{ id: JobId; claim: string; cancel: boolean }[]> {
  return tx.query(
    "job_queue.claims",
    `select job_id as id, claim, cancel_asked_at is not null as cancel from platform.job_queue
     where state = 'running' and claim = any($1)`,
    [claims],
  );
}

export type Lapsed = { id: JobId; org: OrgId; kind: string; claim: string; cancel: boolean };

/** Jobs whose process died, and jobs that were to be cancelled and have not ended by `cancelledBefore`. */
export async function listLapsed(tx: Tx, now: Date, cancelledBefore: Date): Promise<Lapsed[]> {
  return tx.query<Lapsed>(
    "job_queue.lapsed",
    `select job_id as id, org_id as org, kind, claim, cancel_asked_at is not null as cancel from platform.job_queue
     where state = 'running' and (lease_until <= $1 or cancel_asked_at <= $2) order by job_id limit 100`,
    [now, cancelledBefore],
  );
}

/** Locks a lapsed claim for its taking over. False when it is renewed, ended or being written under. */
export async function lockLapsed(tx: Tx, lapsed: Lapsed, now: Date, cancelledBefore: Date): Promise<boolean> {
  const rows = await tx.query(
    "job_queue.lock_lapsed",
    `select from platform.job_queue where job_id = $1 and claim = $2 and (lease_until <= $3 or cancel_asked_at <= $4)
     for update skip locked`,
    [lapsed.id, lapsed.claim, now, cancelledBefore],
  );
  return rows.length === 1;
}

export async function pauseOrg(tx: Tx, org: OrgId): Promise<void> {
  await tx.query(
    "job_queue.pause",
    "insert into platform.job_pauses (org_id) values ($1) on conflict do nothing",
    [org],
  );
}

export async function resumeOrg(tx: Tx, org: OrgId): Promise<void> {
  await tx.query("job_queue.resume", "delete from platform.job_pauses where org_id = $1", [org]);
}

/** The job's place in the queue, locked; null when it has ended. */
export async function lockPlace(tx: Tx, id: JobId): Promise<{ running: boolean } | null> {
  const [row] = await tx.query<{ running: boolean }>(
    "job_queue.lock",
    "select state = 'running' as running from platform.job_queue where job_id = $1 for update",
    [id],
  );
  return row ?? null;
}

export async function askCancel(tx: Tx, id: JobId, now: Date): Promise<void> {
  await tx.query(
    "job_queue.cancel",
    "update platform.job_queue set cancel_asked_at = coalesce(cancel_asked_at, $2) where job_id = $1",
    [id, now],
  );
}

export async function leaveQueue(tx: Tx, id: JobId): Promise<void> {
  await tx.query("job_queue.leave", "delete from platform.job_queue where job_id = $1", [id]);
}

export async function enterQueue(
  tx: Tx,
  org: OrgId,
  job: { id: JobId; kind: string; priority: Priority; dueAt: Date },
): Promise<void> {
  await tx.query(
    "job_queue.enter",
    `insert into platform.job_queue (job_id, org_id, kind, priority, state, due_at) values ($1, $2, $3, $4, 'queued', $5)`,
    [job.id, org, job.kind, job.priority, job.dueAt],
  );
}

/** Jobs that could run now, and since when the oldest of them is due. */
export async function findOldest(
  tx: Tx,
  now: Date,
): Promise<{ waiting: number; oldest_due_at: Date | null }> {
  const [row] = await tx.query<{ waiting: number; oldest_due_at: Date | null }>(
    "job_queue.oldest",
    `select count(*)::int as waiting, min(due_at) as oldest_due_at from platform.job_queue
     where state = 'queued' or (state = 'scheduled' and due_at <= $1)`,
    [now],
  );
  return row ?? { waiting: 0, oldest_due_at: null };
}

export type QueueCount = { kind: string; state: JobState; count: number };

/** Unfinished jobs by kind and state, over all organizations. */
export async function countQueue(tx: Tx, now: Date): Promise<QueueCount[]> {
  return tx.query<QueueCount>(
    "job_queue.count",
    `select kind, case when state = 'held' or (state = 'scheduled' and due_at <= $1) then 'queued' else state end as state,
       count(*)::int as count
     from platform.job_queue group by 1, 2`,
    [now],
  );
}
