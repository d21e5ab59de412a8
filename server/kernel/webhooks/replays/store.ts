/** SQL of replays. */
import type { Tx } from "../../../platform/db/index.ts";
import type { EventId, InboxEvent } from "../events/event.ts";
import { conditionsOf, type EventFilter } from "../events/filter.ts";
import type { Diff, Progress, ReplayDetail, ReplayId, ReplayRow, ReplayView } from "./replay.ts";

type Found = Omit<InboxEvent, "body"> & { body: Buffer | null; sealed: boolean | null; isCopy: boolean };

/** One event as its handler would get it. */
export async function findEvent(tx: Tx, id: EventId): Promise<Found | null> {
  const [row] = await tx.query<Found>(
    "webhooks.rehearsed",
    `select e.id, e.source, e.endpoint_id as "endpointId", n.account_id as "accountId", n.mode,
       e.provider_event_id as "providerEventId", e.type, e.root, e.object_id as "objectId",
       e.provider_created_at as "createdAt", e.received_at as "receivedAt", p.body, p.sealed,
       coalesce(e.error_code = 'copy', false) as "isCopy"
     from webhooks.events e join webhooks.endpoints n on n.id = e.endpoint_id
     left join webhooks.payloads p on p.event_id = e.id where e.id = $1`,
    [id],
  );
  return row ?? null;
}

const FINISHED = "e.state in ('dead', 'processed', 'ignored')";

/** Puts finished events back into the queue, those whose bytes are there; returns their ids. */
export async function requeue(tx: Tx, ids: readonly string[], runId: string, now: Date): Promise<EventId[]> {
  const rows = await tx.query<{ id: EventId }>(
    "webhooks.requeue",
    `update webhooks.events e set state = 'received', attempts = 0, replays = e.replays + 1, run_id = $2, queued_at = $3,
       next_attempt_at = $3, finished_at = null, error_code = null, error_detail = null
     where e.id in (select id from webhooks.events where id = any($1) order by id for update)
       and ${FINISHED} and exists (select 1 from webhooks.payloads p where p.event_id = e.id)
     returning e.id`,
    [ids, runId, now],
  );
  return rows.map(({ id }) => id);
}

/** Writes the replay and its snapshot, the oldest events first; how many there are. */
export async function insertReplay(
  tx: Tx,
  replay: { id: ReplayId; operationId: string; filter: Record<string, string>; actorId: string; now: Date },
  events: EventFilter,
  limit: number,
): Promise<number> {
  await tx.query(
    "webhooks.replay_insert",
    `insert into webhooks.replays (id, operation_id, filter, state, total, has_more, samples, created_by, created_at)
     values ($1, $2, $3, 'preparing', 0, false, '[]', $4, $5)`,
    [replay.id, replay.operationId, JSON.stringify(replay.filter), replay.actorId, replay.now],
  );
  const found = conditionsOf(events);
  const source = events.source ? ` and e.source = ${found.add(events.source)}` : "";
  const [id, most] = [found.add(replay.id), found.add(limit)];
  const [row] = await tx.query<{ total: number }>(
    `webhooks.replay_items.${found.shape}.${events.source ? "source" : ""}`,
    `with chosen as (
       select e.id, row_number() over (order by e.received_at, e.id) as position
       from webhooks.events e join webhooks.payloads p on p.event_id = e.id
       where ${found.where}${source} and ${FINISHED} order by e.received_at, e.id limit ${most}::int + 1
     ), added as (
       insert into webhooks.replay_items (replay_id, event_id, position)
       select ${id}, id, position from chosen where position <= ${most}::int
     )
     update webhooks.replays set total = least(${most}::int, (select count(*) from chosen)),
       has_more = (select count(*) from chosen) > ${most}::int
     where id = ${id} returning total`,
    found.values,
  );
  return row?.total ?? 0;
}

/** Evenly spread over the snapshot. */
export async function listSampled(tx: Tx, id: ReplayId, count: number): Promise<EventId[]> {
  const rows = await tx.query<{ event_id: EventId }>(
    "webhooks.replay_sampled",
    `select i.event_id from webhooks.replay_items i join webhooks.replays r on r.id = i.replay_id
     where i.replay_id = $1 and (i.position - 1) % greatest(1, ceil(r.total / $2::numeric)::int) = 0
     order by i.position limit $2`,
    [id, count],
  );
  return rows.map(({ event_id: event }) => event);
}

export async function saveSamples(tx: Tx, id: ReplayId, samples: readonly Diff[]): Promise<void> {
  await tx.query(
    "webhooks.replay_ready",
    "update webhooks.replays set samples = $2, state = 'ready' where id = $1 and state = 'preparing'",
    [id, JSON.stringify(samples)],
  );
}

const ROW =
  "r.id, r.filter, r.state, r.total, r.has_more, r.created_by, r.created_at, r.started_at, r.finished_at";
