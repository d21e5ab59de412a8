/**
 * What organizations pay. Owns payments, refunds, customers and the directory of provider objects (schema `billing`).
 *
 * A row is committed before a company is called, and carried on from there after any accident. Money and credits move only
 * through the ledger, each under a reference that names what moved: delivery, backfill, replay and the buyer's return all
 * meet in it. Amount and currency must equal the row, else nothing is delivered.
 *
 *     const billing = createBilling({ db, clock, hub, logger, stripe, accountId, paypal, baseUrl, packs: readPacks() });
 *     createInbox({ …, handlers: billing.handlers });
 *     billingRoutes(http, billing);            // role api
 *     billingJobs(loops, billing);             // role worker
 */
export { createBilling, type Billing } from "./billing.ts";
export type { BillingDeps } from "./deps.ts";
export { billingConfig } from "./config.ts";
export { readPlans } from "./plans/plan.ts";
export { createVersions } from "./plans/versions.ts";
export { billingMails } from "./mails.ts";
export { payerActions } from "./payers/personal-data.ts";
export { readPacks, type Pack } from "./payments/pack.ts";
export { cashReference, feeReference, type Booked, type Movement } from "./cash.ts";
export { DECLINED } from "./declined.ts";
export { readRecurring, type Recurring } from "./subscriptions/read-recurring.ts";
export { findObjectStates, listUnknownOutcomes, type ObjectState, type UnknownOutcome } from "./outcomes.ts";
