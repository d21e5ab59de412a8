/**
 * Payments, for those who operate the installation: the companies' books beside ours, and what comes of them.
 *
 * Owns what companies booked, runs and breaks (schema `payments`). Invariant: one line of a company's books ↔ at least one
 * event ↔ exactly one cash effect, equal in amount, fee, net and currency; what is not so is a break, found by every
 * comparison and ended only when the sides agree or an operator accepts it.
 *
 *     const books = [stripeBooks({ stripe, accountId })];
 *     createInbox({ …, handlers: [billing.stripeHandler, ...books.map(recordHandler)] });
 *     definePaymentsJobs(deps);                 // every role
 *     paymentsRoutes(http, deps);               // role api
 *     paymentsJobs(loops, deps);                // role worker
 */
export {
  breakMails,
  reconciliationMetrics,
  recordHandler,
  stripeBooks,
  type ProviderBooks,
  type ReconciliationDeps,
} from "./reconciliation/index.ts";
