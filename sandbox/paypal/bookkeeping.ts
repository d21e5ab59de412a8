import type { ObjectSummary, World } from "../core/company.ts";
import { newest, select, type Kind } from "./books.ts";
import { presentSubscription, type SubscriptionEntry } from "./billing/subscription.ts";
import { presentDispute, type DisputeEntry } from "./disputes/dispute.ts";
import type { Money } from "./money.ts";
import { wholeOrder, type OrderEntry } from "./orders/order.ts";
import type { CaptureEntry } from "./payments/capture.ts";
import type { RefundEntry } from "./payments/refund.ts";

/** PayPal's own books: what has really been paid, refunded and told. */
export function paypalBooks(world: World): unknown {
  return {
    orders: (select(world, "order") as OrderEntry[]).map((entry) => wholeOrder(world, entry)),
    captures: (select(world, "capture") as CaptureEntry[]).map(({ body }) => body),
    refunds: (select(world, "refund") as RefundEntry[]).map(({ body, meta }) => ({ ...body, ...meta })),
    subscriptions: (select(world, "subscription") as SubscriptionEntry[]).map((entry) =>
      presentSubscription(world, entry),
    ),
    disputes: (select(world, "dispute") as DisputeEntry[]).map((entry) => presentDispute(world, entry)),
    events: world.store
      .all("select id, type, resource_id from paypal_events where simulated = 0 order by seq")
      .map((row) => ({ id: row["id"], type: row["type"], resource: row["resource_id"] })),
  };
}

const KINDS: readonly Kind[] = [
  "order",
  "authorization",
  "capture",
  "refund",
  "product",
  "plan",
  "subscription",
  "setup-token",
  "payment-token",
  "dispute",
];

/** Newest objects of each kind, for the control page. */
export function paypalObjects(world: World, limit: number): ObjectSummary[] {
  return KINDS.flatMap((kind) => newest(world, kind, limit)).map(({ id, kind, createdMs, body }) => {
    const units = body["purchase_units"] as { amount: Money }[] | undefined;
    const amount = (body["amount"] as Money | undefined) ?? units?.[0]?.amount;
    return {
      kind,
      id,
      created: Math.floor(createdMs / 1000),
      state: String(body["status"] ?? ""),
      text: amount === undefined ? String(body["name"] ?? "") : `${amount.value} ${amount.currency_code}`,
      body,
    };
  });
}
