/** What operators see of the inbox. */
import type {
  WebhooksAttempts,
  WebhooksEndpoints,
  WebhooksEvents,
  WebhooksPayloads,
} from "../../../db/rows.ts";
import type { Narrowed, Tx } from "../../platform/db/index.ts";
import type { Id } from "../../platform/ids.ts";
import { Problem, common } from "../../platform/problem.ts";
import type { Effect, EventId, EventState, Origin } from "./event.ts";

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
  e.error_code, e.error_detail, e.effects`;
const FROM = "from webhooks.events e join webhooks.endpoints n on n.id = e.endpoint_id";

export type EventFilter = {
  state?: EventState | undefined;
  type?: string | undefined;
  source?: string | undefined;
  /** The event's object or its root. */
  objectId?: string | undefined;
  /** Inclusive. */
  receivedFrom?: Date | undefined;
  /** Exclusive. */
  receivedTo?: Date | undefined;
  limit: number;
  cursor: { at: Date; id: string } | null;
};

/** Newest first. */
export async function listEvents(
  tx: Tx,
  filter: EventFilter,
): Promise<{ rows: EventRow[]; hasMore: boolean }> {
  const { limit, cursor } = filter;
  const rows = await tx.query<EventRow>(
    `webhooks.list_${filter.objectId ? "object" : "all"}_${filter.state ? "state" : "any"}`,
    `select ${COLUMNS} ${FROM}
     where ${filter.objectId ? "(e.object_id = $4 or e.root = $4)" : "$4::text is null"}
       and ${filter.state ? "e.state = $1" : "$1::text is null"}
       and ($2::text is null or e.type = $2) and ($3::text is null or e.source = $3)
       and e.received_at >= coalesce($5::timestamptz, '-infinity') and e.received_at < coalesce($6::timestamptz, 'infinity')
       and (e.received_at, e.id) < (coalesce($7::timestamptz, 'infinity'), coalesce($8, ''))
     order by e.received_at desc, e.id desc limit $9`,
    [
      filter.state ?? null,
      filter.type ?? null,
      filter.source ?? null,
      filter.objectId ?? null,
      filter.receivedFrom ?? null,
      filter.receivedTo ?? null,
      cursor?.at ?? null,
      cursor?.id ?? null,
      limit + 1,
    ],
  );
  return { rows: rows.slice(0, limit), hasMore: rows.length > limit };
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
    `select replay, attempt, started_at, ms, outcome, error_code, error_detail from webhooks.attempts
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

/** The exact bytes as they were delivered. */
export async function getPayload(tx: Tx, id: EventId): Promise<Buffer> {
  const [row] = await tx.query<Pick<WebhooksPayloads, "body">>(
    "webhooks.payload",
    "select body from webhooks.payloads where event_id = $1",
    [id],
  );
  if (!row) throw new Problem(common.not_found);
  return row.body;
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
