import type { Loops } from "../../platform/jobs/index.ts";
import type { ReconciliationDeps } from "./reconciliation/index.ts";
import { defineReconciliationJobs, reconciliationJobs } from "./reconciliation/jobs.ts";

/** Kinds of durable jobs; in every role, since any may enqueue them. */
export function definePaymentsJobs(deps: ReconciliationDeps): void {
  defineReconciliationJobs(deps);
}

export function paymentsJobs(loops: Loops, deps: ReconciliationDeps): void {
  reconciliationJobs(loops, deps);
}
