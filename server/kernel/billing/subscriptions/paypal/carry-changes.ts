import { addMs } from "../../../../platform/clock.ts";
import { CompanyFault } from "../../../../platform/calls/index.ts";
import { withOperatorTx, withSystemTx, withTx } from "../../../../platform/db/index.ts";
import type { OrgId } from "../../../../platform/ids.ts";
import { assert } from "../../../../platform/problem.ts";
import { PaypalFault } from "../../../../vendors/paypal/index.ts";
import { audit } from "../../../identity/index.ts";
import type { BillingDeps } from "../../deps.ts";
import type { PaymentRow } from "../../payments/payment.ts";
import { findPayment } from "../../payments/store.ts";
import { ensurePrice, paypalSeller } from "../../plans/ensure-price.ts";
import { applyRecurring } from "../facts/apply.ts";
import type { PreviewRow } from "../changes/change-store.ts";
import type { InvoiceFact } from "../company.ts";
import { findOrder, linkInvoice, listOrders, listOrdersDue, updateOrder } from "../changes/order-store.ts";
import { emptyFact } from "../facts/prepare.ts";
import { applyAnswer } from "../refresh.ts";
import { findSubscription, lockSubscriptions } from "../store.ts";
import { isLive, type SubscriptionRow } from "../subscription.ts";
import { askPaypal, type Account } from "./ask-paypal.ts";

const AT_ONCE = 20;
/** A change waits this long for its buyer to agree. */
const AGREE_MS = 3 * 3_600_000;

type Order = { order: PreviewRow; row: SubscriptionRow; payment: PaymentRow | null };

/**
 * Carries on what was ordered of other plans: once it is paid for, PayPal is told and the buyer asked to agree; what cannot be
 * done, or is not agreed to in time, leaves the old plan and pays back. One that fails holds up no other.
 */
export async function carryChanges(
  deps: BillingDeps,
  account: Account,
  signal: AbortSignal,
): Promise<number> {
  const { clock, db, logger } = deps;
  const due = await withOperatorTx(db, (tx) => listOrdersDue(tx, account.accountId, clock.now(), AT_ONCE));
  for (const { org_id, id } of due) {
    if (signal.aborted) break;
    try {
      await carryChange(deps, account, org_id, id);
    } catch (err) {
      const isAway = err instanceof CompanyFault && err.kind === "unavailable";
      logger[isAway ? "warn" : "error"]({ err, order_id: id }, "change of plan not carried on");
    }
  }
  return due.length;
}

/** One step of one order; safe to take again. */
export async function carryChange(
  deps: BillingDeps,
  account: Account | null,
  org: OrgId,
  id: string,
): Promise<void> {
  assert(account, "an order by PayPal was written down while it was offered");
  const found = await read(deps, org, id);
  if (!found || found.order.done_at !== null) return;
  const { order, payment } = found;
  if (order.failed_at !== null) return payBack(account, order, payment);
  if (payment && payment.charge_id === null) {
    if (payment.status === "canceled" || payment.status === "failed") await giveUp(deps, found, "not_paid");
    return;
  }
  if (payment?.invoice_id === null) await invoiceOrder(deps, found, payment);
  if (payment && payment.refunded_minor > 0n) return giveUp(deps, found, "refunded");
  if (order.approve_url === null) await revise(deps, account, found);
  else if (order.approve_until !== null && order.approve_until <= deps.clock.now())
    await endWaiting(deps, account, found);
}

function read({ db }: BillingDeps, org: OrgId, id: string): Promise<Order | null> {
  return withTx(db, org, async (tx) => {
    const order = await findOrder(tx, org, id);
    const row = order && (await findSubscription(tx, org, order.subscription_id));
    if (!order || !row) return null;
    return { order, row, payment: order.payment_id ? await findPayment(tx, org, order.payment_id) : null };
  });
}

