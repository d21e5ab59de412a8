import type { Loops } from "../../platform/jobs/index.ts";
import type { Metrics } from "../../platform/telemetry/index.ts";
import { auditJobs } from "./audit/jobs.ts";
import type { IdentityDeps } from "./deps.ts";
import { purge } from "./purge.ts";

const PURGE_EVERY_MS = 3_600_000;

export function identityJobs(
  loops: Loops,
  deps: Pick<IdentityDeps, "db" | "clock" | "logger" | "signer"> & { metrics: Metrics },
): void {
  auditJobs(loops, deps);
  loops.every("identity.purge", PURGE_EVERY_MS, () => purge(deps));
}
