/** SQL of payments that we confirm. Locked after their payment. */
import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { ABANDONED_MS, MAX_TRIES, type IntentRow } from "./intent.ts";

/** There already: nothing happens. */
export async function insertIntent(
  tx: Tx,
  org: OrgId,
  row: Pick<IntentRow, "payment_id" | "method_id" | "off_session" | "acted_at">,
): Promise<void> {
  await tx.query(
    "billing.intent_insert",
    `insert into billing.intents (org_id, payment_id, method_id, off_session, acted_at) values ($1, $2, $3, $4, $5)
     on conflict (org_id, payment_id) do nothing`,
    [org, row.payment_id, row.method_id, row.off_session, row.acted_at],
  );
}

export async function findIntent(tx: Tx, org: OrgId, paymentId: string): Promise<IntentRow | null> {
  const [row] = await tx.query<IntentRow>(
    "billing.intent",
    "select * from billing.intents where org_id = $1 and payment_id = $2",
    [org, paymentId],
  );
  return row ?? null;
}

/** The payment by which an invoice is paid by hand. */
export async function findPaymentOfInvoice(tx: Tx, org: OrgId, invoiceId: string): Promise<string | null> {
  const [row] = await tx.query<{ payment_id: string }>(
    "billing.intent_of_invoice",
    `select i.payment_id from billing.payments p
       join billing.intents i on i.org_id = p.org_id and i.payment_id = p.id
     where p.org_id = $1 and p.invoice_id = $2 order by p.created_at desc limit 1`,
    [org, invoiceId],
  );
  return row?.payment_id ?? null;
}

/** Begins a try, whose payment is locked. */
export async function beginTry(
  tx: Tx,
  org: OrgId,
  row: Pick<IntentRow, "payment_id" | "method_id" | "tries" | "operation_id" | "acted_at" | "off_session">,
): Promise<void> {
  await tx.query(
    "billing.intent_try",
    `update billing.intents set method_id = $3, tries = $4, operation_id = $5, acted_at = $6, off_session = $7, mailed_at = null
     where org_id = $1 and payment_id = $2`,
    [org, row.payment_id, row.method_id, row.tries, row.operation_id, row.acted_at, row.off_session],
  );
}

export async function noteMailed(tx: Tx, org: OrgId, paymentId: string, now: Date): Promise<boolean> {
  const rows = await tx.query(
    "billing.intent_mailed",
    `update billing.intents set mailed_at = $3
     where org_id = $1 and payment_id = $2 and mailed_at is null returning payment_id`,
    [org, paymentId, now],
  );
  return rows.length > 0;
}

/** Those that something is to be done for, across tenants (operator's role); the oldest first. */
export function listDueIntents(
  tx: Tx,
  times: { now: Date; cutOff: Date; lookedFor: Date; waiting: Date },
  limit: number,
): Promise<{ org_id: OrgId; id: string }[]> {
  return tx.query(
    "billing.intents_due",
    `select p.org_id, p.id from billing.payments p
       join billing.intents i on i.org_id = p.org_id and i.payment_id = p.id
     where p.charge_id is null and p.status in ('creating', 'requires_payment_method', 'requires_action') and (
       (p.status = 'creating' and p.provider = 'stripe' and i.acted_at < $2
         and (p.absent_since is null or p.absent_since <= $3))
       -- What became of a wallet that was charged without an answer, its event tells.
       or (p.purpose = 'credits' and not (p.provider = 'paypal' and p.status = 'creating' and i.tries > 0)
         and (i.acted_at < $1::timestamptz - make_interval(secs => $5)
           or (i.tries >= $6 and p.status = 'requires_payment_method' and p.failure_code is not null)))
       or (i.mailed_at is null and ((p.status = 'requires_action' and i.acted_at < $4)
         or (i.off_session and p.failure_code = 'authentication_required'))))
     order by p.created_at limit $7`,
    [times.now, times.cutOff, times.lookedFor, times.waiting, ABANDONED_MS / 1000, MAX_TRIES, limit],
  );
}
