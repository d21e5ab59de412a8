/** Plans for tests that build billing by itself. */
import type { Clock } from "../../server/platform/clock.ts";
import type { Db } from "../../server/platform/db/index.ts";
import { createVersions, readPlans } from "../../server/kernel/billing/index.ts";

/** What a subscription needs of billing; those who sell none send no mail. */
export function planDeps(shared: { db: Db; clock: Clock }) {
  const plans = readPlans();
  return {
    plans,
    versions: createVersions({ ...shared, plans }),
    seats: null,
    trialSecrets: ["a secret of trials"],
    secondApproval: { SECOND_APPROVAL_MAJOR_UNITS: 500, SECOND_APPROVAL_CREDITS: 50_000 },
    mail: { send: () => Promise.reject(new Error("no mail was expected")) },
  };
}
