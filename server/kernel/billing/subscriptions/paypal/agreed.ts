import type { Tx } from "../../../../platform/db/index.ts";
import { listOrders, updateOrder } from "../order-store.ts";
import type { SubscriptionRow } from "../subscription.ts";
import type { SubscriptionState } from "../walk.ts";

/**
 * The row with what its buyer has agreed to at PayPal, which shows a change at once and bills it from the next period on: a
 * cheaper plan waits for its day, a change that was taken back is off. A dearer one counts as it is found.
 */
export async function withAgreed(
  tx: Tx,
  row: SubscriptionRow,
  { version, found }: SubscriptionState,
  now: Date,
): Promise<SubscriptionRow> {
  if (row.provider !== "paypal" || version === null) return row;
  const isFound = (of: { version_id: string; quantity: number }) =>
    of.version_id === version.id && of.quantity === found.quantity;
  const order = (await listOrders(tx, row.org_id, row.id)).find(isFound);
  if (!order || order.direction === "up") return row;
  await updateOrder(tx, { ...order, done_at: now });
  if (order.direction === "same" || isFound(row)) return row;
  return {
    ...row,
    scheduled_version_id: order.version_id,
    scheduled_amount_minor: order.amount_minor,
    scheduled_quantity: order.quantity,
    scheduled_at: order.effective_at,
  };
}
