/** What operators see of the inbox. */
import type { WebhooksAttempts, WebhooksEndpoints, WebhooksEvents } from "../../../../db/rows.ts";
import type { Narrowed, Tx } from "../../../platform/db/index.ts";
import type { Id } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import type { Effect, EventId, EventState, Origin } from "./event.ts";
import { conditionsOf, type EventFilter } from "./filter.ts";
import { webhookProblems } from "../problems.ts";
import type { StoredBody } from "./payload.ts";

export type EventRow = Narrowed<
  Omit<WebhooksEvents, "queued_at" | "claim" | "lease_until">,
  {
    id: EventId;
    endpoint_id: Id<"whe">;
    org_id: Id<"org"> | null;
    origin: Origin;
    state: EventState;
    effects: Effect[];
  }
> &
  Pick<WebhooksEndpoints, "max_attempts">;

const COLUMNS = `e.id, e.source, e.endpoint_id, e.provider_event_id, e.type, e.root, e.object_id, e.org_id, e.origin,
  e.state, e.attempts, n.max_attempts, e.replays, e.provider_created_at, e.received_at, e.next_attempt_at, e.finished_at,
  e.error_code, e.error_detail, e.effects, e.run_id`;
const FROM = "from webhooks.events e join webhooks.endpoints n on n.id = e.endpoint_id";

const RARE: ReadonlySet<EventState> = new Set(["dead", "waiting_retry", "processing", "ignored"]);

/** Newest first. */
export async function listEvents(
  tx: Tx,
  filter: EventFilter,
  page: { limit: number; cursor: { at: Date; id: string } | null },
): Promise<{ rows: EventRow[]; hasMore: boolean }> {
  const found = conditionsOf(filter, page.cursor);
  const limit = found.add(page.limit + 1);
  // By the index of types, however many others came since; a state that few events have has an index of its own.
  const byType = filter.type !== undefined && (filter.state === undefined || !RARE.has(filter.state));
  const order = `order by ${byType ? "e.type, " : ""}e.received_at desc, e.id desc limit ${limit}`;
  // A company's events are merged from those of its endpoints, each read by the index, newest first; a type is of one company.
  const source = filter.source === undefined ? "" : `n.source = ${found.add(filter.source)}`;
  const from =
    source && !byType
      ? `from webhooks.endpoints n cross join lateral
         (select * from webhooks.events e where e.endpoint_id = n.id and ${found.where} ${order}) e
       where ${source}`
      : `${FROM} where ${found.where} ${source && `and ${source}`}`;
  const rows = await tx.query<EventRow>(
    `webhooks.list.${found.shape}.${filter.source ? "source" : ""}`,
    `select ${COLUMNS} ${from} ${order}`,
    found.values,
  );
  return { rows: rows.slice(0, page.limit), hasMore: rows.length > page.limit };
}

export type AttemptRow = Omit<WebhooksAttempts, "id" | "event_id">;
export type TimelineRow = Pick<EventRow, "id" | "type" | "state" | "provider_created_at" | "received_at">;
export type EventDetail = EventRow & { attempts_log: AttemptRow[]; timeline: TimelineRow[] };

/** One event with its last 200 attempts and the last 200 events of its root, oldest first. 404 if unknown. */
export async function getEvent(tx: Tx, id: EventId): Promise<EventDetail> {
  const [event] = await tx.query<EventRow>("webhooks.get", `select ${COLUMNS} ${FROM} where e.id = $1`, [id]);
  if (!event) throw new Problem(common.not_found);
  const attempts = await tx.query<AttemptRow>(
    "webhooks.attempts",
    `select replay, run_id, attempt, started_at, ms, outcome, error_code, error_detail from webhooks.attempts
     where event_id = $1 order by id desc limit 200`,
    [id],
  );
  const timeline = await tx.query<TimelineRow>(
    "webhooks.timeline",
    `select id, type, state, provider_created_at, received_at from webhooks.events
     where root = $1 order by provider_created_at desc, id desc limit 200`,
    [event.root],
  );
  return { ...event, attempts_log: attempts.reverse(), timeline: timeline.reverse() };
}

