/**
 * Payments, for those who operate the installation: the companies' books beside ours, and what comes of them.
 *
 * Owns what companies booked, runs and breaks (schema `payments`). Invariant: one line of a company's books ↔ at least one
 * event ↔ exactly one cash effect, equal in amount, fee, net and currency; what is not so is a break, found by every
 * comparison and ended only when the sides agree or an operator accepts it.
 *
 * The relay tells customers' endpoints what happens (`outbound_*`). A message is written in the transaction of the change
 * that it tells of, or not at all; its body, id and version never change, however often it is sent; versions of one object
 * grow; a signing secret is sealed, and shown once.
 *
 *     const books = [stripeBooks({ stripe, accountId })];
 *     createInbox({ …, handlers: [billing.stripeHandler, ...books.map(recordHandler)] });
 *     definePaymentsJobs(deps);                 // every role
 *     paymentsRoutes(http, deps);               // role api
 *     paymentsJobs(loops, deps);                // role worker
 */
export {
  breakMails,
  paypalBooks,
  reconciliationMetrics,
  recordHandler,
  stripeBooks,
  type ProviderBooks,
  type ReconciliationDeps,
} from "./reconciliation/index.ts";
export { stripePayoutHandler } from "./payouts/stripe-payouts.ts";
export { paymentsConfig } from "./config.ts";
export { createRelay, type Relay } from "./relay/relay.ts";
export { relayMails } from "./relay/endpoints/mails.ts";
