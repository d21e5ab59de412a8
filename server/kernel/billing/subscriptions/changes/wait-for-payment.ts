import { CompanyFault } from "../../../../platform/calls/index.ts";
import { type Tx, withTx } from "../../../../platform/db/index.ts";
import type { Id } from "../../../../platform/ids.ts";
import { Problem } from "../../../../platform/problem.ts";
import { BANK_ASKS, type PlanChange } from "../../../../vendors/stripe/index.ts";
import type { BillingDeps } from "../../deps.ts";
import { answerOf, readIntent, type IntentAnswer } from "../../intents/answer.ts";
import { refreshIntent } from "../../intents/ask-intent.ts";
import { startIntent } from "../../intents/start-intent.ts";
import { findOpenChange } from "../../invoices/store.ts";
import { billingProblems } from "../../problems.ts";
import { asking } from "../company-answer.ts";
import { refreshInvoiced } from "../refresh.ts";
import type { SubscriptionRow } from "../subscription.ts";
import type { PreviewRow } from "./change-store.ts";
import { noteRefusal } from "./end-change.ts";

/** Its bank asks the card's holder, whom nobody could ask in the middle of the charge. */
export const isAsked = (error: unknown): boolean =>
  error instanceof CompanyFault && error.kind === "refused" && BANK_ASKS.has(error.code);

/**
 * An upgrade that begins once its invoice is paid: the change at Stripe, its invoice here, and the payment that its holder goes
 * on with, on `/pay`. Until then, and when that is given up, the plan stays. Safe to call again at any point.
 */
export async function waitForPayment(
  deps: BillingDeps,
  row: SubscriptionRow,
  preview: PreviewRow,
  change: PlanChange,
  actorId: string,
): Promise<IntentAnswer | null> {
  await asking(async () => {
    try {
      const idempotencyKey = `${preview.id}:change:2`;
      const { invoice } = await deps.stripe.upgradeOncePaid({ ...change, idempotencyKey });
      // An answer that is given again under its key may be old: what is fetched counts.
      if (invoice) await refreshInvoiced(deps, row, invoice.id);
    } catch (error) {
      await noteRefusal(deps, row, preview, error);
      throw error;
    }
  });
  const open = await withTx(deps.db, row.org_id, (tx) => findOpenChange(tx, row.org_id, row.id));
  // Paid without a question after all, or given up in the meantime.
  return open && beginPayment(deps, row, open.id, { orderId: preview.id, actorId });
}

/** The payment of an upgrade's open invoice, waiting for its holder. Safe to call again. */
export async function beginPayment(
  deps: BillingDeps,
  { mode, org_id: orgId }: SubscriptionRow,
  invoiceId: string,
  { orderId, actorId }: { orderId: string; actorId: string },
): Promise<IntentAnswer> {
  const { payment } = await startIntent(deps, {
    orgId,
    actorId,
    mode,
    purpose: "invoice",
    reference: invoiceId,
    offSession: false,
    operationId: `change:${orderId}` as Id<"idk">,
  });
  const state = await asking(() => refreshIntent(deps, payment));
  return answerOf(deps, await readIntent(deps, orgId, payment.id), state);
}

/** 409 `change_open` with the payment that another change waits for; null in the minute in which it is being begun. */
export async function refuseWaiting(tx: Tx, { org_id: org, id }: SubscriptionRow): Promise<void> {
  const open = await findOpenChange(tx, org, id);
  if (open)
    throw new Problem(billingProblems.change_open, {
      extra: { payment_id: open.payment_id, pay_url: open.pay_url },
    });
}
