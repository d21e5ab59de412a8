/** Plans for tests that build billing by itself. */
import type { Clock } from "../../server/platform/clock.ts";
import { newId } from "../../server/platform/ids.ts";
import type { Db } from "../../server/platform/db/index.ts";
import type { BillingDeps } from "../../server/kernel/billing/deps.ts";
import { announce } from "../../server/products/payments/relay/announce.ts";
import { createVersions, readPlans } from "../../server/kernel/billing/index.ts";
import shipped from "../../config/plans.json" with { type: "json" };

/** `PLANS` as shipped, but that the free one gives no credits, which would stand in every book that a test compares. */
export const PLANS_WITHOUT_GIFTS = JSON.stringify({
  ...shipped,
  plans: shipped.plans.map((plan) => (plan.key === "free" ? { ...plan, credits_per_month: 0 } : plan)),
});

/** What a subscription needs of billing; what is mailed goes nowhere. */
export function planDeps(shared: {
  db: Db;
  clock: Clock;
}): Pick<
  BillingDeps,
  "plans" | "versions" | "seats" | "trialSecrets" | "secondApproval" | "announce" | "mail"
> {
  const plans = readPlans();
  return {
    plans,
    versions: createVersions({ ...shared, plans }),
    seats: null,
    trialSecrets: ["a secret of trials"],
    secondApproval: { SECOND_APPROVAL_MAJOR_UNITS: 500, SECOND_APPROVAL_CREDITS: 50_000 },
    announce: async (tx, org, events) => void (await announce(tx, org, events, shared.clock.now())),
    mail: { send: () => Promise.resolve(newId("mail")) },
  };
}
