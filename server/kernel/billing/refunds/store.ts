/** SQL of refund requests, and of what operators see of refunds. A request is locked after its payment. */
import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { RequestRow } from "./refund.ts";

export async function insertRequest(tx: Tx, row: RequestRow): Promise<void> {
  await tx.query(
    "billing.refund_request_insert",
    `insert into billing.refund_requests (org_id, id, mode, account_id, payment_id, kind, amount_minor, currency, reason,
       note, clawback, state, attempt, attempt_at, operation_id, requested_by, requested_at, cancel_subscription)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $14, $17)`,
    [
      row.org_id,
      row.id,
      row.mode,
      row.account_id,
      row.payment_id,
      row.kind,
      row.amount_minor,
      row.currency,
      row.reason,
      row.note,
      row.clawback,
      row.state,
      row.attempt,
      row.requested_at,
      row.operation_id,
      row.requested_by,
      row.cancel_subscription,
    ],
  );
}

/** What a payment's invoice was for: its subscription, and the time that it paid for. Null for what is sold at once. */
export async function findSubscriptionOf(
  tx: Tx,
  org: OrgId,
  paymentId: string,
): Promise<{ id: string; period_start: Date | null; period_end: Date | null } | null> {
  const [row] = await tx.query<{ id: string; period_start: Date | null; period_end: Date | null }>(
    "billing.subscription_of_payment",
    `select i.subscription_id as id, l.period_start, l.period_end
     from billing.payments p
       join billing.invoices i on i.org_id = p.org_id and (i.id = p.invoice_id or i.payment_id = p.id)
       left join lateral (
         select (line ->> 'period_start')::timestamptz as period_start, (line ->> 'period_end')::timestamptz as period_end
         from jsonb_array_elements(i.lines) line
         order by (line ->> 'amount_minor')::bigint > 0 desc, (line ->> 'period_end')::timestamptz desc limit 1
       ) l on true
     where p.org_id = $1 and p.id = $2 limit 1`,
    [org, paymentId],
  );
  return row ?? null;
}

/** Refunds that the company has, and whose subscription still has to end, across tenants (operator's role). */
export function listToEnd(tx: Tx, limit: number): Promise<RequestRow[]> {
  return tx.query(
    "billing.refund_requests_to_end",
    `select * from billing.refund_requests
     where state = 'sent' and cancel_subscription <> 'none' and cancelled_at is null order by requested_at limit $1`,
    [limit],
  );
}

export async function noteEnded(tx: Tx, org: OrgId, id: string, now: Date): Promise<void> {
  await tx.query(
    "billing.refund_request_ended",
    "update billing.refund_requests set cancelled_at = $3 where org_id = $1 and id = $2 and cancelled_at is null",
    [org, id, now],
  );
}

export async function findRequestOf(tx: Tx, org: OrgId, operationId: string): Promise<RequestRow | null> {
  const [row] = await tx.query<RequestRow>(
    "billing.refund_request_of",
    "select * from billing.refund_requests where org_id = $1 and operation_id = $2",
    [org, operationId],
  );
  return row ?? null;
}

export async function lockRequest(tx: Tx, org: OrgId, id: string): Promise<RequestRow | null> {
  const [row] = await tx.query<RequestRow>(
    "billing.refund_request_lock",
    "select * from billing.refund_requests where org_id = $1 and id = $2 for update",
    [org, id],
  );
  return row ?? null;
}

/** A payment's, under the lock of the payment. */
export function listRequests(tx: Tx, org: OrgId, paymentId: string): Promise<RequestRow[]> {
  return tx.query(
    "billing.refund_requests_of",
    "select * from billing.refund_requests where org_id = $1 and payment_id = $2",
    [org, paymentId],
  );
}

/** How many refunds were asked for in an organization's name since then; refused ones do not count. */
export async function countRecent(tx: Tx, org: OrgId, since: Date): Promise<number> {
  const [row] = await tx.query<{ count: number }>(
    "billing.refund_requests_recent",
    `select count(*)::int as count from billing.refund_requests
     where org_id = $1 and requested_at > $2 and state <> 'refused'`,
    [org, since],
  );
  return row?.count ?? 0;
}

/** One at a time counts an organization's refunds. */
export async function lockCount(tx: Tx, org: OrgId): Promise<void> {
  await tx.query(
    "billing.refund_requests_lock_count",
    "select pg_advisory_xact_lock(hashtextextended('billing.refunds ' || $1, 0))",
    [org],
  );
}

