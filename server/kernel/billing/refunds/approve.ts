import { withOperatorTx, withTx } from "../../../platform/db/index.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { audit } from "../../identity/index.ts";
import type { BillingDeps } from "../deps.ts";
import { billingProblems } from "../problems.ts";
import type { RequestRow } from "./refund.ts";
import { sendAndRead } from "./request.ts";
import { findOrg, lockRequest, updateRequest, type RefundView } from "./store.ts";

/** A second operator approves a refund that waits, which sends it. 404; 409 `own_request`, `already_decided`. */
export async function approveRefund(
  deps: BillingDeps,
  { id, mode, actorId }: { id: string; mode: string; actorId: string },
): Promise<RefundView> {
  const org = await withOperatorTx(deps.db, (tx) => findOrg(tx, "refund_requests", id));
  if (!org) throw new Problem(common.not_found);
  const row = await withTx(deps.db, org, async (tx): Promise<RequestRow> => {
    const before = await lockRequest(tx, org, id);
    if (before?.mode !== mode) throw new Problem(common.not_found);
    if (before.state !== "awaiting_approval") throw new Problem(billingProblems.already_decided);
    if (before.requested_by === actorId) throw new Problem(billingProblems.own_request);
    const now = deps.clock.now();
    const approved: RequestRow = {
      ...before,
      state: "requested",
      attempt_at: now,
      approved_by: actorId,
      approved_at: now,
    };
    await updateRequest(tx, approved);
    await audit(tx, now, {
      orgId: org,
      actorId,
      action: "refund.approved",
      targetId: id,
      detail: {
        amount_minor: Number(before.amount_minor),
        currency: before.currency,
        requested_by: before.requested_by,
      },
    });
    return approved;
  });
  return sendAndRead(deps, org, row);
}
