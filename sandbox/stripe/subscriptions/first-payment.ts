import type { World } from "../../core/company.ts";
import type { Invoice } from "../invoices/invoice.ts";
import { intentOf } from "../invoices/invoice-payments.ts";
import { declinedError } from "../payments/pay.ts";
import { StripeError } from "../protocol/errors.ts";

/** `error_if_incomplete`: an invoice that was not paid undoes what led to it. */
export function refusePayment(world: World, invoice: Invoice): void {
  if (invoice.status === "paid") return;
  const intent = intentOf(world, invoice);
  // Not kept: nothing of it was ever there.
  if (intent !== null && intent.last_payment_error !== null) {
    throw new StripeError(402, declinedError(intent).body);
  }
  throw new StripeError(402, {
    type: "card_error",
    code: "subscription_payment_intent_requires_action",
    message:
      "Payment for this subscription requires additional user action before it can be completed successfully. Payment can be completed using the PaymentIntent associated with subscription.latest_invoice.",
  });
}
