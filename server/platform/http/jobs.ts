import type { Clock } from "../clock.ts";
import type { Db } from "../db/index.ts";
import type { Loops } from "../jobs/index.ts";
import { purgeKeys } from "./idempotency.ts";

const PURGE_EVERY_MS = 10 * 60_000;

/** Forgets Idempotency-Keys after their 72 hours. */
export function idempotencyJobs(loops: Loops, deps: { db: Db; clock: Clock }): void {
  loops.every("idempotency_purge", PURGE_EVERY_MS, () => purgeKeys(deps));
}
