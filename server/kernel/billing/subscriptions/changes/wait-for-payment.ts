import { CompanyFault } from "../../../../platform/calls/index.ts";
import { type Tx, withTx } from "../../../../platform/db/index.ts";
import type { Id } from "../../../../platform/ids.ts";
import { Problem } from "../../../../platform/problem.ts";
import { BANK_ASKS, type PlanChange } from "../../../../vendors/stripe/index.ts";
import type { BillingDeps } from "../../deps.ts";
import { refreshIntent } from "../../intents/ask-intent.ts";
import { startIntent } from "../../intents/start-intent.ts";
import { findOpenChange } from "../../invoices/store.ts";
import { billingProblems } from "../../problems.ts";
import { asking } from "../company-answer.ts";
import { applyAnswer } from "../refresh.ts";
import type { SubscriptionRow } from "../subscription.ts";
import type { PreviewRow } from "./change-store.ts";

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
): Promise<void> {
  await asking(() =>
    applyAnswer(deps, row, async () => {
      const idempotencyKey = `${preview.id}:change:2`;
      const { subscription, invoice } = await deps.stripe.upgradeOncePaid({ ...change, idempotencyKey });
      return { subscription, invoices: invoice ? [invoice] : [] };
    }),
  );
  const open = await withTx(deps.db, row.org_id, (tx) => findOpenChange(tx, row.org_id, row.id));
  // Paid without a question after all, or given up in the meantime.
  if (!open) return;
  const { payment } = await startIntent(deps, {
    orgId: row.org_id,
    actorId,
    mode: row.mode,
    purpose: "invoice",
    reference: open.id,
    offSession: false,
    operationId: `change:${preview.id}` as Id<"idk">,
  });
  await asking(() => refreshIntent(deps, payment));
}

/** 409 `change_open` with the payment that another change waits for. */
export async function refuseWaiting(tx: Tx, { org_id: org, id }: SubscriptionRow): Promise<void> {
  const open = await findOpenChange(tx, org, id);
  if (open?.payment_id)
    throw new Problem(billingProblems.change_open, {
      extra: { payment_id: open.payment_id, pay_url: open.pay_url },
    });
}
