/**
 * PayPal, spoken to over HTTP. Owns the calls (10 s each, tried again after 1 s and 2 s under the same `PayPal-Request-Id`,
 * not at all while most fail), the access token, the check of its webhooks' signatures (`verify.ts`) and the translation of
 * its objects into small facts. Reached at another base URL, the same code speaks to the local sandbox.
 */
export { createPaypal, type ListedPaypalEvent, type NewOrder, type PaypalApi } from "./paypal.ts";
export { PaypalFault } from "./fault.ts";
export { readNamedIds, readPaypalEnvelope, type NamedIds } from "./envelope.ts";
export { canTake, stepOf } from "./money.ts";
export type { PaypalSetup, PaypalWallet } from "./vault.ts";
export { readCustomerId } from "./envelope.ts";
export type { PaypalCapture, PaypalDispute, PaypalOrder, PaypalRefund, PaypalTransaction } from "./facts.ts";
export type {
  PaypalPlan,
  PaypalRevision,
  PaypalSubscription,
  PaypalSubscriptionPayment,
} from "./recurring-facts.ts";
