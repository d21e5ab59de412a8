/** What happened to one payment, from the rows that it left. SQL only. */
import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";

export const PAYMENT_STEPS = ["payment", "refund", "dispute"] as const;

/** `status` is what the thing named by `kind` and `id` became then; a refund's only row tells how it stands now. */
export type PaymentStep = {
  at: Date;
  kind: (typeof PAYMENT_STEPS)[number];
  id: string;
  status: string;
  amount_minor: bigint;
  detail: string | null;
};

/**
 * A payment that failed or was canceled did so when its company last said something of it. Companies tell whole seconds, we
 * do not: nothing happened before the payment was there.
 */
const STEPS = `
  with payment as (select * from billing.payments where org_id = $1 and id = $2),
  steps (step, at, kind, id, status, amount_minor, detail) as (
    select 1, created_at, 'payment', id, 'created', amount_minor, purpose from payment
    union all
    select 2, paid_at, 'payment', id, 'succeeded', amount_minor, null from payment where paid_at is not null
    union all
    select 3, as_of, 'payment', id, status, amount_minor, failure_code from payment
    where paid_at is null and (status in ('failed', 'canceled') or failure_code is not null)
    union all
    select 4, created_at, 'refund', id, status, amount_minor, null from billing.refunds
    where org_id = $1 and payment_id = $2
    union all
    select 5, created_at, 'dispute', id, 'opened', amount_minor, reason from billing.disputes
    where org_id = $1 and payment_id = $2
    union all
    select 6, closed_at, 'dispute', id, status, amount_minor, null from billing.disputes
    where org_id = $1 and payment_id = $2 and closed_at is not null
  )
  select greatest(s.at, p.created_at) as at, kind, s.id, s.status, s.amount_minor, s.detail
  from steps s cross join payment p order by 1, step, s.id`;

/** Oldest first. */
export function listSteps(tx: Tx, org: OrgId, paymentId: string): Promise<PaymentStep[]> {
  return tx.query("billing.payment_steps", STEPS, [org, paymentId]);
}
