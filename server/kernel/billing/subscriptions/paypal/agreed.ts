import type { Tx } from "../../../../platform/db/index.ts";
import type { PreviewRow } from "../changes/change-store.ts";
import { listGivenUp, listOrders, updateOrder } from "../changes/order-store.ts";
import type { SubscriptionRow } from "../subscription.ts";
import type { SubscriptionState } from "../facts/walk.ts";

/**
 * The row with what its buyer has agreed to at PayPal, which shows a change at once and bills it from the next period on: a
 * cheaper plan waits for its day, a change that was taken back is off. A dearer one counts as it is found; agreed to after it
 * was given up and paid back, it waits for the period that PayPal bills at its price.
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
  if (!order) {
    if (isFound(row) || row.scheduled_at !== null) return row;
    const late = (await listGivenUp(tx, row)).find(isFound);
    return late && row.period_end ? scheduled(row, late, row.period_end) : row;
  }
  if (order.direction === "up") return row;
  await updateOrder(tx, { ...order, done_at: now });
  if (order.direction === "same" || isFound(row)) return row;
  return scheduled(row, order, order.effective_at);
}

const scheduled = (row: SubscriptionRow, order: PreviewRow, at: Date): SubscriptionRow => ({
  ...row,
  scheduled_version_id: order.version_id,
  scheduled_amount_minor: order.amount_minor,
  scheduled_quantity: order.quantity,
  scheduled_period: order.period,
  scheduled_at: at,
});
