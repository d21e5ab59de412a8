import { CompanyFault } from "../../../platform/calls/index.ts";
import { withTx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { context } from "../../../platform/telemetry/index.ts";
import type { BillingDeps } from "../deps.ts";
import { findInvoice } from "../invoices/store.ts";
import type { PaymentRow } from "../payments/payment.ts";
import { refreshInvoiced } from "../subscriptions/refresh.ts";
import { findSubscription } from "../subscriptions/store.ts";

/**
 * An invoice of Stripe's that was just paid by hand: what it begins or restores is asked for at once. While Stripe is away
 * nothing is lost by it, since its events tell the same.
 */
export async function followInvoice(
  deps: BillingDeps,
  { charge_id, invoice_id, org_id, provider }: PaymentRow,
): Promise<void> {
  if (charge_id === null || invoice_id === null || provider !== "stripe") return;
  const org = org_id as OrgId;
  const { invoice, row } = await withTx(deps.db, org, async (tx) => {
    const found = await findInvoice(tx, org, invoice_id);
    return { invoice: found, row: found && (await findSubscription(tx, org, found.subscription_id)) };
  });
  if (!invoice || !row || invoice.status === "paid") return;
  try {
    await refreshInvoiced(deps, row, invoice.provider_invoice_id);
  } catch (error) {
    if (!(error instanceof CompanyFault)) throw error;
    context()?.note(`${error.company}_fault`, error.code);
  }
}
