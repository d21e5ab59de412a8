import { addMs, type Clock } from "../../clock.ts";
import { withTx, type Db } from "../../db/index.ts";
import { createContext, withContext, type Logger, type Tracing } from "../../telemetry/index.ts";
import { createJobContext, type Counts } from "./context.ts";
import {
  backoffMs,
  endState,
  GiveUp,
  LeaseLost,
  publicError,
  Stopped,
  type Defined,
  type JobState,
  type StopReason,
} from "../kind.ts";
import type { News } from "../reading/news.ts";
import type { Claimed } from "../queue/queue-store.ts";
import type { WorkerSignals } from "../signals.ts";
import {
  countItems,
  endJob,
  releaseJob,
  retryLater,
  startJob,
  writeProgress,
  type Started,
} from "../store.ts";

/** How long a job that was told to end may take before it is left to itself; what it still does is not kept. */
const GRACE_MS = 3_000;
const PROGRESS_EVERY_MS = 1_000;

export type RunDeps = {
  db: Db;
  clock: Clock;
  logger: Logger;
  news: News;
  signals: WorkerSignals;
  tracing?: Tracing | undefined;
};

/** A job under way in this process. */
export type Running = {
  readonly job: Claimed;
  readonly claim: string;
  /** Tells it to end; the first reason counts. */
  stop(reason: StopReason): void;
  /** Resolves, whatever happened, when its place is free again. */
  readonly ended: Promise<void>;
};

/** Runs one claimed job to its end, its next attempt or its release. */
export function runJob(deps: RunDeps, defined: Defined, job: Claimed, claim: string): Running {
  const controller = new AbortController();
  const stop = (reason: StopReason) => {
    if (!controller.signal.aborted) controller.abort(new Stopped(reason));
  };
  const run = { deps, defined, job, claim: { id: job.id, claim }, controller, stop };
  const own = createContext(deps.tracing?.start(`job ${job.kind}`, "consumer", job.traceparent ?? undefined));
  own.trace?.set({ "holdfast.job_id": job.id, "holdfast.org": job.org });
  const ended = withContext(own, async () => {
    try {
      const failed = await attempt(run);
      own.trace?.end(failed);
    } catch (err) {
      deps.logger.error({ job: job.kind, job_id: job.id, err }, "job not ended");
      own.trace?.end("not_ended");
    }
  });
  return { job, claim, stop, ended };
}

type Attempt = {
  deps: RunDeps;
  defined: Defined;
  job: Claimed;
  claim: { id: Claimed["id"]; claim: string };
  controller: AbortController;
  stop(reason: StopReason): void;
};
type Outcome = { error: unknown } | "returned";

/** Returns the class of the error that ended it, if one did. */
async function attempt(run: Attempt): Promise<string | undefined> {
  const { deps, job, claim } = run;
  const { db, clock } = deps;
  const startedAt = performance.now();
  const now = clock.now();
  const begun = await withTx(db, job.org, async (tx) => {
    const row = await startJob(tx, job.org, claim, now);
    // Cancelled between its claim and now, or taken over.
    if (!row) await endJob(tx, job.org, claim, { state: "cancelled", now, error: null });
    return row && { row, items: await countItems(tx, job.org, job.id) };
  });
  if (!begun) return undefined;
  deps.signals.wait.observe({ kind: job.kind }, Math.max(0, now.getTime() - job.dueAt.getTime()) / 1000);
  const outcome = await work(run, begun.row, { ...begun.items, total: begun.row.total });
  await conclude(run, begun.row, outcome, performance.now() - startedAt);
  if (outcome === "returned") return undefined;
  return outcome.error instanceof Error ? outcome.error.name : "error";
}

/** Calls the job's function, with its deadline, its progress and a bound on how long it may ignore being stopped. */
async function work(run: Attempt, row: Started, counts: Counts): Promise<Outcome> {
  const { deps, defined, job, claim, controller } = run;
  const { signal } = controller;
  const deadline = setTimeout(() => run.stop("timeout"), defined.timeoutMs);
  const progress = flushing(() => {
    deps.news.tell(job, "running", counts);
    return withTx(deps.db, job.org, (tx) => writeProgress(tx, job.org, job.id, counts));
  });
  const abandoned = Promise.withResolvers<Outcome>();
  let grace: NodeJS.Timeout | undefined;
  signal.addEventListener("abort", () => {
    grace = setTimeout(() => abandoned.resolve({ error: signal.reason }), GRACE_MS);
  });
  const call = async (): Promise<Outcome> => {
    try {
      const payload = defined.payload.parse(row.payload);
      const state = { db: deps.db, org: job.org, run: claim, job: row, payload, signal, counts };
      await defined.run(createJobContext({ ...state, changed: progress.ask }));
      return "returned";
    } catch (error) {
      return { error };
    }
  };
  // A job that runs for a second is told of, whether it says how far it is or not.
  progress.ask();
  const outcome = await Promise.race([call(), abandoned.promise]);
  clearTimeout(deadline);
  clearTimeout(grace);
  await progress.stop();
  return outcome;
}

