import { audit } from "../../../kernel/identity/index.ts";
import { addMs } from "../../../platform/clock.ts";
import { withSystemTx, type Tx } from "../../../platform/db/index.ts";
import { INSTALLATION, newId } from "../../../platform/ids.ts";
import { common, Problem } from "../../../platform/problem.ts";
import { gatewayProblems } from "../problems.ts";
import { DAY_MS, dayNamed, dayOf } from "./day.ts";
import type { ProofDeps } from "./deps.ts";
import { failLostRuns, insertRun, type RunRow } from "./run-store.ts";

export const PROOF_JOB = "gateway.proof";
/** After midnight UTC: late bills have come by then. */
const NIGHTLY_MS = 3 * 3_600_000;
/** As far back as a provider tells figures of a day. */
const DAYS_BACK = 30;
/** Longer than all attempts of a run together. */
const LOST_MS = 4 * 3_600_000;

/**
 * Starts the proof of a UTC day by a durable job. 422 for a day that has not ended or lies more than 30 days back, 409
 * `proof_in_progress`.
 */
export function startProof(deps: ProofDeps, input: { day: string; by: string }): Promise<RunRow> {
  const { clock, db } = deps.gateway.deps;
  const now = clock.now();
  const day = dayNamed(input.day);
  const today = dayOf(now).from;
  if (!day || day.to > today || day.from < addMs(today, -DAYS_BACK * DAY_MS))
    throw new Problem(common.invalid_input, {
      errors: [{ pointer: "/day", detail: `must be one of the last ${DAYS_BACK} UTC days that have ended` }],
    });
  return withSystemTx(db, async (tx) => {
    const run = await insert(deps, tx, { day: day.name, nightly: false, by: input.by });
    if (!run) throw new Problem(gatewayProblems.proof_in_progress);
    await audit(tx, now, {
      orgId: INSTALLATION,
      actorId: input.by,
      action: "llm_proof.started",
      targetId: run.id,
      detail: { day: day.name },
    });
    return run;
  });
}

/** Once after 03:00 UTC: the day before. Returns whether it was started. */
export async function startNightlyProof(deps: ProofDeps): Promise<boolean> {
  const { clock, db } = deps.gateway.deps;
  const now = clock.now();
  const midnight = dayOf(now).from;
  if (now.getTime() - midnight.getTime() < NIGHTLY_MS) return false;
  return withSystemTx(db, async (tx) => {
    await failLostRuns(tx, addMs(now, -LOST_MS), now);
    const day = dayOf(addMs(midnight, -1)).name;
    return (await insert(deps, tx, { day, nightly: true, by: null })) !== null;
  });
}

async function insert(
  { gateway, jobs }: ProofDeps,
  tx: Tx,
  { day, nightly, by }: { day: string; nightly: boolean; by: string | null },
): Promise<RunRow | null> {
  const created_at = gateway.deps.clock.now();
  const run = await insertRun(tx, { id: newId("run"), day, nightly, created_by: by, created_at });
  if (run)
    await jobs.enqueue(tx, {
      kind: PROOF_JOB,
      orgId: null,
      payload: { run_id: run.id },
      createdBy: by,
      dedupeKey: run.id,
    });
  return run;
}
