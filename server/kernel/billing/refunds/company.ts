import { PaypalFault } from "../../../vendors/paypal/index.ts";
import type { BillingDeps } from "../deps.ts";
import type { RefundFact } from "../payments/fact.ts";
import type { PaymentRow } from "../payments/payment.ts";
import { refundFact, refundName } from "../payments/paypal/order-fact.ts";
import type { RequestRow } from "./refund.ts";

type Deps = Pick<BillingDeps, "paypal" | "stripe">;
/** A payment that took money. */
export type Paid = PaymentRow & { charge_id: string };

/** Asks the payment's company to give money of it back, under this key. Throws `CompanyFault`. */
export async function createRefund(
  deps: Deps,
  payment: Paid,
  row: RequestRow,
  key: string,
): Promise<RefundFact> {
  const { charge_id: chargeId, currency, provider } = payment;
  if (provider === "stripe")
    return deps.stripe.createRefund({
      holdfastId: row.id,
      chargeId,
      amountMinor: row.amount_minor,
      reason: row.reason,
      keepsCredits: !row.clawback,
      idempotencyKey: key,
    });
  const amount = { amountMinor: row.amount_minor, currency };
  const asked = { amount, invoiceId: refundName(row), requestId: key };
  return refundFact(await paypalOf(deps).refundCapture(chargeId, asked), chargeId);
}

/** The refund that carries our id, or null while the company has none. Throws `CompanyFault`. */
export async function findRefund(deps: Deps, payment: Paid, id: string): Promise<RefundFact | null> {
  const { charge_id: chargeId, provider, session_id: orderId } = payment;
  if (provider === "stripe")
    return (await deps.stripe.listRefunds(chargeId)).find(({ holdfastId }) => holdfastId === id) ?? null;
  // Refunds cannot be searched at PayPal; the order lists its own.
  if (orderId === null) throw new PaypalFault("unavailable", "no_order", null);
  const { refunds } = await paypalOf(deps).getOrder(orderId);
  return refunds.map((one) => refundFact(one, chargeId)).find(({ holdfastId }) => holdfastId === id) ?? null;
}

/** PayPal may have been taken out of the configuration since. */
function paypalOf({ paypal }: Deps) {
  if (!paypal) throw new PaypalFault("unavailable", "not_configured", null);
  return paypal.api;
}
