import { CompanyFault } from "../../../../platform/calls/index.ts";
import { withTx } from "../../../../platform/db/index.ts";
import type { OrgId } from "../../../../platform/ids.ts";
import type { BillingDeps } from "../../deps.ts";
import { refreshIntent } from "../../intents/ask-intent.ts";
import { findPaymentOfInvoice } from "../../intents/store.ts";
import { findFirstInvoice, findInvoice } from "../../invoices/store.ts";
import type { PaymentRow } from "../../payments/payment.ts";
import { findPayment } from "../../payments/store.ts";
import { applyAnswer, refreshInvoiced } from "../refresh.ts";
import { findSubscription } from "../store.ts";
import { giveUpChange } from "../changes/give-up-change.ts";
import { isLive, type SubscriptionRow } from "../subscription.ts";

/** The first invoice of a plan that began with a kept card, and the payment by which it is paid; null: not known here yet. */
export function findFirst({ db }: Pick<BillingDeps, "db">, { org_id: org, id }: SubscriptionRow) {
  return withTx(db, org, async (tx) => {
    const invoice = await findFirstInvoice(tx, org, id);
    const paymentId = invoice && (await findPaymentOfInvoice(tx, org, invoice.id));
    return { invoice, payment: paymentId && (await findPayment(tx, org, paymentId)) };
  });
}

/** Asks for all of it: the subscription, its first invoice, what pays that. Throws `CompanyFault`. */
export async function refreshFirst(deps: BillingDeps, row: SubscriptionRow): Promise<void> {
  const { invoice, payment } = await findFirst(deps, row);
  if (invoice) await refreshInvoiced(deps, row, invoice.provider_invoice_id);
  else await applyBegun(deps, row, row.provider_subscription_id ?? "");
  if (payment && payment.charge_id === null) await refreshIntent(deps, payment);
}

export const applyBegun = (deps: BillingDeps, row: SubscriptionRow, id: string): Promise<void> =>
  applyAnswer(deps, row, async () => {
    const { subscription, invoice } = await deps.stripe.fetchBegun(id);
    return { subscription, invoices: invoice ? [invoice] : [] };
  });

/**
 * Gives up the first payment of a plan, at Stripe first: with its invoice void there is nothing left to pay, and the plan never
 * begins. A success that came first wins. Throws `CompanyFault`.
 */
export async function giveUpFirst(deps: BillingDeps, row: SubscriptionRow): Promise<void> {
  const { invoice } = await findFirst(deps, row);
  try {
    // Void twice is refused; a 5xx that is kept under a key must not stand in its way.
    if (invoice)
      await deps.stripe.voidInvoice(
        invoice.provider_invoice_id,
        `${row.id}:give_up:${deps.clock.now().getTime()}`,
      );
  } catch (error) {
    if (!(error instanceof CompanyFault) || error.kind === "unavailable") throw error;
  }
  await refreshFirst(deps, row);
}

/** The same for whoever holds the payment, of an upgrade that waits as well; false where no plan waits for it. */
export async function giveUpPlanOf(deps: BillingDeps, payment: PaymentRow): Promise<boolean> {
  const { invoice_id: invoiceId } = payment;
  const org = payment.org_id as OrgId;
  const row = await withTx(deps.db, org, async (tx) => {
    const invoice = invoiceId && (await findInvoice(tx, org, invoiceId));
    return invoice ? findSubscription(tx, org, invoice.subscription_id) : null;
  });
  if (!row) return false;
  if (isLive(row)) return giveUpChange(deps, row, invoiceId);
  if (row.status !== "incomplete" || row.method_id === null) return false;
  await giveUpFirst(deps, row);
  return true;
}
