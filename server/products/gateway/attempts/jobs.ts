import { z } from "zod";
import { withSystemTx } from "../../../platform/db/index.ts";
import type { Jobs, Loops } from "../../../platform/jobs/index.ts";
import { dayOf } from "../proof/day.ts";
import type { Gateway } from "../settling/state.ts";
import { keepMonths } from "./keep-months.ts";

type Deps = { gateway: Gateway; jobs: Pick<Jobs, "define" | "enqueue"> };

const MONTHS_JOB = "gateway.attempt_months";
const BACKOFF_MS = 60_000;
const TIMEOUT_MS = 60_000;
const LOOK_MS = 3_600_000;

/** Named in every role, since any may enqueue one. */
export function defineAttemptJobs({ gateway, jobs }: Deps): void {
  jobs.define({
    kind: MONTHS_JOB,
    payload: z.strictObject({}),
    attempts: 5,
    backoff: (failures) => BACKOFF_MS * 2 ** (failures - 1),
    timeoutMs: TIMEOUT_MS,
    atOnce: 1,
    run: async () => void (await keepMonths(gateway)),
  });
}

/** Once a UTC day, the first time as soon as a worker runs. */
export function attemptJobs(loops: Loops, { gateway, jobs }: Deps): void {
  const { db, clock } = gateway.deps;
  loops.every("gateway.attempt_months", LOOK_MS, async () => {
    const dedupeKey = dayOf(clock.now()).name;
    await withSystemTx(db, (tx) =>
      jobs.enqueue(tx, { kind: MONTHS_JOB, orgId: null, payload: {}, dedupeKey }),
    );
  });
}
