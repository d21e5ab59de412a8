import type { z } from "zod";
import type { Clock } from "../clock.ts";
import type { Bus } from "../bus/index.ts";
import { asTenant, withSystemTx, type Db, type Tx } from "../db/index.ts";
import { INSTALLATION, newId, type OrgId } from "../ids.ts";
import { assert } from "../problem.ts";
import type { Hub } from "../realtime/index.ts";
import type { Logger, Metrics } from "../telemetry/index.ts";
import { cancelJob } from "./cancel.ts";
import { complete, type Defined, type JobId, type JobKind, type Priority } from "./kind.ts";
import type { Loops } from "./loops.ts";
import { createNews } from "./news.ts";
import { findOldest, pauseOrg, resumeOrg } from "./queue-store.ts";
import { purgeJobs } from "./purge.ts";
import { retryJob } from "./retry.ts";
import { createSignals } from "./signals.ts";
import { insertJob, type JobRow } from "./store.ts";
import { startWorker, type Worker } from "./worker.ts";

/** The bus's channel: tells workers of every process to claim, or to look for what is to be cancelled. */
const CHANNEL = "jobs";
const QUEUED = "queued";
const CANCEL = "cancel";
/** Many jobs enqueued within this are told as one. */
const GATHER_MS = 50;
const PURGE_MS = 3_600_000;
const PAYLOAD_BYTES = 64 * 1024;

export type NewJob = {
  /** A defined kind. */
  kind: string;
  /** Null: a job of the installation itself. */
  orgId: OrgId | null;
  /** Ids rather than what they name: no secret, no personal text. At most 64 KiB. */
  payload: unknown;
  /** Default: the kind's. */
  priority?: Priority;
  /** Default: now. */
  runAt?: Date;
  /** Who may cancel it besides admins: the person's or key's id. */
  createdBy?: string | null;
  /** While a job of this kind and organization has the key, that one is answered instead of making another. */
  dedupeKey?: string;
  /** How long it has the key: as long as its row is kept (the default; 7 days at least), or only until it ends. */
  dedupe?: "kept" | "unfinished";
};

export type JobsDeps = { db: Db; clock: Clock; bus: Bus; hub: Hub; logger: Logger; metrics: Metrics };

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
    },
    async enqueue(tx, job) {
      const kind = kinds.get(job.kind);
      assert(kind, `the kind ${job.kind} is defined`);
      const payload = JSON.stringify(kind.payload.parse(job.payload));
      assert(Buffer.byteLength(payload) <= PAYLOAD_BYTES, `the payload of ${job.kind} is small`);
      const now = clock.now();
      const org = job.orgId ?? INSTALLATION;
      const row = {
        id: newId("job"),
        kind: job.kind,
        priority: job.priority ?? kind.priority,
        payload,
        dedupeKey: job.dedupeKey ?? null,
        dedupeUntilEnd: job.dedupe === "unfinished",
        createdBy: job.createdBy ?? null,
        maxAttempts: kind.attempts,
        now,
        dueAt: job.runAt ?? now,
      };
      const id = await asTenant(tx, org, () => insertJob(tx, org, row));
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

/** Calls `act` at once, then at most every `GATHER_MS`, the last time after the last ask. */
function gathering(act: () => void) {
  let timer: NodeJS.Timeout | undefined;
  let asked = false;
  const go = () => {
    timer = undefined;
    if (!asked) return;
    asked = false;
    act();
    timer = setTimeout(go, GATHER_MS);
  };
  return {
    ask() {
      asked = true;
      if (!timer) go();
    },
    stop: () => clearTimeout(timer),
  };
}
