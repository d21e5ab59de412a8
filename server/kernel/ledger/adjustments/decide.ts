import { withOperatorTx, withTx } from "../../../platform/db/index.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { audit } from "../../identity/index.ts";
import { ledgerProblems } from "../problems.ts";
import type { Adjustment, AdjustmentType } from "./adjustment.ts";
import type { AdjustDeps } from "./deps.ts";
import { postAdjustment } from "./post-adjustment.ts";
import { findOrgOf, lockAdjustment, updateDecision } from "./store.ts";

/**
 * A second operator approves what waits, which posts it, or anybody of them rejects it, whoever asked included. 409
 * `own_request`, `already_decided`.
 */
export async function decideAdjustment(
  deps: AdjustDeps,
  operatorId: string,
  { id, type }: { id: string; type: AdjustmentType },
  decision: "posted" | "rejected",
): Promise<Adjustment> {
  const org = await withOperatorTx(deps.db, (tx) => findOrgOf(tx, id, type));
  if (!org) throw new Problem(common.not_found);
  return withTx(deps.db, org, async (tx) => {
    const row = await lockAdjustment(tx, org, id);
    if (!row) throw new Problem(common.not_found);
    if (row.state !== "pending") throw new Problem(ledgerProblems.already_decided);
    if (decision === "posted" && row.requestedBy === operatorId)
      throw new Problem(ledgerProblems.own_request);
    const now = deps.clock.now();
    const decided: Adjustment = { ...row, state: decision, decidedBy: operatorId, decidedAt: now };
    await updateDecision(tx, decided);
    if (decision === "posted") await postAdjustment(tx, deps, decided, now);
    await audit(tx, now, {
      orgId: org,
      actorId: operatorId,
      action: `ledger.${row.type}_${decision === "posted" ? "approved" : "rejected"}`,
      targetId: id,
      detail: { unit: row.unit, amount: Number(row.amount), requested_by: row.requestedBy },
    });
    return decided;
  });
}
