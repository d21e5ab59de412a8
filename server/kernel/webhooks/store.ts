/** SQL of the queue: claim, finish, give back. Every write names the claim, so that a lapsed lease changes nothing. */
import type { Tx } from "../../platform/db/index.ts";
import type { Effect, EventState, InboxEvent } from "./events/event.ts";

export type Claimed = InboxEvent & {
  /** The body is still as it is stored. */
  sealed: boolean;
  attempts: number;
  replays: number;
  queuedAt: Date;
  maxAttempts: number;
  /** Another endpoint of the account has brought the same event. */
  isCopy: boolean;
};

/** How one attempt ended. */
export type Outcome = {
  event: Claimed;
  state: EventState;
  /** Counted attempts from now on. */
  attempts: number;
  nextAttemptAt: Date;
  orgId: string | null;
  errorCode: string | null;
  errorDetail: string | null;
  effects: Effect[];
  ms: number;
};

/** Any number; it names "one claim at a time" across all processes. */
const CLAIM_LOCK = 4_815_162_342;

const CLAIM = `
  with next as (
    select id from webhooks.events e
    where state in ('received', 'waiting_retry') and next_attempt_at <= $1
      and not exists (select 1 from webhooks.events r where r.root = e.root and r.state = 'processing')
    order by next_attempt_at, id limit $2
    for update skip locked
  ), claimed as (
    update webhooks.events e set state = 'processing', claim = $3, lease_until = $4
    from next where e.id = next.id
    returning e.*
  )
  select c.id, c.source, c.endpoint_id as "endpointId", n.account_id as "accountId", n.mode,
    c.provider_event_id as "providerEventId", c.type, c.root, c.object_id as "objectId",
    c.provider_created_at as "createdAt", c.received_at as "receivedAt", c.queued_at as "queuedAt", c.attempts, c.replays,
    n.max_attempts as "maxAttempts", p.body, p.sealed, exists (
      select 1 from webhooks.endpoints m join webhooks.events o on o.source = m.source and o.endpoint_id = m.id
        and o.provider_event_id = c.provider_event_id
      where m.source = n.source and m.account_id = n.account_id and m.mode = n.mode and m.id <> n.id
        and o.error_code is distinct from 'copy' and (o.finished_at is not null or o.id < c.id)) as "isCopy"
  from claimed c join webhooks.endpoints n on n.id = c.endpoint_id join webhooks.payloads p on p.event_id = c.id
  order by c.provider_created_at, c.id`;

/**
 * Takes up to `limit` events that are due, oldest first. All of one root's due events may come in one claim, in order; a
 * root that is being processed elsewhere is left alone, so of two copies one is seen to be first. Losing this commit in a crash loses only the claim, so it does
 * not wait for the disk.
 */
export async function claimEvents(
  tx: Tx,
  claim: { id: string; now: Date; leaseUntil: Date; limit: number },
): Promise<Claimed[]> {
  await tx.query(
    "webhooks.claim_lock",
    `select pg_advisory_xact_lock(${CLAIM_LOCK}), set_config('synchronous_commit', 'off', true)`,
  );
  return tx.query<Claimed>("webhooks.claim", CLAIM, [claim.now, claim.limit, claim.id, claim.leaseUntil]);
}

export async function renewLease(tx: Tx, claim: string, leaseUntil: Date): Promise<void> {
  await tx.query(
    "webhooks.renew",
    "update webhooks.events set lease_until = $2 where state = 'processing' and claim = $1",
    [claim, leaseUntil],
  );
}

/** Gives back what this claim still holds, uncounted. */
export async function releaseClaim(tx: Tx, claim: string): Promise<void> {
  await tx.query(
    "webhooks.release",
    `update webhooks.events set state = 'waiting_retry', claim = null, lease_until = null
     where state = 'processing' and claim = $1`,
    [claim],
  );
}

const FINISH = `
  with ended as (
    update webhooks.events e set state = o.state, attempts = o.attempts, next_attempt_at = o.next_attempt_at,
      org_id = coalesce(o.org_id, e.org_id), error_code = o.error_code, error_detail = o.error_detail,
      effects = case when o.effects = '[]' then e.effects else o.effects end, claim = null, lease_until = null,
      finished_at = case when o.state = 'waiting_retry' then null else $2::timestamptz end
    from unnest($3::text[], $4::text[], $5::smallint[], $6::timestamptz[], $7::text[], $8::text[], $9::text[], $10::jsonb[])
      as o (id, state, attempts, next_attempt_at, org_id, error_code, error_detail, effects)
    where e.id = o.id and e.state = 'processing' and e.claim = $1
    returning e.id, e.replays, e.run_id, e.attempts, e.state, e.error_code, e.error_detail, o.effects <> '[]' as changed
  ), replayed as (
    update webhooks.replay_items i set error_code = d.error_code,
      state = case when d.state = 'dead' then 'failed' when d.changed then 'changed' else 'unchanged' end
    from ended d where i.replay_id = d.run_id and i.event_id = d.id and d.state <> 'waiting_retry'
  ), noted as (
    insert into webhooks.attempts (event_id, replay, run_id, attempt, started_at, ms, outcome, error_code, error_detail)
    select d.id, d.replays, d.run_id, d.attempts, $2::timestamptz - m.ms * interval '1 millisecond', m.ms, d.state,
      d.error_code, d.error_detail
    from ended d join unnest($3::text[], $11::int[]) as m (id, ms) on m.id = d.id
  )
  select count(*)::int as ended from ended`;

