import { withTx, type Tx } from "../../../platform/db/index.ts";
import { newId, type Id, type OrgId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { audit, findOperators } from "../../identity/index.ts";
import { findOrganizationName } from "../../tenancy/index.ts";
import type { Mode, Unit } from "../book/entry.ts";
import { needsApproval, type Adjustment, type AdjustmentType } from "./adjustment.ts";
import type { AdjustDeps } from "./deps.ts";
import { postAdjustment } from "./post-adjustment.ts";
import { insertAdjustment } from "./store.ts";
import { APPROVAL_MAIL } from "./mails.ts";

export type AdjustmentInput = {
  orgId: OrgId;
  mode: Mode;
  type: AdjustmentType;
  unit: Unit;
  amount: bigint;
  expiresAt: Date | null;
  reason: string;
  operatorId: string;
  operationId: Id<"idk">;
};

/**
 * Gives or takes by hand, at once or, above the bound, once another operator approves. 404 for an organization that does
 * not exist, 422 for a currency that we do not know and for credits that would have expired already.
 */
export async function requestAdjustment(deps: AdjustDeps, input: AdjustmentInput): Promise<Adjustment> {
  const { operatorId, operationId, ...wanted } = input;
  const waits = needsApproval(wanted, deps.config);
  return withTx(deps.db, input.orgId, async (tx) => {
    const now = deps.clock.now();
    if ((await findOrganizationName(tx, input.orgId)) === null) throw new Problem(common.not_found);
    const { row, isNew } = await insertAdjustment(tx, {
      ...wanted,
      id: newId("adj"),
      operationId,
      state: waits ? "pending" : "posted",
      requestedBy: operatorId,
      requestedAt: now,
      decidedBy: waits ? null : operatorId,
      decidedAt: waits ? null : now,
    });
    if (!isNew) return row;
    if (row.expiresAt !== null && row.expiresAt <= now)
      throw new Problem(common.invalid_input, {
        errors: [{ pointer: "/expires_at", detail: "is over already" }],
      });
    if (!waits) await postAdjustment(tx, deps, row, now);
    else await askOthers(tx, deps, row);
    const { unit, amount, reason } = row;
    await audit(tx, now, {
      orgId: row.orgId,
      actorId: operatorId,
      action: `ledger.${row.type}_${waits ? "requested" : "posted"}`,
      targetId: row.id,
      detail: { unit, amount: Number(amount), reason },
    });
    return row;
  });
}

/** Tells every other operator that something waits for one of them. */
async function askOthers(tx: Tx, { mail }: AdjustDeps, row: Adjustment): Promise<void> {
  for (const { id, email } of await findOperators(tx))
    if (id !== row.requestedBy)
      await mail.send(tx, { kind: APPROVAL_MAIL, to: email, ref: { adjustment_id: row.id } });
}
