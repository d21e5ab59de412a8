import { type Tx, withTx } from "../../../../platform/db/index.ts";
import { newId } from "../../../../platform/ids.ts";
import { assert } from "../../../../platform/problem.ts";
import type { BillingDeps } from "../../deps.ts";
import { ownUrl } from "../../own-url.ts";
import { carryOn } from "../../payments/resume.ts";
import { findPayment, placeObjects } from "../../payments/store.ts";
import type { PreviewRow } from "../changes/change-store.ts";
import { asking } from "../company-answer.ts";
import { findOrder, insertOrderPayment, updateOrder } from "../changes/order-store.ts";
import type { SubscriptionRow } from "../subscription.ts";
import { carryChange } from "./carry-changes.ts";

/** Writes an order of another plan down: its payment first, where something is due. */
export async function orderByPaypal(
  deps: BillingDeps,
  tx: Tx,
  row: SubscriptionRow,
  preview: PreviewRow,
  actorId: string,
  now: Date,
): Promise<void> {
  if (preview.due_now_minor === 0n) return;
  const id = newId("pay");
  const path = "/billing/return?session_id={CHECKOUT_SESSION_ID}";
  await insertOrderPayment(tx, row, {
    id,
    amount_minor: preview.due_now_minor,
    success_url: ownUrl(deps.baseUrl, undefined, "", path),
    cancel_url: ownUrl(deps.baseUrl, undefined, "", "/billing"),
    created_at: now,
    orderId: preview.id,
    createdBy: actorId,
  });
  await placeObjects(tx, row.account_id, [{ object_id: id, org_id: row.org_id, payment_id: id }]);
  await updateOrder(tx, { ...preview, payment_id: id });
}

/** Leads the buyer on: to the page where what is due is paid, or where they agree. Safe to call again. */
export async function carryOnOrder(
  deps: BillingDeps,
  { org_id: org }: SubscriptionRow,
  { id }: PreviewRow,
): Promise<void> {
  const { order, payment } = await withTx(deps.db, org, async (tx) => {
    const found = await findOrder(tx, org, id);
    return { order: found, payment: found?.payment_id ? await findPayment(tx, org, found.payment_id) : null };
  });
  assert(deps.paypal && order, "an order by PayPal was written down while it was offered");
  if (payment && payment.charge_id === null) await carryOn(deps, org, payment);
  else await asking(() => carryChange(deps, deps.paypal, org, id));
}
