import { audit, operatorAddresses } from "../../../kernel/identity/index.ts";
import { addMs } from "../../../platform/clock.ts";
import { withOperatorTx, withSystemTx } from "../../../platform/db/index.ts";
import { INSTALLATION } from "../../../platform/ids.ts";
import type { Gateway } from "../settling/state.ts";
import { judge, type DriftState } from "./drift.ts";
import { DRIFT_MAIL } from "./mails.ts";
import { noteDrift, pauseModel, sumBills, type Sum } from "./store.ts";

/** Calls that are older say little of the price of today. */
const WINDOW_MS = 24 * 3_600_000;

/**
 * Compares what providers bill with their tables, over at least 20 calls since the last judgement and within a day: more
 * than 2 % off is told to the operators, more than 20 % pauses the model until an operator lets it be called again.
 */
export async function judgeDrift(gateway: Gateway, signal: AbortSignal): Promise<void> {
  const { clock, db } = gateway.deps;
  const now = clock.now();
  const sums = await withOperatorTx(db, (tx) => sumBills(tx, { from: addMs(now, -WINDOW_MS), to: now }));
  let paused = false;
  for (const sum of sums) {
    if (signal.aborted) break;
    paused = (await judgeOne(gateway, sum, now)) || paused;
  }
  if (paused) await gateway.registry.changed();
}

/** True when its model was paused. */
async function judgeOne({ deps }: Gateway, sum: Sum, now: Date): Promise<boolean> {
  const state = judge(sum);
  return withSystemTx(deps.db, async (tx) => {
    const before = await noteDrift(tx, sum, state, now);
    if (before === undefined) return false;
    const pauses = state === "paused" && (await pauseModel(tx, sum.model, now));
    if (pauses)
      await audit(tx, now, {
        orgId: INSTALLATION,
        actorId: "system",
        action: "llm_model.paused",
        targetId: sum.model,
        detail: { provider: sum.provider, billed_usd: sum.billed_usd, table_usd: sum.table_usd },
      });
    if (pauses || (state !== "ok" && isWorse(state, before)))
      for (const to of await operatorAddresses(tx))
        await deps.mail.send(tx, { kind: DRIFT_MAIL, to, ref: { provider: sum.provider, model: sum.model } });
    return pauses;
  });
}

const GRAVITY: Readonly<Record<DriftState, number>> = { ok: 0, drifting: 1, paused: 2 };
const isWorse = (state: DriftState, before: DriftState | null): boolean =>
  GRAVITY[state] > GRAVITY[before ?? "ok"];
