import { withOperatorTx, withTx } from "../../../platform/db/index.ts";
import type { Id } from "../../../platform/ids.ts";
import { Problem } from "../../../platform/problem.ts";
import type { BillingDeps } from "../deps.ts";
import { cancel } from "../subscriptions/changes/cancel.ts";
import { findLive } from "../subscriptions/store.ts";
import type { RequestRow } from "./refund.ts";
import { findSubscriptionOf, listToEnd, noteEnded } from "./store.ts";

const AT_ONCE = 20;

/** Ends the subscription that a refund was to end, once the company has the refund. Done before, or gone by now: noted only. */
async function endSubscription(deps: BillingDeps, row: RequestRow): Promise<void> {
  const { clock, db } = deps;
  const { cancel_subscription: at, mode, org_id: orgId } = row;
  if (at === "none" || row.cancelled_at !== null) return;
  const isLive = await withTx(db, orgId, async (tx) => {
    const of = await findSubscriptionOf(tx, orgId, row.payment_id);
    return of !== null && (await findLive(tx, orgId, mode))?.id === of.id;
  });
  try {
    const operationId = row.operation_id as Id<"idk">;
    if (isLive) await cancel(deps, { orgId, actorId: row.requested_by, mode, at, operationId });
  } catch (error) {
    if (!(error instanceof Problem && error.kind.code === "not_subscribed")) throw error;
  }
  await withTx(db, orgId, (tx) => noteEnded(tx, orgId, row.id, clock.now()));
}

/** Carries on what a refund's request could not end. */
export async function endSubscriptions(deps: BillingDeps, signal: AbortSignal): Promise<void> {
  const due = await withOperatorTx(deps.db, (tx) => listToEnd(tx, AT_ONCE));
  for (const row of due) {
    if (signal.aborted) return;
    await tryToEnd(deps, row);
  }
}

/** The refund stands whatever becomes of the subscription; what did not work is tried again. */
export async function tryToEnd(deps: BillingDeps, row: RequestRow): Promise<void> {
  try {
    await endSubscription(deps, row);
  } catch (err) {
    deps.logger.warn({ err, refund_id: row.id }, "subscription not ended");
  }
}
