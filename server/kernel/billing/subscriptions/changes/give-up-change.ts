import { CompanyFault } from "../../../../platform/calls/index.ts";
import { withTx } from "../../../../platform/db/index.ts";
import type { BillingDeps } from "../../deps.ts";
import { readIntent } from "../../intents/answer.ts";
import { refreshIntent } from "../../intents/ask-intent.ts";
import { findOpenChange } from "../../invoices/store.ts";
import { refreshInvoiced } from "../refresh.ts";
import type { SubscriptionRow } from "../subscription.ts";

/**
 * Gives up the upgrade that waits, at Stripe first; false where none does, or not for the invoice told. A success that came
 * first wins.
 */
export async function giveUpChange(
  deps: BillingDeps,
  row: SubscriptionRow,
  invoiceId?: string | null,
): Promise<boolean> {
  const { id, org_id: org } = row;
  const open = await withTx(deps.db, org, (tx) => findOpenChange(tx, org, id));
  if (!open || (invoiceId !== undefined && invoiceId !== open.id)) return false;
  try {
    // Void twice is refused; a 5xx that is kept under a key must not stand in its way.
    await deps.stripe.voidInvoice(
      open.provider_invoice_id,
      `${open.id}:give_up:${deps.clock.now().getTime()}`,
    );
  } catch (error) {
    if (!(error instanceof CompanyFault) || error.kind === "unavailable") throw error;
  }
  await refreshInvoiced(deps, row, open.provider_invoice_id);
  if (open.payment_id === null) return true;
  const { payment } = await readIntent(deps, org, open.payment_id);
  if (payment.charge_id === null) await refreshIntent(deps, payment);
  return true;
}