/** Writes how the attempts ended. False when the claim had lapsed for any of them: the caller must roll back. */
export async function finishEvents(
  tx: Tx,
  claim: string,
  outcomes: readonly Outcome[],
  now: Date,
): Promise<boolean> {
  const column = <T>(read: (outcome: Outcome) => T) => outcomes.map(read);
  const [row] = await tx.query<{ ended: number }>("webhooks.finish", FINISH, [
    claim,
    now,
    column(({ event }) => event.id),
    column(({ state }) => state),
    column(({ attempts }) => attempts),
    column(({ nextAttemptAt }) => nextAttemptAt.toISOString()),
    column(({ orgId }) => orgId),
    column(({ errorCode }) => errorCode),
    column(({ errorDetail }) => errorDetail),
    column(({ effects }) => JSON.stringify(effects)),
    column(({ ms }) => Math.round(ms)),
  ]);
  return row?.ended === outcomes.length;
}

const LAPSED = `
  with lapsed as (
    select e.id, e.attempts + 1 as attempts, e.attempts + 1 >= n.max_attempts as spent
    from webhooks.events e join webhooks.endpoints n on n.id = e.endpoint_id
    where e.state = 'processing' and e.lease_until < $1
    order by e.id limit 1000 for update of e skip locked
  ), ended as (
    update webhooks.events e set state = case when spent then 'dead' else 'waiting_retry' end,
      attempts = lapsed.attempts, next_attempt_at = $1, claim = null, lease_until = null, error_code = 'lease_lost',
      error_detail = 'The process that worked on it ended', finished_at = case when spent then $1::timestamptz end
    from lapsed where e.id = lapsed.id
    returning e.id, e.replays, e.run_id, e.attempts, e.state
  ), replayed as (
    update webhooks.replay_items i set state = 'failed', error_code = 'lease_lost'
    from ended d where i.replay_id = d.run_id and i.event_id = d.id and d.state = 'dead'
  ), noted as (
    insert into webhooks.attempts (event_id, replay, run_id, attempt, started_at, ms, outcome, error_code)
    select id, replays, run_id, attempts, $1, 0, state, 'lease_lost' from ended
  )
  select count(*)::int as lapsed from ended`;

/** Events whose process died go back to the queue; that counts as an attempt. */
export async function sweepLeases(tx: Tx, now: Date): Promise<number> {
  const [row] = await tx.query<{ lapsed: number }>("webhooks.lapsed", LAPSED, [now]);
  return row?.lapsed ?? 0;
}

/** Deletes the bytes of events that ended before `before` and are not dead, at most `limit`; how many. */
export async function deletePayloads(tx: Tx, before: Date, limit: number): Promise<number> {
  const rows = await tx.query(
    "webhooks.payloads_purge",
    `delete from webhooks.payloads where event_id in (
       select p.event_id from webhooks.payloads p join webhooks.events e on e.id = p.event_id
       where e.state in ('processed', 'ignored') and e.finished_at < $1 and e.received_at < $1
       order by e.received_at limit $2 for update of e skip locked)
     returning 1`,
    [before, limit],
  );
  return rows.length;
}

export function listPlainPayloads(tx: Tx, limit: number): Promise<{ event_id: string; body: Buffer }[]> {
  return tx.query(
    "webhooks.payloads_plain",
    "select event_id, body from webhooks.payloads where not sealed order by event_id limit $1 for update skip locked",
    [limit],
  );
}

export async function writeSealed(tx: Tx, eventId: string, body: Buffer): Promise<void> {
  await tx.query(
    "webhooks.payload_seal",
    "update webhooks.payloads set body = $2, sealed = true where event_id = $1",
    [eventId, body],
  );
}

/** An event that was read from the company's list has now been delivered as well. */
export async function noteDelivered(
  tx: Tx,
  event: { source: string; endpointId: string; providerEventId: string; receivedAt: Date },
): Promise<void> {
  await tx.query(
    "webhooks.delivered",
    `update webhooks.events set delivered_at = $4
     where source = $1 and endpoint_id = $2 and provider_event_id = $3 and origin = 'backfill' and delivered_at is null`,
    [event.source, event.endpointId, event.providerEventId, event.receivedAt],
  );
}
