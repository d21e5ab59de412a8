export type { ReconciliationDeps } from "./deps.ts";
export type { ProviderBooks } from "./books/provider-books.ts";
export { reconciliationMetrics } from "./metrics.ts";
export { recordHandler } from "./books/record-handler.ts";
export { paypalBooks } from "./books/paypal-books.ts";
export { stripeBooks } from "./books/stripe-books.ts";
export { breakMails } from "./breaks/tell-breaks.ts";
