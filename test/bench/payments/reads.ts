/** What a customer's billing screens read, in an organization with years of invoices. */
import pg from "pg";
import type { Client } from "../../harness/client.ts";

const INVOICES = ["", "?status=paid", "?limit=100", "?from=2026-01-01T00:00:00Z&to=2026-06-01T00:00:00Z"];
const OTHERS = [
  "/api/payments",
  "/api/subscriptions/current",
  "/api/subscriptions/plans",
  "/api/subscriptions/usage",
  "/api/ledger/balances",
  "/api/ledger/transactions",
];
/** What they are called where limits are set. */
export const READ_OPERATIONS = [
  "listInvoices",
  "listPayments",
  "getSubscription",
  "listPlans",
  "getPlanUsage",
  "getLedgerBalances",
  "listLedgerTransactions",
];
const READS = 100;
/** As many again before, which nobody times: the first reads of a process are slow, whatever they read. */
const UNTIMED = 50;
/** As PostgreSQL writes an instant that everybody reads. */
const ISO = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`;

export type ReadBench = { invoicesP95Ms: number; othersP95Ms: number };

/** Paid invoices with what paid them, one a day back from now. As the owner. */
export async function fillInvoices(ownerUrl: string, orgId: string, count: number): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await client.query(
      `insert into billing.payments (org_id, id, mode, account_id, provider, purpose, amount_minor, currency, credits_micros,
         status, operation_id, success_url, cancel_url, charge_id, as_of, created_by, created_at, paid_at, invoice_id)
       select $1, 'pay_' || lpad(to_hex(g), 32, '0'), 'test', 'acct_default', 'stripe', 'subscription', 2900, 'usd', 0,
         'succeeded', 'charge:' || g, '', '', 'ch_' || g, t.at, 'system', t.at, t.at, 'inv_' || lpad(to_hex(g), 32, '0')
       from generate_series(1, $2::int) g, lateral (select now() - g * interval '1 day' as at) t`,
      [orgId, count],
    );
    await client.query(
      `insert into billing.invoices (org_id, id, mode, account_id, provider, provider_invoice_id, subscription_id, number,
         status, reason, description, currency, subtotal_minor, tax_minor, total_minor, due_minor, paid_minor, attempts,
         lines, payment_id, created_at, paid_at, as_of)
       select $1, 'inv_' || lpad(to_hex(g), 32, '0'), 'test', 'acct_default', 'stripe', 'in_' || g, 'sub_1', 'A-' || g,
         case when g % 50 = 0 then 'void' else 'paid' end, 'cycle', 'Pro', 'usd', 2900, 0, 2900, 2900, 2900, 1,
         jsonb_build_array(jsonb_build_object('description', '1 × Pro (at $29.00 / month)', 'amount_minor', 2900,
           'quantity', 1, 'period_start', to_char(t.at at time zone 'utc', ${ISO}),
           'period_end', to_char(t.at at time zone 'utc' + interval '1 month', ${ISO}), 'proration', false)),
         'pay_' || lpad(to_hex(g), 32, '0'), t.at, t.at, t.at
       from generate_series(1, $2::int) g, lateral (select now() - g * interval '1 day' as at) t`,
      [orgId, count],
    );
    await client.query("analyze billing.payments, billing.invoices");
  } finally {
    await client.end();
  }
}

/** Of each, the p95 of the read that answers slowest. */
export async function benchReads(owner: Client): Promise<ReadBench> {
  const invoices: number[] = [];
  for (const query of INVOICES) invoices.push(await p95(owner, `/api/invoices${query}`));
  const others: number[] = [];
  for (const path of OTHERS) others.push(await p95(owner, path, { mayBeEmpty: true }));
  return { invoicesP95Ms: Math.max(...invoices), othersP95Ms: Math.max(...others) };
}

/** Of reading this path again and again, one read after the other, in ms. */
export async function p95(client: Client, path: string, { mayBeEmpty = false } = {}): Promise<number> {
  const took: number[] = [];
  for (let read = -UNTIMED; read < READS; read += 1) {
    const startedAt = performance.now();
    const answer = await client.call<{ data?: unknown[] }>("GET", path);
    if (read >= 0) took.push(performance.now() - startedAt);
    const empty = !mayBeEmpty && answer.body.data?.length === 0;
    if (answer.status !== 200 || empty) throw new Error(`${path}: ${answer.text}`);
  }
  took.sort((a, b) => a - b);
  return took[Math.floor(0.95 * (took.length - 1))] ?? Number.NaN;
}
