export type { ReconciliationDeps } from "./deps.ts";
export type { ProviderBooks } from "./provider-books.ts";
export { reconciliationMetrics } from "./metrics.ts";
export { recordHandler } from "./record-handler.ts";
export { paypalBooks } from "./paypal-books.ts";
export { stripeBooks } from "./stripe-books.ts";
export { breakMails } from "./tell-breaks.ts";
