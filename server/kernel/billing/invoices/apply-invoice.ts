import type { Tx } from "../../../platform/db/index.ts";
import { newId } from "../../../platform/ids.ts";
import { audit } from "../../identity/index.ts";
import { post, type Announcement } from "../../ledger/index.ts";
import { isNews, type Effect } from "../../webhooks/index.ts";
import { noteDeclined, noteRecovered } from "../declined.ts";
import type { BillingDeps } from "../deps.ts";
import { applyFacts, takeBackRefunded } from "../payments/apply.ts";
import type { PaymentFact } from "../payments/fact.ts";
import { findPayment, findPlaces, insertCharged, lockPayments, noteTax } from "../payments/store.ts";
import { addMonths } from "../plans/calendar.ts";
import { invoiceAnnouncements } from "../subscriptions/notices/announcement.ts";
import { graceEnd } from "../subscriptions/deadlines/grace.ts";
import { giveCredits } from "../subscriptions/give-credits.ts";
import { mailOwners } from "../subscriptions/notices/mails.ts";
import { placeSubscription } from "../subscriptions/places.ts";
import type { SubscriptionRow } from "../subscriptions/subscription.ts";
import { withStatus } from "../subscriptions/facts/walk.ts";
import { walkInvoice, type InvoiceState } from "./invoice.ts";
import { beginsPaid, receivablePostings, taxShare } from "./receivable.ts";
import { drawNumber, lockInvoice, saveInvoice, type InvoiceRow } from "./store.ts";

/** `invoice`: null where nothing new is known of it. */
type Applied = { row: SubscriptionRow; invoice: InvoiceRow | null; effects: Effect[]; told: Announcement[] };

/**
 * Applies what is known of an invoice: its row, the cash of what paid it, once by the name of the charge, the credits that
 * come with it, failures. Returns the subscription as it then stands, and what there is to tell of the invoice.
 */
export async function applyInvoice(
  deps: BillingDeps,
  tx: Tx,
  subscription: SubscriptionRow,
  state: InvoiceState,
  now: Date,
): Promise<Applied> {
  const { org_id: org } = subscription;
  const { found } = state;
  const before = await lockInvoice(tx, org, subscription.account_id, found.id);
  let invoice = walkInvoice(before, subscription, state, () => newId("inv"));
  const effects: Effect[] = [];
  if (!before)
    await placeSubscription(tx, subscription.account_id, [
      { object_id: found.id, org_id: org, subscription_id: subscription.id },
    ]);
  // A company that invoices nothing leaves the numbers to us.
  if (invoice.provider === "paypal" && invoice.number === null)
    invoice = { ...invoice, number: await drawNumber(tx, invoice.account_id) };
  if (invoice !== before) await saveInvoice(tx, org, invoice);
  const paymentId = await postCharges(deps, tx, invoice, found.charges ?? [], effects, now);
  if (paymentId !== null && invoice.payment_id !== paymentId) {
    invoice = { ...invoice, payment_id: paymentId };
    await saveInvoice(tx, org, invoice);
  }
  await post(tx, org, receivablePostings(before, invoice, invoice.payment_id !== null), now);
  if (invoice === before) return { row: subscription, invoice: null, effects, told: [] };
  if (isNews(before, invoice)) effects.push({ kind: "invoice", id: invoice.id });
  tx.afterCommit(() => deps.hub.publish("invoice.updated", org, { invoice_ids: [invoice.id] }));
  let row = withFailures(subscription, invoice, before, now);
  if (invoice.status === "paid" && before?.status !== "paid") row = await paid(deps, tx, row, invoice, now);
  const failed = invoice.status === "open" && invoice.attempts > (before?.attempts ?? 0);
  if (failed && !beginsPaid(invoice) && row.status !== "incomplete")
    await mailOwners(deps, tx, row, "billing.payment_failed", invoice.id);
  await noteUnpaid(tx, before, invoice, now);
  return { row, invoice, effects, told: invoiceAnnouncements(before, invoice) };
}

/** One that was tried for and is not paid stands among what was declined, until it is paid after all. */
async function noteUnpaid(tx: Tx, before: InvoiceRow | null, invoice: InvoiceRow, now: Date): Promise<void> {
  const { id, mode, currency, due_minor: amountMinor, org_id: org } = invoice;
  const declined = { id, mode, currency, amountMinor, code: "invoice_unpaid" };
  const wasUnpaid = before !== null && isUnpaid(before);
  if (isUnpaid(invoice) && !wasUnpaid) await noteDeclined(tx, org, [declined], now);
  if (invoice.status === "paid" && wasUnpaid) await noteRecovered(tx, org, [declined], now);
}

const isUnpaid = ({ attempts, reason, status }: InvoiceRow): boolean =>
  reason !== "update" &&
  attempts > 0 &&
  (status === "open" || status === "uncollectible" || status === "void");