export async function updateRequest(tx: Tx, row: RequestRow): Promise<void> {
  await tx.query(
    "billing.refund_request_update",
    `update billing.refund_requests set state = $3, attempt = $4, attempt_at = $5, absent_since = $6, refund_id = $7,
       failure_code = $8, approved_by = $9, approved_at = $10
     where org_id = $1 and id = $2`,
    [
      row.org_id,
      row.id,
      row.state,
      row.attempt,
      row.attempt_at,
      row.absent_since,
      row.refund_id,
      row.failure_code,
      row.approved_by,
      row.approved_at,
    ],
  );
}

/** Requests whose answer is not known, across tenants (operator's role); not those just looked for. */
export function listDue(
  tx: Tx,
  before: { attempted: Date; lookedFor: Date },
  limit: number,
): Promise<RequestRow[]> {
  return tx.query(
    "billing.refund_requests_due",
    `select * from billing.refund_requests
     where state = 'requested' and attempt_at < $1 and (absent_since is null or absent_since <= $2)
     order by attempt_at limit $3`,
    [before.attempted, before.lookedFor, limit],
  );
}

/** The organization of a payment or a request, across tenants (operator's role). */
export async function findOrg(
  tx: Tx,
  table: "payments" | "refund_requests",
  id: string,
): Promise<OrgId | null> {
  const [row] = await tx.query<{ org_id: OrgId }>(
    `billing.org_of_${table}`,
    `select org_id from billing.${table} where id = $1`,
    [id],
  );
  return row?.org_id ?? null;
}

/** A refund as operators see it: asked for here, made at the company, or both. */
export type RefundView = {
  id: string;
  org_id: string;
  organization: string | null;
  payment_id: string;
  account_id: string;
  refund_id: string | null;
  amount_minor: bigint;
  currency: string;
  status: "awaiting_approval" | "requested" | "pending" | "succeeded" | "failed" | "canceled";
  failure_code: string | null;
  origin: "operator" | "company";
  reason: string | null;
  note: string | null;
  clawback: boolean;
  clawed_back_micros: bigint;
  /** What was asked to become of the subscription. */
  cancel_subscription: "none" | "period_end" | "now";
  requested_by: string | null;
  approved_by: string | null;
  created_at: Date;
};

const VIEW = `
  select v.*, o.name as organization from (
    select q.org_id, q.id, q.mode, q.payment_id, q.account_id, q.refund_id, q.amount_minor, q.currency,
      case q.state when 'sent' then coalesce(r.status, 'pending') when 'refused' then 'failed' else q.state end as status,
      q.failure_code, 'operator' as origin, q.reason, q.note, q.clawback,
      coalesce(r.clawed_back_micros, 0) as clawed_back_micros, q.cancel_subscription, q.requested_by, q.approved_by, q.requested_at as created_at
    from billing.refund_requests q left join billing.refunds r on r.org_id = q.org_id and r.id = q.refund_id
    union all
    select r.org_id, r.id, p.mode, r.payment_id, r.account_id, r.id, r.amount_minor, r.currency, r.status, null, 'company',
      null, null, not r.keeps_credits, r.clawed_back_micros, 'none', null, null, r.created_at
    from billing.refunds r join billing.payments p on p.org_id = r.org_id and p.id = r.payment_id
    where not exists (select from billing.refund_requests q where q.org_id = r.org_id and q.refund_id = r.id)
  ) v left join tenancy.organizations o on o.org_id = v.org_id`;

/** Newest first, across tenants (operator's role). */
export function listRefundViews(
  tx: Tx,
  filter: {
    mode: string;
    orgId?: string | undefined;
    status?: string | undefined;
    limit: number;
    cursor: { at: Date; id: string } | null;
  },
): Promise<RefundView[]> {
  return tx.query(
    "billing.refund_views",
    `${VIEW} where v.mode = $1 and ($2::text is null or v.org_id = $2) and ($3::text is null or v.status = $3)
       and (v.created_at, v.id) < (coalesce($4::timestamptz, 'infinity'), coalesce($5, ''))
     order by v.created_at desc, v.id desc limit $6`,
    [
      filter.mode,
      filter.orgId ?? null,
      filter.status ?? null,
      filter.cursor?.at ?? null,
      filter.cursor?.id ?? null,
      filter.limit,
    ],
  );
}

export async function findRefundView(tx: Tx, id: string): Promise<RefundView | null> {
  const [row] = await tx.query<RefundView>("billing.refund_view", `${VIEW} where v.id = $1`, [id]);
  return row ?? null;
}
