/** SQL of what operators see of customers, across tenants (operator's role). */
import type { Tx } from "../../../platform/db/index.ts";

/** An organization that has paid, subscribed or tried to. */
export type CustomerView = {
  org_id: string;
  name: string;
  payments: number;
  /** Per currency, of what was captured. */
  paid: { currency: string; paid_minor: string; refunded_minor: string; disputed_minor: string }[];
  plan_key: string | null;
  subscription_status: string | null;
  provider: string | null;
  open_disputes: number;
  suspended_at: Date | null;
  created_at: Date;
  last_payment_at: Date | null;
};

const VIEW = `
  select o.org_id, o.name, o.suspended_at, o.created_at,
    coalesce(p.payments, 0)::int as payments, p.last_payment_at, coalesce(m.paid, '[]') as paid,
    s.plan_key, s.status as subscription_status, s.provider, coalesce(d.open, 0)::int as open_disputes
  from tenancy.organizations o
  left join lateral (
    select count(*) as payments, max(paid_at) as last_payment_at from billing.payments
    where org_id = o.org_id and mode = $1
  ) p on true
  left join lateral (
    select jsonb_agg(jsonb_build_object('currency', currency, 'paid_minor', paid::text, 'refunded_minor', refunded::text,
      'disputed_minor', disputed::text) order by currency) as paid
    from (select currency, sum(amount_minor) as paid, sum(refunded_minor) as refunded, sum(disputed_minor) as disputed
      from billing.payments where org_id = o.org_id and mode = $1 and charge_id is not null group by currency) sums
  ) m on true
  left join lateral (
    select plan_key, status, provider from billing.subscriptions
    where org_id = o.org_id and mode = $1 and status not in ('creating', 'incomplete', 'duplicate')
    order by ended_at is null desc, created_at desc, id desc limit 1
  ) s on true
  left join lateral (
    select count(*) as open from billing.disputes where org_id = o.org_id and mode = $1 and closed_at is null
  ) d on true`;

export type CustomerFilter = {
  mode: string;
  name?: string | undefined;
  /** Those with a dispute that has not ended. */
  disputed?: boolean | undefined;
  limit: number;
  cursor: { at: Date; id: string } | null;
};

/** Newest organizations first. */
export function listCustomers(tx: Tx, filter: CustomerFilter): Promise<CustomerView[]> {
  return tx.query(
    "billing.customer_views",
    `${VIEW}
     where (p.payments > 0 or s.plan_key is not null)
       and ($2::text is null or strpos(lower(o.name), lower($2)) > 0)
       and ($3::bool is null or (coalesce(d.open, 0) > 0) = $3)
       and (o.created_at, o.org_id) < (coalesce($4::timestamptz, 'infinity'), coalesce($5, ''))
     order by o.created_at desc, o.org_id desc limit $6`,
    [
      filter.mode,
      filter.name ?? null,
      filter.disputed ?? null,
      filter.cursor?.at ?? null,
      filter.cursor?.id ?? null,
      filter.limit,
    ],
  );
}

export async function findCustomerView(tx: Tx, mode: string, org: string): Promise<CustomerView | null> {
  const [row] = await tx.query<CustomerView>("billing.customer_view", `${VIEW} where o.org_id = $2`, [
    mode,
    org,
  ]);
  return row ?? null;
}

export const MOMENTS = ["payment", "refund", "dispute", "invoice", "subscription", "grant"] as const;

/** One row of the timeline. `unit` is a currency, or `credit` in micro-credits. */
export type Moment = {
  at: Date;
  kind: (typeof MOMENTS)[number];
  id: string;
  status: string;
  amount: bigint | null;
  unit: string | null;
  /** Payment that it belongs to. */
  payment_id: string | null;
  detail: string | null;
};

/** What happened to one organization, newest first. */
export function listMoments(
  tx: Tx,
  {
    mode,
    org,
    limit,
    cursor,
  }: { mode: string; org: string; limit: number; cursor: { at: Date; id: string } | null },
): Promise<Moment[]> {
  return tx.query(
    "billing.customer_moments",
    `select * from (
       select created_at as at, 'payment' as kind, id, status, amount_minor as amount, currency as unit,
         id as payment_id, coalesce(failure_code, purpose) as detail
       from billing.payments where org_id = $2 and mode = $1
       union all
       select r.created_at, 'refund', r.id, r.status, r.amount_minor, r.currency, r.payment_id, null
       from billing.refunds r join billing.payments p on p.org_id = r.org_id and p.id = r.payment_id
       where r.org_id = $2 and p.mode = $1
       union all
       select created_at, 'dispute', id, status, amount_minor, currency, payment_id, reason
       from billing.disputes where org_id = $2 and mode = $1
       union all
       select created_at, 'invoice', id, status, total_minor, currency, payment_id, coalesce(number, description)
       from billing.invoices where org_id = $2 and mode = $1
       union all
       select created_at, 'subscription', id, status, amount_minor * quantity, currency, null, plan_key
       from billing.subscriptions where org_id = $2 and mode = $1
       union all
       select created_at, 'grant', id,
         case when expired_at is not null then 'expired' when exhausted_at is not null then 'spent' else 'open' end,
         amount, unit, null, kind
       from ledger.grants where org_id = $2 and mode = $1
     ) m
     where (at, id) < (coalesce($3::timestamptz, 'infinity'), coalesce($4, ''))
     order by at desc, id desc limit $5`,
    [mode, org, cursor?.at ?? null, cursor?.id ?? null, limit],
  );
}
