/**
 * Work outside of requests. Loops are recurring and live in a process; durable jobs live in PostgreSQL: they are enqueued
 * in the caller's transaction, survive every process, and can be seen, cancelled and retried.
 *
 * Tables: `platform.jobs` and `job_items` behind each organization's wall; `job_queue`, `job_turns` and `job_pauses`, which
 * hold ids, kinds and times for workers of all organizations.
 *
 * Invariants: a job is run by one claim at a time, and what another claim writes is refused; organizations take turns; what
 * is done under `once` is done exactly once, whatever is killed when; no answer holds a payload.
 */
export { createLoops, type Loop, type Loops } from "./loops.ts";
export { createJobs, type Jobs, type JobsDeps } from "./worker/durable.ts";
export { countByProduct, type ProductJobs } from "./reading/figures.ts";
export type { NewJob } from "./queue/enqueue.ts";
export { GiveUp, type JobContext, type JobId, type JobKind, type JobState, type Priority } from "./kind.ts";
