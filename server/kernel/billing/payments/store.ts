/** SQL of billing. Payments are locked in the order of their ids, before any ledger row. */
import type { BillingObjectOrgs, BillingPayments } from "../../../../db/rows.ts";
import type { Narrowed, Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { PaymentRow, RefundRow } from "./payment.ts";

/** Every column of a payment that is read. */
export const PAYMENT = `org_id, id, mode, account_id, provider, purpose, pack_key, amount_minor, currency, credits_micros, status, attempt,
  absent_since, success_url, cancel_url, session_id, session_url, session_expires_at, intent_id, charge_id, refunded_minor,
  failure_code, fee_transaction_id, fee_minor, as_of, fetch_seq, created_at, paid_at,
  invoice_id, tax_minor, disputed_minor, lost_minor, dispute, declined,
  tax_calculation`;

export type NewPayment = Pick<
  PaymentRow,
  | "id"
  | "mode"
  | "account_id"
  | "provider"
  | "pack_key"
  | "amount_minor"
  | "currency"
  | "credits_micros"
  | "success_url"
  | "cancel_url"
  | "created_at"
> &
  Partial<Pick<PaymentRow, "purpose" | "invoice_id">> &
  Pick<BillingPayments, "operation_id" | "created_by">;

/** The row of this operation: made now, or found from an earlier attempt. Locked. */
export async function insertPayment(tx: Tx, org: OrgId, row: NewPayment): Promise<PaymentRow> {
  await tx.query(
    "billing.payment_insert",
    `insert into billing.payments (org_id, id, mode, account_id, provider, purpose, pack_key, amount_minor, currency,
       credits_micros, status, operation_id, success_url, cancel_url, as_of, created_by, created_at, invoice_id)
     values ($1, $2, $3, $4, $14, $15, $5, $6, $7, $8, 'creating', $9, $10, $11, $12, $13, $12, $16)
     on conflict (org_id, operation_id) do nothing`,
    [
      org,
      row.id,
      row.mode,
      row.account_id,
      row.pack_key,
      row.amount_minor,
      row.currency,
      row.credits_micros,
      row.operation_id,
      row.success_url,
      row.cancel_url,
      row.created_at,
      row.created_by,
      row.provider,
      row.purpose ?? "credits",
      row.invoice_id ?? null,
    ],
  );
  const [found] = await tx.query<PaymentRow>(
    "billing.payment_of_operation",
    `select ${PAYMENT} from billing.payments where org_id = $1 and operation_id = $2 for update`,
    [org, row.operation_id],
  );
  if (!found) throw new Error("assertion failed: the payment was just written");
  return found;
}

/** A payment that the company took by itself for an invoice, named by its charge; made before: nothing happens. */
export async function insertCharged(
  tx: Tx,
  org: OrgId,
  row: Pick<
    PaymentRow,
    | "id"
    | "mode"
    | "account_id"
    | "provider"
    | "amount_minor"
    | "currency"
    | "invoice_id"
    | "tax_minor"
    | "created_at"
  > & {
    chargeId: string;
  },
): Promise<PaymentRow["id"]> {
  await tx.query(
    "billing.payment_charged",
    `insert into billing.payments (org_id, id, mode, account_id, provider, purpose, amount_minor, currency,
       credits_micros, status, operation_id, success_url, cancel_url, as_of, created_by, created_at, invoice_id,
       tax_minor)
     values ($1, $2, $3, $4, $10, 'subscription', $5, $6, 0, 'processing', $7, '', '', $8, 'system', $8, $9, $11)
     on conflict (org_id, operation_id) do nothing`,
    [
      org,
      row.id,
      row.mode,
      row.account_id,
      row.amount_minor,
      row.currency,
      `charge:${row.chargeId}`,
      row.created_at,
      row.invoice_id,
      row.provider,
      row.tax_minor,
    ],
  );
  const [found] = await tx.query<{ id: PaymentRow["id"] }>(
    "billing.payment_of_charge",
    "select id from billing.payments where org_id = $1 and operation_id = $2",
    [org, `charge:${row.chargeId}`],
  );
  return found?.id ?? row.id;
}

/** The tax in what was paid for an invoice by hand. */
export async function noteTax(tx: Tx, org: OrgId, id: string, taxMinor: bigint): Promise<void> {
  await tx.query(
    "billing.payment_tax",
    "update billing.payments set tax_minor = $3 where org_id = $1 and id = $2 and tax_minor <> $3",
    [org, id, taxMinor],
  );
}

/** What its tax was worked out by, once: the first stays. */
export async function noteCalculation(
  tx: Tx,
  org: OrgId,
  id: string,
  { calculation, taxMinor }: { calculation: string; taxMinor: bigint },
): Promise<void> {
  await tx.query(
    "billing.payment_calculation",
    `update billing.payments set tax_calculation = $3, tax_minor = $4
     where org_id = $1 and id = $2 and tax_calculation is null`,
    [org, id, calculation, taxMinor],
  );
}

export async function findPayment(tx: Tx, org: OrgId, id: string): Promise<PaymentRow | null> {
  const [row] = await tx.query<PaymentRow>(
    "billing.payment",
    `select ${PAYMENT} from billing.payments where org_id = $1 and id = $2`,
    [org, id],
  );
  return row ?? null;
}

/** It is confirmed by us, with a method that is kept. */
export async function isIntent(tx: Tx, org: OrgId, id: string): Promise<boolean> {
  const rows = await tx.query(
    "billing.payment_is_intent",
    "select payment_id from billing.intents where org_id = $1 and payment_id = $2",
    [org, id],
  );
  return rows.length > 0;
}

export function lockPayments(tx: Tx, org: OrgId, ids: readonly string[]): Promise<PaymentRow[]> {
  return tx.query(
    "billing.payments_lock",
    `select ${PAYMENT} from billing.payments where org_id = $1 and id = any($2::text[]) order by id for update`,
    [org, ids],
  );
}

export function listPayments(
  tx: Tx,
  org: OrgId,
  filter: { mode: string; limit: number; cursor: { at: Date; id: string } | null },
): Promise<PaymentRow[]> {
  return tx.query(
    "billing.payments",
    `select ${PAYMENT} from billing.payments where org_id = $1 and mode = $2
       and (created_at, id) < (coalesce($3::timestamptz, 'infinity'), coalesce($4, ''))
     order by created_at desc, id desc limit $5`,
    [org, filter.mode, filter.cursor?.at ?? null, filter.cursor?.id ?? null, filter.limit],
  );
}

/** What `prepare` must know of a payment, read across tenants by the operator's role. */
export type Glance = Pick<
  PaymentRow,
  "org_id" | "id" | "status" | "failure_code" | "charge_id" | "refunded_minor" | "as_of" | "session_id"
>;

export function glance(tx: Tx, keys: readonly { org_id: string; payment_id: string }[]): Promise<Glance[]> {
  return tx.query(
    "billing.glance",
    `select p.org_id, p.id, p.status, p.failure_code, p.charge_id, p.refunded_minor, p.as_of, p.session_id
     from unnest($1::text[], $2::text[]) as k (org_id, id) join billing.payments p using (org_id, id)`,
    [keys.map(({ org_id }) => org_id), keys.map(({ payment_id }) => payment_id)],
  );
}

/** Writes rows that were locked before; what may have failed or been paid is saved by `savePayments`. */
export async function updatePayments(tx: Tx, org: OrgId, rows: readonly PaymentRow[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.query(
    "billing.payments_update",
    `update billing.payments p set status = n.status, attempt = n.attempt, absent_since = n.absent_since,
       session_id = n.session_id, session_url = n.session_url, session_expires_at = n.session_expires_at,
       intent_id = n.intent_id, charge_id = n.charge_id, refunded_minor = n.refunded_minor, failure_code = n.failure_code,
       fee_transaction_id = n.fee_transaction_id, fee_minor = n.fee_minor, as_of = n.as_of, fetch_seq = n.fetch_seq,
       paid_at = n.paid_at, tax_minor = n.tax_minor, disputed_minor = n.disputed_minor, lost_minor = n.lost_minor, dispute = n.dispute,
       declined = n.declined
     from jsonb_to_recordset($2::jsonb) as n (id text, status text, attempt smallint, absent_since timestamptz,
       session_id text, session_url text, session_expires_at timestamptz, intent_id text, charge_id text,
       refunded_minor bigint, failure_code text, fee_transaction_id text, fee_minor bigint, as_of timestamptz,
       fetch_seq bigint, paid_at timestamptz, tax_minor bigint, disputed_minor bigint, lost_minor bigint, dispute text,
       declined boolean)
     where p.org_id = $1 and p.id = n.id`,
    [org, json(rows)],
  );
}

export function listRefunds(tx: Tx, org: OrgId, paymentIds: readonly string[]): Promise<RefundRow[]> {
  return tx.query(
    "billing.refunds",
    `select id, payment_id, amount_minor, currency, status, clawed_back_micros, keeps_credits, created_at from billing.refunds
     where org_id = $1 and payment_id = any($2::text[])`,
    [org, paymentIds],
  );
}

export async function saveRefunds(
  tx: Tx,
  org: OrgId,
  accountId: string,
  rows: readonly RefundRow[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.query(
    "billing.refunds_save",
    `insert into billing.refunds (org_id, id, account_id, payment_id, amount_minor, currency, status, clawed_back_micros,
       keeps_credits, created_at)
     select $1, n.id, $2, n.payment_id, n.amount_minor, n.currency, n.status, n.clawed_back_micros, n.keeps_credits, n.created_at
     from jsonb_to_recordset($3::jsonb) as n (id text, payment_id text, amount_minor bigint, currency text, status text,
       clawed_back_micros bigint, keeps_credits boolean, created_at timestamptz)
     order by n.id
     on conflict (org_id, id) do update set status = excluded.status, clawed_back_micros = excluded.clawed_back_micros`,
    [org, accountId, json(rows)],
  );
}

export type Place = Narrowed<
  Omit<BillingObjectOrgs, "account_id" | "subscription_id">,
  { org_id: OrgId; payment_id: string }
>;

/** Fixes whose an object is; the first to say so wins. */
export async function placeObjects(tx: Tx, accountId: string, places: readonly Place[]): Promise<void> {
  if (places.length === 0) return;
  const sorted = places.toSorted((a, b) => (a.object_id < b.object_id ? -1 : 1));
  await tx.query(
    "billing.objects_insert",
    `insert into billing.object_orgs (account_id, object_id, org_id, payment_id)
     select $1, * from unnest($2::text[], $3::text[], $4::text[]) on conflict do nothing`,
    [
      accountId,
      sorted.map(({ object_id }) => object_id),
      sorted.map(({ org_id }) => org_id),
      sorted.map(({ payment_id }) => payment_id),
    ],
  );
}

/** Directory rows of these objects; ids only, no tenant needed. */
export function findPlaces(tx: Tx, accountId: string, objectIds: readonly string[]): Promise<Place[]> {
  return tx.query(
    "billing.objects",
    `select object_id, org_id, payment_id from billing.object_orgs
     where account_id = $1 and object_id = any($2::text[]) and payment_id is not null`,
    [accountId, objectIds],
  );
}

export async function drawFetchSeq(tx: Tx): Promise<bigint> {
  const [row] = await tx.query<{ seq: bigint }>(
    "billing.fetch_seq",
    "select nextval('billing.fetch_seq') as seq",
  );
  return row?.seq ?? 0n;
}

/** Purchases cut off before their page was known, across tenants (operator's role); not those just looked for. */
export function listCreating(
  tx: Tx,
  before: { created: Date; lookedFor: Date },
  limit: number,
): Promise<{ org_id: OrgId; id: string }[]> {
  return tx.query(
    "billing.creating",
    `select org_id, id from billing.payments
     where status = 'creating' and created_at < $1 and (absent_since is null or absent_since <= $2)
       and not exists (select from billing.intents i where i.org_id = payments.org_id and i.payment_id = payments.id)
     order by created_at limit $3`,
    [before.created, before.lookedFor, limit],
  );
}

/** Paid, its fee not posted yet, across tenants (operator's role). */
export function listFeesDue(
  tx: Tx,
  limit: number,
): Promise<{ org_id: OrgId; id: string; fee_transaction_id: string }[]> {
  return tx.query(
    "billing.fees_due",
    `select org_id, id, fee_transaction_id from billing.payments
     where fee_transaction_id is not null and fee_minor is null order by paid_at limit $1`,
    [limit],
  );
}

/** Amounts travel as text, which jsonb_to_recordset reads exactly. */
const json = (rows: readonly unknown[]) =>
  JSON.stringify(rows, (_key, value: unknown) => (typeof value === "bigint" ? value.toString() : value));

/** Orders that nothing was heard of since, across tenants (operator's role); the longest silent first. */
export function listOpenOrders(
  tx: Tx,
  accountId: string,
  before: Date,
  limit: number,
): Promise<{ org_id: OrgId; id: string }[]> {
  return tx.query(
    "billing.open_orders",
    `select org_id, id from billing.payments
     where provider = 'paypal' and status in ('requires_payment_method', 'requires_action', 'processing')
       and account_id = $1 and as_of < $2
     order by as_of limit $3`,
    [accountId, before, limit],
  );
}
