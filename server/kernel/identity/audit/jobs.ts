import type { Loops } from "../../../platform/jobs/index.ts";
import type { Metrics } from "../../../platform/telemetry/index.ts";
import type { AuditDeps } from "./deps.ts";
import { auditExport, purgeExports } from "./export.ts";
import { keepMonths } from "./keep-partitions.ts";
import { sealChains } from "./seal.ts";
import { signHeads } from "./sign-heads.ts";

const SEAL_EVERY_MS = 5_000;
const SIGN_EVERY_MS = 3_600_000;
const PURGE_EVERY_MS = 600_000;
const DAY_MS = 86_400_000;

/** Seals every five seconds, signs each chain's end daily, keeps the months' partitions. */
export function auditJobs(loops: Loops, deps: AuditDeps & { metrics: Metrics }): void {
  const unsealed = deps.metrics.gauge("audit_unsealed", "Audit entries that wait for their chain");
  const waiting = (entries: number) => unsealed.set(entries);
  loops.every("identity.audit_seal", SEAL_EVERY_MS, () => sealChains(deps, { whole: false, waiting }));
  loops.every("identity.audit_seal_all", DAY_MS, () => sealChains(deps, { whole: true, waiting }));
  loops.every("identity.audit_sign", SIGN_EVERY_MS, () => signHeads(deps));
  loops.every("identity.audit_partitions", DAY_MS, () => keepMonths(deps));
  loops.every("identity.audit_exports", PURGE_EVERY_MS, () => purgeExports(deps));
}

/** Kinds of durable jobs; defined in every role, since any may enqueue them. */
export const defineAuditJobs = (deps: AuditDeps): void => deps.jobs.define(auditExport(deps));