const COUNTS = `(select jsonb_build_object(${[
  "waiting",
  "queued",
  "changed",
  "unchanged",
  "failed",
  "cancelled",
]
  .map((state) => `'${state}', count(*) filter (where i.state = '${state}')`)
  .join(", ")}) from webhooks.replay_items i where i.replay_id = r.id) as progress`;

export async function findReplay(
  tx: Tx,
  by: { id: ReplayId } | { operationId: string },
): Promise<ReplayDetail | null> {
  const [column, value] = "id" in by ? ["id", by.id] : ["operation_id", by.operationId];
  const [row] = await tx.query<ReplayDetail>(
    `webhooks.replay_by_${column}`,
    `select ${ROW}, r.samples, ${COUNTS} from webhooks.replays r where r.${column} = $1`,
    [value],
  );
  return row ?? null;
}

/** Newest first. */
export function listReplays(
  tx: Tx,
  page: { limit: number; cursor: { at: Date; id: string } | null },
): Promise<ReplayView[]> {
  return tx.query(
    "webhooks.replays",
    `select ${ROW}, ${COUNTS} from webhooks.replays r
     where (r.created_at, r.id) < (coalesce($1::timestamptz, 'infinity'), coalesce($2, ''))
     order by r.created_at desc, r.id desc limit $3`,
    [page.cursor?.at ?? null, page.cursor?.id ?? null, page.limit + 1],
  );
}

/** False when it is not ready, or not any more. */
export async function startReplay(tx: Tx, id: ReplayId, now: Date): Promise<boolean> {
  const rows = await tx.query(
    "webhooks.replay_start",
    `update webhooks.replays set state = 'running', started_at = $2, next_batch_at = $2
     where id = $1 and state = 'ready' returning id`,
    [id, now],
  );
  return rows.length === 1;
}

/** What is queued by then ends as it does; the rest stays. False when it is over. */
export async function cancelReplay(tx: Tx, id: ReplayId, now: Date): Promise<boolean> {
  const rows = await tx.query(
    "webhooks.replay_cancel",
    `update webhooks.replays set state = 'cancelled', finished_at = $2, next_batch_at = null
     where id = $1 and state in ('preparing', 'ready', 'running') returning id`,
    [id, now],
  );
  if (rows.length === 0) return false;
  await tx.query(
    "webhooks.replay_cancel_items",
    "update webhooks.replay_items set state = 'cancelled' where replay_id = $1 and state = 'waiting'",
    [id],
  );
  return true;
}

/** A running replay whose next batch is due, locked; null when there is none. */
export async function lockDueReplay(tx: Tx, now: Date): Promise<Pick<ReplayRow, "id" | "total"> | null> {
  const [row] = await tx.query<Pick<ReplayRow, "id" | "total">>(
    "webhooks.replay_due",
    `select id, total from webhooks.replays where state = 'running' and next_batch_at <= $1
     order by next_batch_at limit 1 for update skip locked`,
    [now],
  );
  return row ?? null;
}

export async function listWaiting(tx: Tx, id: ReplayId, limit: number): Promise<string[]> {
  const rows = await tx.query<{ event_id: string }>(
    "webhooks.replay_waiting",
    "select event_id from webhooks.replay_items where replay_id = $1 and state = 'waiting' order by position limit $2",
    [id, limit],
  );
  return rows.map(({ event_id: event }) => event);
}

/** Those that could not be queued have failed: they are open again, or their bytes are gone. */
export async function markQueued(
  tx: Tx,
  id: ReplayId,
  taken: readonly string[],
  queued: readonly string[],
): Promise<void> {
  await tx.query(
    "webhooks.replay_queued",
    `update webhooks.replay_items i set state = case when i.event_id = any($3) then 'queued' else 'failed' end,
       error_code = case when i.event_id = any($3) then null
         when exists (select 1 from webhooks.payloads p where p.event_id = i.event_id) then 'event_open'
         else 'payload_purged' end
     where replay_id = $1 and event_id = any($2)`,
    [id, taken, queued],
  );
}

/** Sets when the next batch is due, or ends the replay when nothing is left. */
export async function advanceReplay(tx: Tx, id: ReplayId, next: Date, now: Date): Promise<Progress> {
  const [row] = await tx.query<{ progress: Progress }>(
    "webhooks.replay_advance",
    `with open as (
       select exists (select 1 from webhooks.replay_items where replay_id = $1 and state in ('waiting', 'queued')) as left
     )
     update webhooks.replays r set next_batch_at = case when o.left then $2::timestamptz end,
       state = case when o.left then 'running' else 'done' end,
       finished_at = case when o.left then null else $3::timestamptz end
     from open o where r.id = $1 returning ${COUNTS}`,
    [id, next, now],
  );
  if (!row) throw new Error("assertion failed: the replay is there");
  return row.progress;
}