/** Cash, by the charge's own name; and the payment that shows it. What was refunded since is posted as well. */
async function postCharges(
  deps: BillingDeps,
  tx: Tx,
  invoice: InvoiceRow,
  charges: readonly PaymentFact[],
  effects: Effect[],
  now: Date,
): Promise<string | null> {
  let last: string | null = null;
  for (const found of charges) {
    const { charge } = found;
    if (!charge || charge.capturedMinor === 0n) continue;
    const tax = taxShare(invoice, charge.capturedMinor);
    const paymentId =
      (await begunHere(tx, invoice, found, tax)) ??
      (await insertCharged(tx, invoice.org_id, {
        id: newId("pay"),
        mode: invoice.mode,
        account_id: invoice.account_id,
        amount_minor: charge.capturedMinor,
        currency: charge.currency,
        invoice_id: invoice.id,
        tax_minor: tax,
        created_at: charge.createdAt,
        provider: invoice.provider,
        chargeId: charge.id,
      }));
    const fact = { paymentId, at: now, fetchSeq: null, found };
    for (const done of await applyFacts(deps, tx, invoice.org_id, [fact], now)) effects.push(...done);
    last = paymentId;
  }
  return last;
}

/** The payment of an invoice that its owner pays by hand. */
async function begunHere(
  tx: Tx,
  invoice: InvoiceRow,
  { intentId }: PaymentFact,
  taxMinor: bigint,
): Promise<string | null> {
  if (intentId === null) return null;
  const [place] = await findPlaces(tx, invoice.account_id, [intentId]);
  if (place?.org_id !== invoice.org_id) return null;
  const payment = await findPayment(tx, invoice.org_id, place.payment_id);
  if (payment?.purpose !== "invoice") return null;
  await noteTax(tx, invoice.org_id, payment.id, taxMinor);
  return payment.id;
}

/** Failures are read from the invoice that is open, never counted from events. */
function withFailures(
  row: SubscriptionRow,
  invoice: InvoiceRow,
  before: InvoiceRow | null,
  now: Date,
): SubscriptionRow {
  // What an upgrade waits for leaves the plan as it was.
  if (invoice.status !== "open" || invoice.reason === "update") return row;
  if (invoice.attempts <= (before?.attempts ?? 0)) return row;
  return withStatus({ ...row, failed_payments: invoice.attempts }, now);
}

async function paid(
  deps: BillingDeps,
  tx: Tx,
  row: SubscriptionRow,
  invoice: InvoiceRow,
  now: Date,
): Promise<SubscriptionRow> {
  await audit(tx, now, {
    orgId: row.org_id,
    actorId: "system",
    action: "invoice.paid",
    targetId: invoice.id,
    detail: { amount_minor: Number(invoice.paid_minor), currency: invoice.currency },
  });
  if (invoice.paid_minor > 0n) await mailOwners(deps, tx, row, "billing.receipt", invoice.id);
  if (row.status === "duplicate" || (invoice.reason !== "create" && invoice.reason !== "cycle")) return row;
  const plan = await deps.versions.get(tx, row.version_id);
  const isTrial = invoice.total_minor === 0n && row.provider_status === "trialing";
  const reference = `${invoice.payment_id ?? invoice.id}:credits`;
  if (isTrial) {
    if (!plan.trial) return row;
    const { creditsMicros: micros } = plan.trial;
    const trial = {
      kind: "trial",
      micros,
      reference,
      expiresAt: row.trial_ends_at,
      replaces: false,
    } as const;
    await giveCredits(deps, tx, row, plan, trial, now);
    return row;
  }
  const start = periodStartOf(invoice) ?? row.period_start ?? now;
  const isYear = row.period === "year";
  const next = addMonths(start, 1);
  // A month's credits stay until the next invoice is paid, as long as that may take.
  const expiresAt = isYear ? next : graceEnd(next);
  const micros = plan.creditsMicros * BigInt(row.quantity);
  // Before the balances, as everywhere.
  const [payment] =
    invoice.payment_id === null ? [] : await lockPayments(tx, row.org_id, [invoice.payment_id]);
  await giveCredits(deps, tx, row, plan, { kind: "plan", micros, reference, expiresAt, replaces: true }, now);
  if (payment && payment.refunded_minor > 0n) await takeBackRefunded(tx, row.org_id, payment, now);
  return { ...row, credits_due_at: isYear ? next : null, credits_given: 1 };
}

/** What the invoice is for begins here; a proration looks back and does not count. */
function periodStartOf({ lines }: InvoiceRow): Date | null {
  const starts = lines.filter((line) => !line.proration).map((line) => new Date(line.period_start));
  return starts.toSorted((a, b) => b.getTime() - a.getTime())[0] ?? null;
}
