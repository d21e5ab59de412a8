import { z } from "zod";
import { idParam } from "../../../platform/http/index.ts";
import { addMs } from "../../../platform/clock.ts";
import type { Jobs, Loops } from "../../../platform/jobs/index.ts";
import { checkStanding, checkWindow } from "./runs/check-window.ts";
import type { ReconciliationDeps } from "./deps.ts";
import { READ_EVERY_MS } from "./read.ts";
import { carryOut } from "./runs/run.ts";
import { RECONCILE_JOB, startNightly } from "./runs/start-run.ts";
import { tellBreaks } from "./breaks/tell-breaks.ts";

const ATTEMPTS = 5;
const BACKOFF_MS = 10 * 60_000;
const TIMEOUT_MS = 30 * 60_000;
const NIGHTLY_EVERY_MS = 60_000;
/** What is read again each time: the companies' lists lag, and so may our events. */
const WATCHED_MS = 24 * 3_600_000;

/** Named in every role, since any may start a run. */
export function defineReconciliationJobs(deps: ReconciliationDeps & { jobs: Jobs }): void {
  deps.jobs.define({
    kind: RECONCILE_JOB,
    payload: z.strictObject({ run_id: idParam("run") }),
    attempts: ATTEMPTS,
    backoff: () => BACKOFF_MS,
    timeoutMs: TIMEOUT_MS,
    run: ({ attempt, payload, signal }) =>
      carryOut(deps, payload.run_id, { signal, isLast: attempt >= ATTEMPTS }),
  });
}

/** The nights' runs, and the last day of every account over and over, so that the summary is never old. */
export function reconciliationJobs(loops: Loops, deps: ReconciliationDeps): void {
  loops.every("payments.nightly", NIGHTLY_EVERY_MS, async () => {
    const started = await startNightly(deps);
    if (started > 0) deps.logger.info({ started }, "nightly reconciliation started");
  });
  loops.every("payments.watch", READ_EVERY_MS, (signal) => watch(deps, signal));
}

async function watch(deps: ReconciliationDeps, signal: AbortSignal): Promise<void> {
  for (const books of deps.books) {
    // Rounded up to the company's seconds, so that what was just booked is in it.
    const to = addMs(deps.clock.now(), 1_000);
    try {
      await checkWindow(deps, books, { from: addMs(to, -WATCHED_MS), to }, signal);
    } catch (err) {
      // A company that is away holds up neither the other nor what waits for an answer.
      deps.logger.warn({ err, account_id: books.accountId }, "books not compared");
    }
    await checkStanding(deps, books);
  }
  await tellBreaks(deps);
}
