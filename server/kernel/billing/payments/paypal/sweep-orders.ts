import { addMs } from "../../../../platform/clock.ts";
import { withOperatorTx, withTx } from "../../../../platform/db/index.ts";
import { PaypalFault } from "../../../../vendors/paypal/index.ts";
import { applyFacts } from "../apply.ts";
import type { BillingDeps } from "../../deps.ts";
import { findPayment, listOpenOrders } from "../store.ts";
import { fetchOrder } from "./ask-paypal.ts";
import type { Account } from "./prepare.ts";

/** An order that nothing was heard of for so long is asked for. */
const SILENT_MS = 15 * 60_000;
const AT_ONCE = 20;

/**
 * Asks for orders that are open here and silent: one that was approved while every event was lost is captured, one that is
 * forgotten there has expired. Returns how many were asked for.
 */
export async function sweepOrders(deps: BillingDeps, account: Account, signal: AbortSignal): Promise<number> {
  const { db, clock, logger } = deps;
  const before = addMs(clock.now(), -SILENT_MS);
  const due = await withOperatorTx(db, (tx) => listOpenOrders(tx, account.accountId, before, AT_ONCE));
  let asked = 0;
  for (const { org_id, id } of due) {
    if (signal.aborted) break;
    const row = await withTx(db, org_id, (tx) => findPayment(tx, org_id, id));
    if (!row?.session_id || row.charge_id !== null) continue;
    try {
      const fetched = await fetchOrder(deps, account.api, row);
      await withTx(db, org_id, (tx) =>
        applyFacts(deps, tx, org_id, [{ paymentId: row.id, ...fetched }], clock.now()),
      );
      asked += 1;
    } catch (err) {
      if (err instanceof PaypalFault && err.kind === "unavailable") return asked;
      // One that cannot be settled must not hold up those behind it.
      logger.error({ err, payment_id: id }, "order not settled");
    }
  }
  return asked;
}
