/** Sums over the payments of every organization. SQL only; for the operator's role. */
import type { Tx } from "../../../platform/db/index.ts";

/** Payments begun in [from, to) that took nothing and whose last try was refused, by the company's code; the most first. */
export function sumFailedPayments(
  tx: Tx,
  { mode, from, to }: { mode: string; from: Date; to: Date },
): Promise<{ code: string; currency: string; payments: number; amount_minor: bigint }[]> {
  return tx.query(
    "billing.payments_failed_sum",
    `select failure_code as code, currency, count(*)::int as payments, sum(amount_minor)::bigint as amount_minor
     from billing.payments
     where mode = $1 and created_at >= $2 and created_at < $3 and charge_id is null and failure_code is not null
     group by failure_code, currency order by 3 desc, 1, 2 limit 1000`,
    [mode, from, to],
  );
}
