import { withSystemTx } from "../../../platform/db/index.ts";
import type { Id } from "../../../platform/ids.ts";
import { assert } from "../../../platform/problem.ts";
import type { Gateway } from "../settling/state.ts";
import { countOpen } from "./breaks/store.ts";
import { dayNamed } from "./day.ts";
import { proveDay } from "./prove.ts";
import { beginRun, endRun } from "./run-store.ts";
import { tellProofBreaks } from "./breaks/tell.ts";

/**
 * Carries out a run; begun again it finds what it found. What was found is kept and told even when some books could not be
 * read; then the next attempt reads them. `isLast`: nobody tries again after this.
 */
export async function carryOutProof(
  gateway: Gateway,
  runId: Id<"run">,
  { signal, isLast }: { signal: AbortSignal; isLast: boolean },
): Promise<void> {
  const { clock, db } = gateway.deps;
  const run = await withSystemTx(db, (tx) => beginRun(tx, runId));
  if (!run) return;
  const day = dayNamed(run.day);
  assert(day, "a run names a day");
  const end = (state: "completed" | "failed") =>
    withSystemTx(db, async (tx) => {
      const breaks = await countOpen(tx, day);
      await endRun(tx, runId, { state, breaks, now: clock.now() });
    });
  try {
    await proveDay(gateway, day, signal);
  } catch (error) {
    if (isLast) await end("failed");
    throw error;
  } finally {
    await tellProofBreaks(gateway);
  }
  await end("completed");
}
