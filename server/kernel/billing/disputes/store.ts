/** SQL of disputes. Their payment is locked first. */
import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { DisputeRow } from "./dispute.ts";

export function listDisputesOf(tx: Tx, org: OrgId, paymentIds: readonly string[]): Promise<DisputeRow[]> {
  return tx.query(
    "billing.disputes_of",
    "select * from billing.disputes where org_id = $1 and payment_id = any($2::text[]) order by id",
    [org, paymentIds],
  );
}

export async function saveDispute(tx: Tx, row: DisputeRow): Promise<void> {
  await tx.query(
    "billing.dispute_save",
    `insert into billing.disputes (org_id, id, mode, account_id, provider, payment_id, charge_id, amount_minor, currency,
       reason, status, withdrawn_minor, fee_minor, lines, evidence_due_at, created_at, closed_at, as_of, fetch_seq,
       clawed_back_micros)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
     on conflict (org_id, id) do update set amount_minor = excluded.amount_minor, reason = excluded.reason,
       status = excluded.status, withdrawn_minor = excluded.withdrawn_minor, fee_minor = excluded.fee_minor,
       lines = excluded.lines, evidence_due_at = excluded.evidence_due_at, closed_at = excluded.closed_at,
       as_of = excluded.as_of, fetch_seq = excluded.fetch_seq, clawed_back_micros = excluded.clawed_back_micros`,
    [
      row.org_id,
      row.id,
      row.mode,
      row.account_id,
      row.provider,
      row.payment_id,
      row.charge_id,
      row.amount_minor,
      row.currency,
      row.reason,
      row.status,
      row.withdrawn_minor,
      row.fee_minor,
      row.lines,
      row.evidence_due_at,
      row.created_at,
      row.closed_at,
      row.as_of,
      row.fetch_seq,
      row.clawed_back_micros,
    ],
  );
}

/** A dispute as operators see it. */
export type DisputeView = DisputeRow & { organization: string | null };
export type DisputeFilter = {
  mode: string;
  orgId?: string | undefined;
  status?: string | undefined;
  open?: boolean | undefined;
  limit: number;
  cursor: { at: Date; id: string } | null;
};

/** Newest first, across tenants (operator's role). */
export function listDisputeViews(tx: Tx, filter: DisputeFilter): Promise<DisputeView[]> {
  return tx.query(
    "billing.dispute_views",
    `select d.*, o.name as organization from billing.disputes d left join tenancy.organizations o on o.org_id = d.org_id
     where d.mode = $1 and ($2::text is null or d.org_id = $2) and ($3::text is null or d.status = $3)
       and ($4::bool is null or (d.closed_at is null) = $4)
       and (d.created_at, d.id) < (coalesce($5::timestamptz, 'infinity'), coalesce($6, ''))
     order by d.created_at desc, d.id desc limit $7`,
    [
      filter.mode,
      filter.orgId ?? null,
      filter.status ?? null,
      filter.open ?? null,
      filter.cursor?.at ?? null,
      filter.cursor?.id ?? null,
      filter.limit,
    ],
  );
}
