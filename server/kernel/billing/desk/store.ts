/** SQL of what operators see of all organizations (operator's role). */
import type { BillingPlanVersions } from "../../../../db/rows.ts";
import type { Tx } from "../../../platform/db/index.ts";
import type { PaymentRow } from "../payments/payment.ts";
import { PAYMENT } from "../payments/store.ts";

export type PaymentFilter = {
  mode: string;
  status: string | null;
  provider: string | null;
  orgId: string | null;
};
export type Page = { limit: number; cursor: { at: Date; id: string } | null };

export type ListedPayment = PaymentRow & { organization: string | null };

/** Newest first. */
export function listAllPayments(tx: Tx, filter: PaymentFilter, page: Page): Promise<ListedPayment[]> {
  return tx.query(
    "billing.payments_of_all",
    `select p.*, o.name as organization from (
       select ${PAYMENT} from billing.payments
       where mode = $1 and ($2::text is null or status = $2) and ($3::text is null or provider = $3)
         and ($4::text is null or org_id = $4)
         and (created_at, id) < (coalesce($5::timestamptz, 'infinity'), coalesce($6, ''))
       order by created_at desc, id desc limit $7
     ) p left join tenancy.organizations o on o.org_id = p.org_id
     order by p.created_at desc, p.id desc`,
    [
      filter.mode,
      filter.status,
      filter.provider,
      filter.orgId,
      page.cursor?.at ?? null,
      page.cursor?.id ?? null,
      page.limit,
    ],
  );
}

export type VersionRow = BillingPlanVersions & {
  /** Organizations that have it in this mode, in a trial or grace too. */
  subscribers: number;
};

/** Newest of each plan first. */
export function listVersions(tx: Tx, mode: string, limit: number): Promise<VersionRow[]> {
  return tx.query(
    "billing.versions_listed",
    `select v.id, v.plan_key, v.number, v.content, v.created_at, (
       select count(*)::int from billing.subscriptions s
       where s.version_id = v.id and s.mode = $1 and s.status in ('trialing', 'active', 'past_due')) as subscribers
     from billing.plan_versions v order by v.plan_key, v.number desc limit $2`,
    [mode, limit],
  );
}
