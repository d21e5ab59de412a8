/** Calls of plans, subscriptions, invoices. */
import type { Example } from "./examples.ts";

export const billingExamples: Record<string, Example> = {
  listPlans: {},
  getSubscription: {},
  getPlanUsage: {},
};
