import { withTx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { BillingDeps } from "../deps.ts";
import type { PaymentRow } from "../payments/payment.ts";
import { savePayments } from "../payments/save-payments.ts";
import { lockPayments } from "../payments/store.ts";
import { findIntent } from "./store.ts";

/** Nothing stands at the company that could still take money: Stripe's intent was never confirmed, PayPal refused each try. */
export async function endHere(
  deps: BillingDeps,
  { org_id, id }: PaymentRow,
  reason = "abandoned",
): Promise<void> {
  const org = org_id as OrgId;
  const now = deps.clock.now();
  await withTx(deps.db, org, async (tx) => {
    const [row] = await lockPayments(tx, org, [id]);
    const intent = await findIntent(tx, org, id);
    if (row?.charge_id !== null || row.intent_id !== null || row.status === "processing") return;
    // A wallet may have been charged without an answer.
    if (row.provider === "paypal" && row.status === "creating" && intent && intent.tries > 0) return;
    const next: PaymentRow = {
      ...row,
      status: "canceled",
      failure_code: row.failure_code ?? reason,
      as_of: now,
    };
    await savePayments(tx, org, [next], now);
    tx.afterCommit(() => deps.hub.publish("payment.updated", org, { payment_ids: [id] }));
  });
}
