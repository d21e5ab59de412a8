import type { Loops } from "../../platform/jobs/index.ts";
import type { Billing } from "./billing.ts";

/** Purchases cut off before their session, and fees. */
export function billingJobs(_loops: Loops, _billing: Billing): void {}
