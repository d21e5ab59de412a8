import { z } from "zod";
import { idParam } from "../../../platform/http/index.ts";
import type { Loops } from "../../../platform/jobs/index.ts";
import { carryOutProof } from "./carry-out.ts";
import type { ProofDeps } from "./deps.ts";
import { PROOF_JOB, startNightlyProof } from "./start-run.ts";

const ATTEMPTS = 5;
const BACKOFF_MS = 5 * 60_000;
const TIMEOUT_MS = 10 * 60_000;
const NIGHTLY_EVERY_MS = 60_000;

/** Named in every role, since any may start a run. */
export function defineProofJobs({ gateway, jobs }: ProofDeps): void {
  jobs.define({
    kind: PROOF_JOB,
    payload: z.strictObject({ run_id: idParam("run") }),
    attempts: ATTEMPTS,
    backoff: (failures) => BACKOFF_MS * 2 ** (failures - 1),
    timeoutMs: TIMEOUT_MS,
    atOnce: 1,
    run: ({ attempt, payload, signal }) =>
      carryOutProof(gateway, payload.run_id, { signal, isLast: attempt >= ATTEMPTS }),
  });
}

/** The nights' proofs. */
export function proofJobs(loops: Loops, deps: ProofDeps): void {
  loops.every("gateway.nightly_proof", NIGHTLY_EVERY_MS, async () => {
    await startNightlyProof(deps);
  });
}
