import type { Clock } from "../clock.ts";
import type { Db } from "../db/index.ts";
import type { Loops } from "../jobs/index.ts";
import { purgeLimits } from "./purge.ts";

const PURGE_EVERY_MS = 60_000;

export function limitJobs(loops: Loops, deps: { db: Db; clock: Clock }): void {
  loops.every("limits.purge", PURGE_EVERY_MS, () => purgeLimits(deps));
}
