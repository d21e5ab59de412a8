import type { Clock } from "../clock.ts";
import type { Db } from "../db/index.ts";
import type { Loops } from "../jobs/index.ts";
import { purgeStats } from "./purge.ts";

const PURGE_EVERY_MS = 10 * 60_000;

export function cacheJobs(loops: Loops, deps: { db: Db; clock: Clock }): void {
  loops.every("cache.purge", PURGE_EVERY_MS, () => purgeStats(deps));
}
