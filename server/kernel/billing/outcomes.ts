/** What our rows say of companies' objects, and rows whose outcome there is not known. SQL only; for the operator's role. */
import type { Tx } from "../../platform/db/index.ts";

export type ObjectState = {
  objectId: string;
  orgId: string;
  /** Our row: `pay_…` or the refund's. */
  rowId: string;
  kind: "payment" | "refund";
  status: string;
};

/** Our rows of these charges and refunds. */
export function findObjectStates(
  tx: Tx,
  accountId: string,
  objectIds: readonly string[],
): Promise<ObjectState[]> {
  if (objectIds.length === 0) return Promise.resolve([]);
  return tx.query(
    "billing.object_states",
    `select o.object_id as "objectId", p.org_id as "orgId", p.id as "rowId", 'payment' as kind, p.status
     from billing.object_orgs o join billing.payments p on p.org_id = o.org_id and p.id = o.payment_id
     where o.account_id = $1 and o.object_id = any($2::text[])
       and not exists (select from billing.refunds r where r.org_id = o.org_id and r.id = o.object_id)
     union all
     select o.object_id, r.org_id, r.id, 'refund', r.status
     from billing.object_orgs o join billing.refunds r on r.org_id = o.org_id and r.id = o.object_id
     where o.account_id = $1 and o.object_id = any($2::text[])`,
    [accountId, objectIds],
  );
}

export type UnknownOutcome = {
  orgId: string;
  rowId: string;
  kind: "payment" | "refund";
  status: string;
  amountMinor: bigint;
  currency: string;
  createdAt: Date;
};

/** Rows that a company was to be told of before this time, and no answer is known. */
export function listUnknownOutcomes(
  tx: Tx,
  { accountId, mode }: { accountId: string; mode: string },
  before: Date,
  limit: number,
): Promise<UnknownOutcome[]> {
  return tx.query(
    "billing.unknown_outcomes",
    `select org_id as "orgId", id as "rowId", 'payment' as kind, status, amount_minor as "amountMinor", currency,
       created_at as "createdAt"
     from billing.payments where status = 'creating' and account_id = $1 and mode = $2 and created_at < $3
     union all
     select org_id, id, 'refund', state, amount_minor, currency, requested_at
     from billing.refund_requests where state = 'requested' and account_id = $1 and mode = $2 and requested_at < $3
     order by "createdAt" limit $4`,
    [accountId, mode, before, limit],
  );
}
