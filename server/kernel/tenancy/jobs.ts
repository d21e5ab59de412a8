import type { Loops } from "../../platform/jobs/index.ts";
import type { TenancyDeps } from "./deps.ts";
import { warnOfExpiry } from "./keys/expiry.ts";

/** More often than daily, so that a restart at the wrong hour costs no day; each warning is given once all the same. */
const LOOK_EVERY_MS = 3_600_000;

export function tenancyJobs(loops: Loops, deps: Pick<TenancyDeps, "db" | "clock" | "mail">): void {
  loops.every("tenancy.key-expiry", LOOK_EVERY_MS, () => warnOfExpiry(deps));
}
