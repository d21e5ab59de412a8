/**
 * Stripe, and the only importer of its SDK. Owns the calls (10 s each, tried again after 1 s and 2 s under the same
 * idempotency key, not at all while most fail), the signature of its webhooks (`verify.ts`) and the translation of its
 * objects into small facts: no type of the SDK passes this door. Reached at another base URL, the same code speaks to the
 * local sandbox.
 */
export { createStripe, type ListedEvent, type NewSession, type StripeApi } from "./stripe.ts";
export {
  readCustomerEvent,
  type CustomerAddress,
  type CustomerFact,
  type CustomerProfile,
  type HostedPage,
  type MethodFact,
  type TaxId,
} from "./customers.ts";
export { NO_TAX_ADDRESS, type IntentState } from "./intents.ts";
export { StripeFault } from "./fault.ts";
export { readEnvelope, type Envelope } from "./envelope.ts";
export { thinTypes } from "./thin.ts";
export { readRecurringEvent, sessionMode, type RecurringEvent } from "./read-recurring.ts";
export { BANK_ASKS, type PlanChange } from "./recurring.ts";
export type {
  ChangePreview,
  InvoiceFact,
  InvoiceLine,
  SubscriptionFact,
  SubscriptionSession,
} from "./recurring-facts.ts";
export { readDisputeEvent, readPayoutEvent } from "./read-dispute.ts";
export { readPaymentEvent } from "./read-payment.ts";
export { readBalanceEvent } from "./read-balance.ts";
export type {
  BalanceMovement,
  BalanceRecord,
  ChargeFact,
  CheckoutSession,
  Fee,
  PaymentFact,
  PaymentState,
  RefundFact,
  RefundStatus,
  StripeDispute,
  StripePayout,
} from "./facts.ts";