/** At most one write a second, the newest last; a failed one is left to the next. */
function flushing(write: () => Promise<void>) {
  let asked = false;
  let timer: NodeJS.Timeout | undefined;
  let under: Promise<void> = Promise.resolve();
  const flush = () => {
    timer = undefined;
    if (!asked) return;
    asked = false;
    under = write().catch(() => undefined);
    timer = setTimeout(flush, PROGRESS_EVERY_MS);
  };
  return {
    ask() {
      asked = true;
      timer ??= setTimeout(flush, PROGRESS_EVERY_MS);
    },
    async stop() {
      clearTimeout(timer);
      await under;
    },
  };
}

type Ending =
  | { kind: "end"; state: JobState; error: unknown }
  | { kind: "again"; dueAt: Date; error: unknown }
  | { kind: "release" }
  | { kind: "lost" };

/** What becomes of the job. A stop counts only if it came before the job had returned. */
function decide(
  run: Attempt,
  row: Started,
  outcome: Outcome,
  items: { done: number; failed: number },
): Ending {
  if (outcome === "returned") return { kind: "end", state: endState("returned", items), error: null };
  const reason: unknown = run.controller.signal.reason;
  const stopped = reason instanceof Stopped ? reason : null;
  if (stopped?.reason === "lease_lost" || outcome.error instanceof LeaseLost)
    return stopped?.reason === "cancelled"
      ? { kind: "end", state: "cancelled", error: null }
      : { kind: "lost" };
  if (stopped?.reason === "cancelled") return { kind: "end", state: "cancelled", error: null };
  if (stopped?.reason === "stopping") return { kind: "release" };
  const error = stopped ?? outcome.error;
  if (outcome.error instanceof GiveUp || row.attempts >= row.max_attempts)
    return { kind: "end", state: endState("threw", items), error };
  const wait = backoffMs(run.defined, row.attempts, Math.random());
  return { kind: "again", dueAt: addMs(run.deps.clock.now(), wait), error };
}

async function conclude(run: Attempt, row: Started, outcome: Outcome, ms: number): Promise<void> {
  const { deps, job, claim } = run;
  const ending = await withTx(deps.db, job.org, async (tx) => {
    const items = await countItems(tx, job.org, job.id);
    const ending = decide(run, row, outcome, items);
    const now = deps.clock.now();
    if (ending.kind === "release") await releaseJob(tx, job.org, claim);
    if (ending.kind === "again") {
      const again = { dueAt: ending.dueAt, error: publicError(ending.error) };
      if (!(await retryLater(tx, job.org, claim, again))) return { kind: "lost" } as const;
    }
    if (ending.kind === "end") {
      const error = ending.error === null ? null : publicError(ending.error);
      if (!(await endJob(tx, job.org, claim, { state: ending.state, now, error })))
        return { kind: "lost" } as const;
    }
    return ending;
  });
  report(run, row, ending, ms);
}

function report(run: Attempt, row: Started, ending: Ending, ms: number): void {
  const { deps, job } = run;
  const outcome = { end: "", again: "retrying", release: "released", lost: "lease_lost" }[ending.kind];
  const word = ending.kind === "end" ? ending.state : outcome;
  deps.signals.seconds.observe({ kind: job.kind }, ms / 1000);
  deps.signals.total.inc({ kind: job.kind, outcome: word });
  const error = "error" in ending && ending.error !== null ? { err: ending.error } : {};
  const level = word === "failed" || word === "partial" || word === "retrying" ? "warn" : "info";
  const line = { job: job.kind, job_id: job.id, org: job.org, attempt: row.attempts, outcome: word };
  deps.logger[level]({ ...line, ms: Math.round(ms), ...error }, "job");
  if (ending.kind === "end") deps.news.tell(job, ending.state, null);
  if (ending.kind === "again") deps.news.tell(job, "retrying", null);
}
