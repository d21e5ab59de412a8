/** SQL of sending: what is due, claims, results. */
import type { Tx } from "../../../../platform/db/index.ts";
import type { OrgId } from "../../../../platform/ids.ts";
import type { Attempt, EndpointId, MessageId } from "../endpoints/endpoint.ts";

export type Due = { orgId: OrgId; endpointId: EndpointId; id: MessageId };

/**
 * As the operator: messages that may be sent now, longest due first, those whose sender died among them; none of these
 * endpoints. Of an ordered endpoint only the first open version of each object.
 */
export async function listDue(
  tx: Tx,
  now: Date,
  { without, limit }: { without: readonly string[]; limit: number },
): Promise<Due[]> {
  type Row = { org_id: OrgId; endpoint_id: EndpointId; id: MessageId };
  const rows = await tx.query<Row>(
    "payments.due_messages",
    `with due as (
       (select org_id, endpoint_id, id, object_id, object_version, due_at from payments.outbound_messages
        where state = 'pending' and due_at <= $1 and endpoint_id <> all($2::text[]))
       union all
       (select org_id, endpoint_id, id, object_id, object_version, due_at from payments.outbound_messages
        where state = 'sending' and lease_until <= $1 and endpoint_id <> all($2::text[])))
     select due.org_id, due.endpoint_id, due.id from due
     left join payments.outbound_endpoints e on e.org_id = due.org_id and e.id = due.endpoint_id
     where not coalesce(e.ordered, false) or not exists (
       select from payments.outbound_messages earlier
       where earlier.org_id = due.org_id and earlier.endpoint_id = due.endpoint_id
         and earlier.object_id = due.object_id and earlier.object_version < due.object_version
         and earlier.state in ('pending', 'sending'))
     order by due.due_at limit $3`,
    [now, without, limit],
  );
  return rows.map((row) => ({ orgId: row.org_id, endpointId: row.endpoint_id, id: row.id }));
}

/** Under the endpoint's lock: how many of its messages are being sent. */
export async function countSending(tx: Tx, org: OrgId, endpointId: EndpointId, now: Date): Promise<number> {
  const [row] = await tx.query<{ count: number }>(
    "payments.count_sending",
    `select count(*)::int as count from payments.outbound_messages
     where org_id = $1 and endpoint_id = $2 and state = 'sending' and lease_until > $3`,
    [org, endpointId, now],
  );
  return row?.count ?? 0;
}

export type Claimed = { eventId: string; body: string; attempts: number; tries: number; createdAt: Date };

/** Under the endpoint's lock. Null when it was claimed, or is not the object's first open one, by now. */
export async function claimMessage(
  tx: Tx,
  { orgId, id }: Due,
  { now, leaseUntil, ordered }: { now: Date; leaseUntil: Date; ordered: boolean },
): Promise<Claimed | null> {
  type Row = { event_id: string; body: string; attempts: number; tries: number; created_at: Date };
  const [row] = await tx.query<Row>(
    "payments.claim_message",
    `update payments.outbound_messages m set state = 'sending', lease_until = $4, tries = tries + 1
     where org_id = $1 and id = $2
       and ((state = 'pending' and due_at <= $3) or (state = 'sending' and lease_until <= $3))
       and (not $5::boolean or not exists (
         select from payments.outbound_messages earlier
         where earlier.org_id = m.org_id and earlier.endpoint_id = m.endpoint_id and earlier.object_id = m.object_id
           and earlier.object_version < m.object_version and earlier.state in ('pending', 'sending')))
     returning event_id, body, attempts, tries, created_at`,
    [orgId, id, now, leaseUntil, ordered],
  );
  return row
    ? {
        eventId: row.event_id,
        body: row.body,
        attempts: row.attempts,
        tries: row.tries,
        createdAt: row.created_at,
      }
    : null;
}

/** Writes what came of an attempt, unless another claim took it over. */
export async function finishMessage(
  tx: Tx,
  { orgId, id }: Due,
  done: {
    tries: number;
    state: "pending" | "delivered" | "failed";
    attempts: number;
    dueAt: Date;
    status: number | null;
    finishedAt: Date | null;
  },
): Promise<boolean> {
  const rows = await tx.query(
    "payments.finish_message",
    `update payments.outbound_messages
     set state = $4, attempts = $5, due_at = $6, last_status = coalesce($7, last_status), finished_at = $8, lease_until = null
     where org_id = $1 and id = $2 and state = 'sending' and tries = $3 returning id`,
    [orgId, id, done.tries, done.state, done.attempts, done.dueAt, done.status, done.finishedAt],
  );
  return rows.length > 0;
}

export async function insertAttempt(tx: Tx, { orgId, id }: Due, attempt: Attempt): Promise<void> {
  await tx.query(
    "payments.insert_attempt",
    `insert into payments.outbound_attempts (org_id, message_id, number, started_at, ms, status, error, answer)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [orgId, id, attempt.number, attempt.startedAt, attempt.ms, attempt.status, attempt.error, attempt.answer],
  );
}

/** As the operator. */
export async function countPending(tx: Tx): Promise<number> {
  const [row] = await tx.query<{ count: number }>(
    "payments.count_pending",
    "select count(*)::int as count from payments.outbound_messages where state in ('pending', 'sending')",
  );
  return row?.count ?? 0;
}
