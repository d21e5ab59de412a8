import type { Loops } from "../../platform/jobs/index.ts";
import type { Billing } from "./billing.ts";

const RESUME_MS = 30_000;
/** A new organization waits this long for its first credits. */
const MONTHS_MS = 5_000;
const CLOCK_MS = 5_000;
const WATCH_MS = 10_000;
const CUSTOMERS_MS = 10_000;
const INTENTS_MS = 5_000;
const TOPUPS_MS = 3_000;
const FEES_MS = 2_000;
const CHANGES_MS = 2_000;
const ORDERS_MS = 5 * 60_000;
const TRIALS_MS = 3_600_000;

/** Purchases cut off before their session was known; the company's fees; months that our clock counts. */
export function billingJobs(loops: Loops, billing: Billing): void {
  loops.every("billing.resume", RESUME_MS, async (signal) => {
    const resumed = await billing.resumePurchases(signal);
    if (resumed > 0) billing.deps.logger.info({ resumed }, "purchases resumed");
    const refunded = await billing.resumeRefunds(signal);
    if (refunded > 0) billing.deps.logger.info({ refunded }, "refunds resumed");
  });
  loops.every("billing.months", MONTHS_MS, async () => {
    await billing.beginMonths();
    return billing.giveMonths();
  });
  loops.every("billing.clock", CLOCK_MS, () => billing.runClock());
  loops.every("billing.trials", TRIALS_MS, () => billing.forgetTrials());
  loops.every("billing.orders", ORDERS_MS, async (signal) => {
    await billing.sweepOrders(signal);
    await billing.sweepSetups(signal);
  });
  loops.every("billing.changes", CHANGES_MS, async (signal) => {
    await billing.carryChanges(signal);
  });
  loops.every("billing.customers", CUSTOMERS_MS, async (signal) => {
    await billing.tellCustomers(signal);
    await billing.eraseCopies(signal);
  });
  loops.every("billing.watch", WATCH_MS, async (signal) => {
    await billing.watch(signal);
  });
  loops.every("billing.intents", INTENTS_MS, async (signal) => {
    await billing.sweepIntents(signal);
  });
  loops.every("billing.topups", TOPUPS_MS, async (signal) => {
    await billing.runTopups(signal);
  });
  loops.every("billing.fees", FEES_MS, async (signal) => {
    await billing.postFees(signal);
  });
}