/** The bytes as they are stored. 404 for an unknown event, 410 for one whose bytes were purged. */
export async function getStoredBody(tx: Tx, id: EventId): Promise<StoredBody> {
  const [row] = await tx.query<{ body: Buffer | null; sealed: boolean | null }>(
    "webhooks.payload",
    `select p.body, p.sealed from webhooks.events e left join webhooks.payloads p on p.event_id = e.id where e.id = $1`,
    [id],
  );
  if (!row) throw new Problem(common.not_found);
  if (row.body === null) throw new Problem(webhookProblems.payload_purged);
  return { body: row.body, sealed: row.sealed === true };
}

export type DeadLetterRow = Pick<WebhooksEvents, "type" | "error_code"> & {
  count: number;
  oldest_at: Date;
  sample_event_id: EventId;
};

/** Dead events by type and error, the most frequent first; at most 100 groups. */
export function listDeadLetters(tx: Tx): Promise<DeadLetterRow[]> {
  return tx.query(
    "webhooks.dead_letters",
    `select type, error_code, count(*)::int as count, min(received_at) as oldest_at,
       (array_agg(id order by received_at desc))[1] as sample_event_id
     from webhooks.events where state = 'dead' group by type, error_code order by count desc, type limit 100`,
  );
}

export type EventCounts = {
  received: number;
  waiting_retry: number;
  processing: number;
  dead: number;
  /** This and the next: of those received in the last 24 hours. */
  processed: number;
  ignored: number;
  oldest_seconds: number;
};

/** Unfinished and dead events exactly, finished ones of a day: the whole history is never counted. */
export async function countEvents(tx: Tx, now: Date): Promise<EventCounts> {
  const [row] = await tx.query<EventCounts>(
    "webhooks.counts",
    `with waiting as (
       select state, received_at from webhooks.events where state in ('received', 'waiting_retry')
     ), day as (
       select state from webhooks.events where received_at > $1::timestamptz - interval '24 hours'
         and state in ('processed', 'ignored')
     )
     select (select count(*)::int from waiting where state = 'received') as received,
       (select count(*)::int from waiting where state = 'waiting_retry') as waiting_retry,
       (select count(*)::int from webhooks.events where state = 'processing') as processing,
       (select count(*)::int from webhooks.events where state = 'dead') as dead,
       (select count(*)::int from day where state = 'processed') as processed,
       (select count(*)::int from day where state = 'ignored') as ignored,
       coalesce((select greatest(0, extract(epoch from $1::timestamptz - min(received_at)))::int from waiting), 0)
         as oldest_seconds`,
    [now],
  );
  if (!row) throw new Error("assertion failed: counts are one row");
  return row;
}

/** An hour of the inbox. Waits are those of events that came in it: until they were finished, or until now. */
export type InboxHour = {
  hour: Date;
  received: number;
  dead: number;
  median_wait_ms: number | null;
  longest_wait_ms: number | null;
};

/** The last hours up to now, oldest first, the running one last; silent hours too. An event that is replayed counts from its replay. */
export function readHours(tx: Tx, now: Date, hours: number): Promise<InboxHour[]> {
  return tx.query(
    "webhooks.hours",
    `with hours as (
       select generate_series(date_trunc('hour', $1::timestamptz, 'UTC') - make_interval(hours => $2 - 1),
         $1::timestamptz, interval '1 hour') as hour
     ), events as (
       select date_trunc('hour', received_at, 'UTC') as hour, state,
         greatest(0, extract(epoch from coalesce(finished_at, $1::timestamptz) - greatest(received_at, queued_at)) * 1000) as wait
       from webhooks.events
       where received_at >= date_trunc('hour', $1::timestamptz, 'UTC') - make_interval(hours => $2 - 1)
         and received_at <= $1::timestamptz
     )
     select h.hour, count(e.state)::int as received, (count(*) filter (where e.state = 'dead'))::int as dead,
       round(percentile_cont(0.5) within group (order by e.wait))::float8 as median_wait_ms,
       round(max(e.wait))::float8 as longest_wait_ms
     from hours h left join events e on e.hour = h.hour
     group by h.hour order by h.hour`,
    [now, hours],
  );
}
