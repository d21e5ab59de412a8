import type { z } from "zod";
import type { Clock } from "../../clock.ts";
import type { Bus } from "../../bus/index.ts";
import { withSystemTx, type Db, type Tx } from "../../db/index.ts";
import type { OrgId } from "../../ids.ts";
import { assert } from "../../problem.ts";
import type { Hub } from "../../realtime/index.ts";
import type { Logger, Metrics, Tracing } from "../../telemetry/index.ts";
import { cancelJob } from "../control/cancel.ts";
import { enqueueJob, type NewJob } from "../queue/enqueue.ts";
import { gathering } from "../queue/gathering.ts";
import { complete, type Defined, type JobId, type JobKind } from "../kind.ts";
import type { Loops } from "../loops.ts";
import { createNews } from "../reading/news.ts";
import { findOldest, pauseOrg, resumeOrg } from "../queue/queue-store.ts";
import { purgeJobs } from "../purging/purge.ts";
import { retryJob } from "../control/retry.ts";
import { createSignals, startCounting } from "../signals.ts";
import type { JobRow } from "../store.ts";
import { startWorker, type Worker } from "./worker.ts";

/** The bus's channel: tells workers of every process to claim, or to look for what is to be cancelled. */
const CHANNEL = "jobs";
const QUEUED = "queued";
const CANCEL = "cancel";
const PURGE_MS = 3_600_000;

export type JobsDeps = {
  db: Db;
  clock: Clock;
  bus: Bus;
  hub: Hub;
  logger: Logger;
  metrics: Metrics;
  tracing?: Tracing;
};

export type Jobs = {
  readonly deps: JobsDeps;
  /** Names a kind of job and what it does; once per process and kind, before `start`, in every role. */
  define<P extends z.ZodType>(kind: JobKind<P>): void;
  /**
   * Enqueues a job in the caller's transaction, of whatever kind: with its commit the job is there, without it it never
   * was. Answers the job's id, or that of the job which has its dedupe key.
   */
  enqueue(tx: Tx, job: NewJob): Promise<JobId>;
  /** The organization's jobs wait from the next claim on; those that run go on to their end. */
  pause(tx: Tx, orgId: OrgId): Promise<void>;
  /** They go on, within seconds. */
  resume(tx: Tx, orgId: OrgId): Promise<void>;
  cancel(org: OrgId, id: JobId, mayCancel: (job: JobRow) => boolean): Promise<JobRow>;
  retry(org: OrgId, id: JobId): Promise<JobRow>;
  /** Jobs of all organizations that could run now, and how long the oldest of them has waited. */
  waiting(): Promise<{ waiting: number; oldest_seconds: number }>;
  /** Starts claiming and running jobs, `places` at once. */
  start(loops: Loops, places: number): void;
  /** Tells jobs that run to end and hands back those that do not within `timeoutMs`; the loops are stopped beside. */
  stop(timeoutMs: number): Promise<void>;
};

export function createJobs(deps: JobsDeps): Jobs {
  const { clock, bus, hub } = deps;
  const kinds = new Map<string, Defined>();
  const signals = createSignals(deps);
  const news = createNews(hub);
  let worker: Worker | null = null;
  // This process hears itself as well.
  const tell = gathering(() => bus.publish(CHANNEL, QUEUED));
  return {
    deps,
    define(kind) {
      assert(!kinds.has(kind.kind), `the kind ${kind.kind} is defined once`);
      assert(!worker, `the kind ${kind.kind} is defined before jobs start`);
      kinds.set(kind.kind, complete(kind));
      startCounting(deps.metrics, kind.kind, "completed", "failed");
    },
    async enqueue(tx, job) {
      const kind = kinds.get(job.kind);
      assert(kind, `the kind ${job.kind} is defined`);
      const id = await enqueueJob(tx, kind, job, clock.now());
      tx.afterCommit(tell.ask);
      return id;
    },
    pause: (tx, orgId) => pauseOrg(tx, orgId),
    async resume(tx, orgId) {
      await resumeOrg(tx, orgId);
      tx.afterCommit(tell.ask);
    },
    async cancel(org, id, mayCancel) {
      const job = await cancelJob(deps, org, id, mayCancel);
      news.tell({ id, org }, job.state, job);
      if (job.state === "cancelling") bus.publish(CHANNEL, CANCEL);
      return job;
    },
    async retry(org, id) {
      const job = await retryJob(deps, org, id, tell.ask);
      news.tell({ id, org }, job.state, job);
      return job;
    },
    async waiting() {
      const now = clock.now();
      const { waiting, oldest_due_at: since } = await withSystemTx(deps.db, (tx) => findOldest(tx, now));
      const oldest_seconds = since ? Math.max(0, Math.floor((now.getTime() - since.getTime()) / 1000)) : 0;
      return { waiting, oldest_seconds };
    },
    start(loops, places) {
      const started = startWorker({ ...deps, news, signals }, loops, kinds, places);
      worker = started;
      bus.subscribe(CHANNEL, (text) => (text === CANCEL ? started.look() : started.wake()));
      let after = "";
      loops.every("jobs.purge", PURGE_MS, async () => {
        after = (await purgeJobs(deps, after)) ?? "";
        return after !== "";
      });
    },
    async stop(timeoutMs) {
      await worker?.stop(timeoutMs);
      tell.stop();
      news.stop();
    },
  };
}
