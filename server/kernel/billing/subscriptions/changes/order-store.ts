/** SQL of orders of another plan that go on for a while: paid for, agreed to, or given up. */
import type { Tx } from "../../../../platform/db/index.ts";
import type { OrgId } from "../../../../platform/ids.ts";
import type { PaymentRow } from "../../payments/payment.ts";
import type { PreviewRow } from "./change-store.ts";
import type { SubscriptionRow } from "../subscription.ts";

const OPEN = "used_at is not null and done_at is null and failed_at is null";

/** A subscription's orders that go on, newest first. */
export function listOrders(tx: Tx, org: OrgId, subscriptionId: string): Promise<PreviewRow[]> {
  return tx.query(
    "billing.orders_of",
    `select * from billing.previews where org_id = $1 and subscription_id = $2 and ${OPEN} order by used_at desc, id desc`,
    [org, subscriptionId],
  );
}

/** Orders of a period that were given up. */
export function listGivenUp(tx: Tx, row: SubscriptionRow): Promise<PreviewRow[]> {
  return tx.query(
    "billing.orders_given_up",
    `select * from billing.previews
     where org_id = $1 and subscription_id = $2 and from_period_start = $3 and failed_at is not null`,
    [row.org_id, row.id, row.period_start],
  );
}

/** Orders that something may be done for, across tenants (operator's role). */
export function listOrdersDue(
  tx: Tx,
  accountId: string,
  now: Date,
  limit: number,
): Promise<{ org_id: OrgId; id: string }[]> {
  return tx.query(
    "billing.orders_due",
    `select v.org_id, v.id from billing.previews v
       join billing.subscriptions s on s.org_id = v.org_id and s.id = v.subscription_id
       left join billing.payments p on p.org_id = v.org_id and p.id = v.payment_id
     where v.used_at is not null and v.done_at is null and s.account_id = $1 and (
       (v.failed_at is null and (v.approve_url is null or v.approve_until <= $2)
         and (p.id is null or p.charge_id is not null or p.status in ('canceled', 'failed')))
       or (v.failed_at is not null and p.charge_id is not null and p.refunded_minor = 0 and p.status = 'succeeded'))
     order by v.used_at limit $3`,
    [accountId, now, limit],
  );
}

export async function findOrder(tx: Tx, org: OrgId, id: string): Promise<PreviewRow | null> {
  const [row] = await tx.query<PreviewRow>(
    "billing.order",
    "select * from billing.previews where org_id = $1 and id = $2",
    [org, id],
  );
  return row ?? null;
}

export async function updateOrder(
  tx: Tx,
  row: Pick<
    PreviewRow,
    "org_id" | "id" | "payment_id" | "approve_url" | "approve_until" | "done_at" | "failed_at"
  >,
): Promise<void> {
  await tx.query(
    "billing.order_update",
    `update billing.previews set payment_id = $3, approve_url = $4, approve_until = $5, done_at = $6, failed_at = $7
     where org_id = $1 and id = $2`,
    [row.org_id, row.id, row.payment_id, row.approve_url, row.approve_until, row.done_at, row.failed_at],
  );
}

/** An order that is off; one that is done stays done. */
export async function failOrder(tx: Tx, org: OrgId, id: string, now: Date): Promise<void> {
  await tx.query(
    "billing.order_fail",
    `update billing.previews set failed_at = $3 where org_id = $1 and id = $2 and ${OPEN}`,
    [org, id, now],
  );
}

/** The same for the order that an invoice of Stripe's was to bring; false where none waited for it. */
export async function failOrderOf(tx: Tx, org: OrgId, invoiceId: string, now: Date): Promise<boolean> {
  const rows = await tx.query(
    "billing.order_of_invoice_fail",
    `update billing.previews v set failed_at = $3 from billing.payments p
     where p.org_id = $1 and p.invoice_id = $2 and v.org_id = p.org_id and p.operation_id = 'change:' || v.id
       and used_at is not null and done_at is null and failed_at is null returning v.id`,
    [org, invoiceId, now],
  );
  return rows.length > 0;
}

/** Where the newest order of a subscription waits for its buyer: paying comes first, then agreeing. */
export async function findNextUrl(tx: Tx, org: OrgId, subscriptionId: string): Promise<string | null> {
  const [row] = await tx.query<{ url: string | null }>(
    "billing.order_next",
    `select case when p.id is null or p.charge_id is not null then v.approve_url
       when p.status in ('requires_payment_method', 'requires_action') then p.session_url end as url
     from billing.previews v left join billing.payments p on p.org_id = v.org_id and p.id = v.payment_id
     where v.org_id = $1 and v.subscription_id = $2 and ${OPEN} order by v.used_at desc, v.id desc limit 1`,
    [org, subscriptionId],
  );
  return row?.url ?? null;
}

/** The payment of an order's charge, waiting for its checkout. */
export async function insertOrderPayment(
  tx: Tx,
  row: Pick<SubscriptionRow, "org_id" | "mode" | "account_id" | "currency">,
  payment: Pick<PaymentRow, "id" | "amount_minor" | "success_url" | "cancel_url" | "created_at"> & {
    orderId: string;
    createdBy: string;
  },
): Promise<void> {
  await tx.query(
    "billing.order_payment",
    `insert into billing.payments (org_id, id, mode, account_id, provider, purpose, amount_minor, currency,
       credits_micros, status, operation_id, success_url, cancel_url, as_of, created_by, created_at)
     values ($1, $2, $3, $4, 'paypal', 'subscription', $5, $6, 0, 'creating', $7, $8, $9, $10, $11, $10)`,
    [
      row.org_id,
      payment.id,
      row.mode,
      row.account_id,
      payment.amount_minor,
      row.currency,
      `change:${payment.orderId}`,
      payment.success_url,
      payment.cancel_url,
      payment.created_at,
      payment.createdBy,
    ],
  );
}

/** An invoice and the payment of it learn of each other. */
export async function linkInvoice(
  tx: Tx,
  org: OrgId,
  { accountId, invoice, paymentId }: { accountId: string; invoice: string; paymentId: string },
): Promise<void> {
  await tx.query(
    "billing.order_invoice",
    `with i as (
       update billing.invoices set payment_id = $4
       where org_id = $1 and account_id = $2 and provider_invoice_id = $3 returning id)
     update billing.payments p set invoice_id = i.id from i where p.org_id = $1 and p.id = $4`,
    [org, accountId, invoice, paymentId],
  );
}
