/** SQL of messages and attempts as they are shown, sent anew and forgotten. */
import type { PaymentsOutboundMessages } from "../../../../../db/rows.ts";
import type { Narrowed, Tx } from "../../../../platform/db/index.ts";
import type { OrgId } from "../../../../platform/ids.ts";
import type { Attempt, EndpointId, Message, MessageId, MessageState, Mode } from "../endpoints/endpoint.ts";

type Row = Narrowed<
  PaymentsOutboundMessages,
  { org_id: OrgId; id: MessageId; endpoint_id: EndpointId; state: MessageState }
>;

const COLUMNS = `m.org_id, m.id, m.endpoint_id, m.event_id, m.type, m.object_id, m.object_version, m.body, m.state, m.attempts,
  m.tries, m.due_at, m.last_status, m.created_at, m.finished_at`;

const messageOf = (row: Row): Message => ({
  orgId: row.org_id,
  id: row.id,
  endpointId: row.endpoint_id,
  eventId: row.event_id,
  type: row.type,
  objectId: row.object_id,
  objectVersion: row.object_version,
  body: row.body,
  state: row.state,
  attempts: row.attempts,
  tries: row.tries,
  dueAt: row.due_at,
  lastStatus: row.last_status,
  createdAt: row.created_at,
  finishedAt: row.finished_at,
});

/** The object's next version; its row is locked until commit, so that versions become visible in their order. */
export async function nextVersion(tx: Tx, org: OrgId, objectId: string): Promise<bigint> {
  const [row] = await tx.query<{ version: bigint }>(
    "payments.next_version",
    `insert into payments.outbound_objects (org_id, object_id, version) values ($1, $2, 1)
     on conflict (org_id, object_id) do update set version = outbound_objects.version + 1 returning version`,
    [org, objectId],
  );
  return row?.version ?? 1n;
}

export async function insertMessage(tx: Tx, row: Message): Promise<void> {
  await tx.query(
    "payments.insert_message",
    `insert into payments.outbound_messages (org_id, id, endpoint_id, event_id, type, object_id, object_version, body,
       state, due_at, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, 'pending', $9, $10)`,
    [
      row.orgId,
      row.id,
      row.endpointId,
      row.eventId,
      row.type,
      row.objectId,
      row.objectVersion,
      row.body,
      row.dueAt,
      row.createdAt,
    ],
  );
}

export type MessageFilter = {
  endpointId: EndpointId | null;
  state: MessageState | null;
  type: string | null;
};

/** Newest first, of endpoints of one mode. */
export async function listMessages(
  tx: Tx,
  org: OrgId,
  mode: Mode,
  filter: MessageFilter,
  page: { limit: number; after: { at: Date; id: string } | null },
): Promise<Message[]> {
  const rows = await tx.query<Row>(
    "payments.list_messages",
    `select ${COLUMNS} from payments.outbound_messages m
     join payments.outbound_endpoints e on e.org_id = m.org_id and e.id = m.endpoint_id and e.mode = $2
     where m.org_id = $1 and ($3::text is null or m.endpoint_id = $3) and ($4::text is null or m.state = $4)
       and ($5::text is null or m.type = $5)
       and ($6::timestamptz is null or (m.created_at, m.id) < ($6, $7))
     order by m.created_at desc, m.id desc limit $8`,
    [
      org,
      mode,
      filter.endpointId,
      filter.state,
      filter.type,
      page.after?.at ?? null,
      page.after?.id ?? null,
      page.limit,
    ],
  );
  return rows.map(messageOf);
}

/** Locked, when `lock` says so. */
export async function findMessage(
  tx: Tx,
  org: OrgId,
  mode: Mode,
  id: MessageId,
  lock = false,
): Promise<Message | null> {
  const [row] = await tx.query<Row>(
    lock ? "payments.lock_message" : "payments.find_message",
    `select ${COLUMNS} from payments.outbound_messages m
     join payments.outbound_endpoints e on e.org_id = m.org_id and e.id = m.endpoint_id and e.mode = $2
     where m.org_id = $1 and m.id = $3 ${lock ? "for update of m" : ""}`,
    [org, mode, id],
  );
  return row ? messageOf(row) : null;
}

export async function listAttempts(tx: Tx, org: OrgId, id: MessageId): Promise<Attempt[]> {
  type AttemptRow = Omit<Attempt, "startedAt"> & { started_at: Date };
  const rows = await tx.query<AttemptRow>(
    "payments.list_attempts",
    `select number, started_at, ms, status, error, answer from payments.outbound_attempts
     where org_id = $1 and message_id = $2 order by number desc limit 100`,
    [org, id],
  );
  return rows.map(({ started_at, ...row }) => ({ ...row, startedAt: started_at }));
}

/** Puts finished messages of an endpoint back into the queue, from their first attempt on. Returns how many. */
export async function requeue(
  tx: Tx,
  org: OrgId,
  endpointId: EndpointId,
  which: { id: MessageId } | { from: Date; to: Date; onlyFailed: boolean; most: number },
  now: Date,
): Promise<number> {
  const range = "id" in which ? null : which;
  const rows = await tx.query(
    "payments.requeue",
    `update payments.outbound_messages set state = 'pending', attempts = 0, due_at = $3, finished_at = null
     where org_id = $1 and id = any(array(
       select id from payments.outbound_messages
       where org_id = $1 and endpoint_id = $2 and state in ('delivered', 'failed')
         and ($4::text is null or id = $4)
         and ($5::timestamptz is null or created_at >= $5) and ($6::timestamptz is null or created_at < $6)
         and (not $7::boolean or state = 'failed')
       order by id limit $8 for update))
     returning id`,
    [
      org,
      endpointId,
      now,
      "id" in which ? which.id : null,
      range?.from ?? null,
      range?.to ?? null,
      range?.onlyFailed ?? false,
      range?.most ?? 1,
    ],
  );
  return rows.length;
}

/** What waits for an endpoint that is turned off or gone will not be sent. What is under way ends by itself, or with its lease. */
export async function failWaiting(tx: Tx, org: OrgId, endpointId: EndpointId, now: Date): Promise<void> {
  await tx.query(
    "payments.fail_waiting",
    `update payments.outbound_messages set state = 'failed', finished_at = $3
     where org_id = $1 and endpoint_id = $2
       and (state = 'pending' or (state = 'sending' and lease_until <= $3))`,
    [org, endpointId, now],
  );
}

/** As the operator: organizations with messages that ended before. */
export async function listOrgsWithOld(tx: Tx, before: Date, limit: number): Promise<OrgId[]> {
  const rows = await tx.query<{ org_id: OrgId }>(
    "payments.orgs_with_old",
    `select distinct org_id from (
       select org_id from payments.outbound_messages where finished_at < $1 order by finished_at limit $2) old
     order by org_id`,
    [before, limit],
  );
  return rows.map(({ org_id }) => org_id);
}

export async function deleteOld(tx: Tx, org: OrgId, before: Date, limit: number): Promise<number> {
  const rows = await tx.query(
    "payments.delete_old",
    `with old as (
       delete from payments.outbound_messages where org_id = $1 and id = any(array(
         select id from payments.outbound_messages where org_id = $1 and finished_at < $2 limit $3))
       returning id
     ), answers as (
       delete from payments.outbound_attempts where org_id = $1 and message_id in (select id from old)
     )
     select id from old`,
    [org, before, limit],
  );
  return rows.length;
}
