import type { Loops } from "../../platform/jobs/index.ts";
import { auditJobs, defineAuditJobs } from "./audit/jobs.ts";
import type { IdentityDeps } from "./deps.ts";
import { carryOutDeletions } from "./deletion/carry-out.ts";
import { carryOutMfaReset } from "./operators/reset-mfa.ts";
import { purge } from "./purge.ts";
import { rotateKeys } from "./tokens/rotate-keys.ts";
import { wipeSuccessors } from "./tokens/wipe.ts";

const PURGE_EVERY_MS = 3_600_000;
const MFA_RESETS_EVERY_MS = 60_000;
const DELETIONS_EVERY_MS = 3_600_000;
const ROTATE_KEYS_EVERY_MS = 86_400_000;
const WIPE_EVERY_MS = 15_000;

export function identityJobs(
  loops: Loops,
  deps: Pick<
    IdentityDeps,
    | "cache"
    | "db"
    | "clock"
    | "departures"
    | "hub"
    | "jobs"
    | "logger"
    | "mail"
    | "metrics"
    | "organizations"
    | "sealer"
    | "sessionEnded"
    | "signer"
  >,
): void {
  auditJobs(loops, deps);
  loops.every("identity.purge", PURGE_EVERY_MS, () => purge(deps));
  loops.every("identity.deletions", DELETIONS_EVERY_MS, () => carryOutDeletions(deps));
  loops.every("identity.mfa_resets", MFA_RESETS_EVERY_MS, () => carryOutMfaReset(deps));
  loops.every("identity.rotate_keys", ROTATE_KEYS_EVERY_MS, () => rotateKeys(deps));
  loops.every("identity.wipe_successors", WIPE_EVERY_MS, () => wipeSuccessors(deps));
}

/** Names identity's durable jobs; in every role, since any may enqueue them. */
export function defineIdentityJobs(
  deps: Pick<IdentityDeps, "db" | "clock" | "jobs" | "logger" | "signer">,
): void {
  defineAuditJobs(deps);
}
