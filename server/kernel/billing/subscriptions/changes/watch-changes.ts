import { addMs } from "../../../../platform/clock.ts";
import { withOperatorTx, withTx } from "../../../../platform/db/index.ts";
import { Problem } from "../../../../platform/problem.ts";
import type { BillingDeps } from "../../deps.ts";
import { listUnbegunChanges } from "../../invoices/store.ts";
import { findSubscription } from "../store.ts";
import { listOrders } from "./order-store.ts";
import { beginPayment } from "./wait-for-payment.ts";

/** One this old is not being carried out by its request any more. */
const CUT_OFF_MS = 60_000;
const AT_ONCE = 20;

/**
 * Begins the payment of upgrades that Stripe has taken and whose request was cut off before: their owners are then written to,
 * and go on with it. Returns how many there were. One that fails holds up no other.
 */
export async function watchChanges(deps: BillingDeps, signal: AbortSignal): Promise<number> {
  const { accountId, clock, db, logger } = deps;
  const due = await withOperatorTx(db, (tx) =>
    listUnbegunChanges(tx, accountId, addMs(clock.now(), -CUT_OFF_MS), AT_ONCE),
  );
  for (const { id, org_id: org, subscription_id } of due) {
    if (signal.aborted) break;
    try {
      const { order, row } = await withTx(db, org, async (tx) => ({
        row: await findSubscription(tx, org, subscription_id),
        order: (await listOrders(tx, org, subscription_id)).find(({ direction }) => direction === "up"),
      }));
      if (row) await beginPayment(deps, row, id, { orderId: order?.id ?? id, actorId: row.created_by });
    } catch (err) {
      const isAway = err instanceof Problem && err.kind.status === 503;
      logger[isAway ? "warn" : "error"]({ err, invoice_id: id }, "payment of an upgrade not begun");
    }
  }
  return due.length;
}