/** The order's own invoice, of the lines that were shown before. */
async function invoiceOrder(deps: BillingDeps, { order, row }: Order, payment: PaymentRow): Promise<void> {
  const at = payment.paid_at ?? deps.clock.now();
  const total = order.due_now_minor;
  const found: InvoiceFact = {
    id: `paypal:${order.id}`,
    subscriptionId: row.provider_subscription_id,
    holdfastId: row.id,
    number: null,
    status: "paid",
    reason: "update",
    currency: order.currency,
    subtotalMinor: total,
    taxMinor: 0n,
    totalMinor: total,
    dueMinor: total,
    paidMinor: total,
    attempts: 1,
    nextAttemptAt: null,
    lines: order.lines.map((line) => ({
      description: line.description,
      amountMinor: BigInt(line.amount_minor),
      quantity: line.quantity,
      periodStart: new Date(line.period_start),
      periodEnd: new Date(line.period_end),
      proration: line.proration,
    })),
    payUrl: null,
    createdAt: at,
    paidAt: at,
    charges: [],
  };
  await withTx(deps.db, row.org_id, async (tx) => {
    const fact = { ...emptyFact(row.id), invoices: [{ found, fetchSeq: null, at }] };
    await applyRecurring(deps, tx, row.org_id, [fact], deps.clock.now());
    await linkInvoice(tx, row.org_id, {
      accountId: row.account_id,
      invoice: found.id,
      paymentId: payment.id,
    });
  });
}

/** What it was worked out from must still be so, and nothing newer be ordered. */
async function isStale({ db }: BillingDeps, { order, row }: Order): Promise<boolean> {
  const [newest] = await withTx(db, row.org_id, (tx) => listOrders(tx, row.org_id, row.id));
  return (
    !isLive(row) ||
    row.status === "suspended" ||
    newest?.id !== order.id ||
    row.version_id !== order.from_version_id ||
    row.quantity !== order.from_quantity ||
    row.period_start?.getTime() !== order.from_period_start.getTime()
  );
}

async function revise(deps: BillingDeps, account: Account, found: Order): Promise<void> {
  const { order, row } = found;
  const { provider_subscription_id: providerId } = row;
  if (providerId === null || (await isStale(deps, found))) return giveUp(deps, found, "stale");
  const plan = await withSystemTx(deps.db, (tx) => deps.versions.get(tx, order.version_id));
  const price = { period: order.period, currency: order.currency, amountMinor: order.amount_minor };
  const url = `${deps.baseUrl}/billing`;
  try {
    const planId = await ensurePrice(deps, paypalSeller(account), plan, price);
    const asked = await account.api.reviseSubscription(providerId, {
      planId,
      quantity: order.quantity,
      returnUrl: url,
      cancelUrl: url,
    });
    if (asked.approveUrl === null)
      return await applyAnswer(deps, row, () => askPaypal(deps, account, row, providerId));
    const until = addMs(deps.clock.now(), AGREE_MS);
    await change(deps, found, { approve_url: asked.approveUrl, approve_until: until });
  } catch (error) {
    if (!(error instanceof PaypalFault && error.kind !== "unavailable")) throw error;
    await giveUp(deps, found, error.code);
    throw error;
  }
}

/** Agreed to at the last moment, it counts; else it is over. */
async function endWaiting(deps: BillingDeps, account: Account, found: Order): Promise<void> {
  const { row, order } = found;
  const providerId = row.provider_subscription_id;
  if (providerId !== null) await applyAnswer(deps, row, () => askPaypal(deps, account, row, providerId));
  const now = await read(deps, row.org_id, order.id);
  if (now?.order.done_at === null) await giveUp(deps, found, "not_agreed");
}

async function giveUp(deps: BillingDeps, found: Order, reason: string): Promise<void> {
  await change(deps, found, { failed_at: deps.clock.now() }, reason);
}

/** Under the subscription's lock, unless it has ended meanwhile. */
function change(
  deps: BillingDeps,
  { order, row }: Order,
  next: Partial<Pick<PreviewRow, "approve_url" | "approve_until" | "failed_at">>,
  reason?: string,
): Promise<void> {
  const { org_id: org } = row;
  return withTx(deps.db, org, async (tx) => {
    await lockSubscriptions(tx, org);
    const now = await findOrder(tx, org, order.id);
    if (!now || now.done_at !== null || now.failed_at !== null) return;
    await updateOrder(tx, { ...now, ...next });
    if (reason !== undefined)
      await audit(tx, deps.clock.now(), {
        orgId: org,
        actorId: "system",
        action: "subscription.change_given_up",
        targetId: row.id,
        detail: { reason },
      });
    tx.afterCommit(() => deps.hub.publish("subscription.updated", org));
  });
}

/** All of it, once under this key; PayPal's event tells our books. */
async function payBack({ api }: Account, order: PreviewRow, payment: PaymentRow | null): Promise<void> {
  if (!payment?.charge_id || payment.refunded_minor > 0n) return;
  await api.refundCapture(payment.charge_id, { amount: null, requestId: `${order.id}:refund` });
}
