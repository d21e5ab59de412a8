import { addMs } from "../../../../platform/clock.ts";
import { assert } from "../../../../platform/problem.ts";
import type { PaypalApi } from "../../../../vendors/paypal/index.ts";
import type { Checkout } from "../fact.ts";
import type { PaymentRow } from "../payment.ts";

/** An order waits this long for its buyer. */
const ORDER_LIFE_MS = 3 * 3_600_000;
/** Stripe's word for "the id of this session"; PayPal has none, so our own id stands there. */
const PLACEHOLDER = "{CHECKOUT_SESSION_ID}";

/** The order of this payment: bare, so that its making moves nothing, and adopted by its id. The same key, the same order. */
export async function createOrder(paypal: PaypalApi, payment: PaymentRow, name: string): Promise<Checkout> {
  const url = (text: string) => text.replace(PLACEHOLDER, payment.id);
  const order = await paypal.createOrder({
    holdfastId: payment.id,
    name,
    amountMinor: payment.amount_minor,
    currency: payment.currency,
    returnUrl: url(payment.success_url),
    cancelUrl: url(payment.cancel_url),
    requestId: `${payment.id}:session:${payment.attempt}`,
  });
  assert(order.customId === payment.id, "PayPal gives our own order back");
  return { id: order.id, url: order.approveUrl, expiresAt: addMs(order.createdAt, ORDER_LIFE_MS) };
}
