/** Sums over the payments of every organization. SQL only; for the operator's role. */
import type { Tx } from "../../../platform/db/index.ts";

/**
 * Payments begun in [from, to) that took nothing and whose last try was refused, by the company's code; and invoices of that
 * time that were tried for and are not paid, as `invoice_unpaid`. The most first.
 */
export function sumFailedPayments(
  tx: Tx,
  { mode, from, to }: { mode: string; from: Date; to: Date },
): Promise<{ code: string; currency: string; payments: number; amount_minor: bigint }[]> {
  return tx.query(
    "billing.payments_failed_sum",
    `select code, currency, count(*)::int as payments, sum(amount_minor)::bigint as amount_minor from (
       select failure_code as code, currency, amount_minor from billing.payments
       where mode = $1 and created_at >= $2 and created_at < $3 and charge_id is null and failure_code is not null
       union all
       select 'invoice_unpaid', currency, due_minor from billing.invoices
       where mode = $1 and created_at >= $2 and created_at < $3 and attempts > 0
         and status in ('open', 'uncollectible', 'void')
     ) failed
     group by code, currency order by 3 desc, 1, 2 limit 1000`,
    [mode, from, to],
  );
}
