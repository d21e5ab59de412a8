/** SQL of invoices. Locked after their subscription. */
import type { BillingInvoices } from "../../../../db/rows.ts";
import type { Narrowed, Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { Mode } from "../../ledger/index.ts";

export type InvoiceStatus = "draft" | "open" | "paid" | "void" | "uncollectible";
type InvoiceReason = "create" | "cycle" | "update" | "other";
export type InvoiceRow = Narrowed<
  BillingInvoices,
  {
    org_id: OrgId;
    id: `inv_${string}`;
    mode: Mode;
    provider: "stripe" | "paypal";
    status: InvoiceStatus;
    reason: InvoiceReason;
    lines: readonly StoredLine[];
  }
>;
export type StoredLine = {
  description: string;
  amount_minor: number;
  quantity: number;
  period_start: string;
  period_end: string;
  proration: boolean;
};

export async function lockInvoice(
  tx: Tx,
  org: OrgId,
  accountId: string,
  providerId: string,
): Promise<InvoiceRow | null> {
  const [row] = await tx.query<InvoiceRow>(
    "billing.invoice_lock",
    "select * from billing.invoices where org_id = $1 and account_id = $2 and provider_invoice_id = $3 for update",
    [org, accountId, providerId],
  );
  return row ?? null;
}

const COLUMNS = [
  "id",
  "mode",
  "account_id",
  "provider",
  "provider_invoice_id",
  "subscription_id",
  "number",
  "status",
  "reason",
  "description",
  "currency",
  "subtotal_minor",
  "tax_minor",
  "total_minor",
  "due_minor",
  "paid_minor",
  "attempts",
  "next_attempt_at",
  "lines",
  "pay_url",
  "payment_id",
  "created_at",
  "paid_at",
  "as_of",
  "fetch_seq",
] as const satisfies readonly (keyof InvoiceRow)[];
const KEPT: ReadonlySet<string> = new Set(["id", "mode", "account_id", "provider", "created_at"]);

/** Writes an invoice that was locked, or is new. */
export async function saveInvoice(tx: Tx, org: OrgId, row: InvoiceRow): Promise<void> {
  const changing = COLUMNS.filter((name) => !KEPT.has(name)).map((name) => `${name} = excluded.${name}`);
  await tx.query(
    "billing.invoice_save",
    `insert into billing.invoices (org_id, ${COLUMNS.join(", ")})
     values ($1, ${COLUMNS.map((_, at) => `$${at + 2}`).join(", ")})
     on conflict (org_id, id) do update set ${changing.join(", ")}`,
    [org, ...COLUMNS.map((name) => (name === "lines" ? JSON.stringify(row.lines) : row[name]))],
  );
}

/** The account's next number, with no gap: what is rolled back gives it back, and the next one waits until then. */
export async function drawNumber(tx: Tx, accountId: string): Promise<string> {
  const [row] = await tx.query<{ last: bigint }>(
    "billing.invoice_number",
    `insert into billing.invoice_numbers (account_id, last) values ($1, 1)
     on conflict (account_id) do update set last = invoice_numbers.last + 1 returning last`,
    [accountId],
  );
  return `INV-${(row?.last ?? 0n).toString().padStart(6, "0")}`;
}

export type InvoiceFilter = {
  mode: Mode;
  status: InvoiceStatus | null;
  from: Date | null;
  to: Date | null;
  limit: number;
  cursor: { at: Date; id: string } | null;
};

/** Newest first; drafts are not shown. */
export function listInvoices(tx: Tx, org: OrgId, filter: InvoiceFilter): Promise<InvoiceRow[]> {
  return tx.query(
    "billing.invoices",
    `select * from billing.invoices where org_id = $1 and mode = $2 and status <> 'draft'
       and ($3::text is null or status = $3) and ($4::timestamptz is null or created_at >= $4)
       and ($5::timestamptz is null or created_at < $5)
       and (created_at, id) < (coalesce($6::timestamptz, 'infinity'), coalesce($7, ''))
     order by created_at desc, id desc limit $8`,
    [
      org,
      filter.mode,
      filter.status,
      filter.from,
      filter.to,
      filter.cursor?.at ?? null,
      filter.cursor?.id ?? null,
      filter.limit,
    ],
  );
}

export async function findInvoice(tx: Tx, org: OrgId, id: string): Promise<InvoiceRow | null> {
  const [row] = await tx.query<InvoiceRow>(
    "billing.invoice",
    "select * from billing.invoices where org_id = $1 and id = $2",
    [org, id],
  );
  return row ?? null;
}

/** What a subscription began with; null before it is known, and where its company invoices nothing. */
export async function findFirstInvoice(
  tx: Tx,
  org: OrgId,
  subscriptionId: string,
): Promise<InvoiceRow | null> {
  const [row] = await tx.query<InvoiceRow>(
    "billing.invoice_first",
    `select * from billing.invoices where org_id = $1 and subscription_id = $2 and reason = 'create'
     order by created_at limit 1`,
    [org, subscriptionId],
  );
  return row ?? null;
}

/** What an upgrade costs that waits for its payment, and the payment begun for it. */
export async function findOpenChange(
  tx: Tx,
  org: OrgId,
  subscriptionId: string,
): Promise<{
  id: string;
  provider_invoice_id: string;
  payment_id: string | null;
  pay_url: string | null;
} | null> {
  const [row] = await tx.query<{
    id: string;
    provider_invoice_id: string;
    payment_id: string | null;
    pay_url: string | null;
  }>(
    "billing.invoice_open_change",
    `select i.id, i.provider_invoice_id, p.id as payment_id, p.success_url as pay_url
     from billing.invoices i
       left join billing.payments p on p.org_id = i.org_id and p.invoice_id = i.id and p.charge_id is null
         and p.status in ('creating', 'requires_payment_method', 'requires_action', 'processing')
     where i.org_id = $1 and i.subscription_id = $2 and i.provider = 'stripe' and i.status = 'open' and i.reason = 'update'
     order by i.created_at desc limit 1`,
    [org, subscriptionId],
  );
  return row ?? null;
}

/** Those of upgrades that nobody has begun to pay, across tenants (operator's role). */
export function listUnbegunChanges(
  tx: Tx,
  accountId: string,
  before: Date,
  limit: number,
): Promise<Pick<InvoiceRow, "org_id" | "id" | "subscription_id">[]> {
  return tx.query(
    "billing.invoices_unbegun",
    `select i.org_id, i.id, i.subscription_id from billing.invoices i
     where i.account_id = $1 and i.provider = 'stripe' and i.status = 'open' and i.reason = 'update' and i.created_at < $2
       and not exists (select from billing.payments p where p.org_id = i.org_id and p.invoice_id = i.id)
     order by i.created_at limit $3`,
    [accountId, before, limit],
  );
}

/** What `prepare` must know of invoices, across tenants (operator's role). */
export type InvoiceGlance = Pick<
  InvoiceRow,
  "provider_invoice_id" | "status" | "attempts" | "as_of" | "payment_id" | "paid_minor"
>;

export function glanceInvoices(
  tx: Tx,
  accountId: string,
  keys: readonly { org_id: string; invoice: string }[],
): Promise<InvoiceGlance[]> {
  return tx.query(
    "billing.invoices_glance",
    `select i.provider_invoice_id, i.status, i.attempts, i.as_of, i.payment_id, i.paid_minor
     from unnest($2::text[], $3::text[]) as k (org_id, invoice)
     join billing.invoices i on i.org_id = k.org_id and i.account_id = $1 and i.provider_invoice_id = k.invoice`,
    [accountId, keys.map(({ org_id }) => org_id), keys.map(({ invoice }) => invoice)],
  );
}
