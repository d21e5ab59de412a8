import type Stripe from "stripe";
import type { World } from "../../core/company.ts";
import { allObjects, listRows, newId, pagingCreated, type Conditions, type ListPage } from "../books.ts";
import { invalid, missing } from "../protocol/errors.ts";
import { operation, type Cause } from "../protocol/operation.ts";
import { bool, list, text } from "../protocol/params.ts";
import { settingsOf } from "../settings.ts";
import { API_VERSION } from "../protocol/version.ts";

export type Endpoint = Stripe.WebhookEndpoint;
/** Stripe lists events of the last 30 days. */
const DEPTH_S = 30 * 86_400;

/** The event types the sandbox emits. */
export const EVENT_TYPES = [
  "balance.available",
  "billing_portal.session.created",
  "charge.dispute.closed",
  "charge.dispute.created",
  "charge.dispute.funds_reinstated",
  "charge.dispute.funds_withdrawn",
  "charge.dispute.updated",
  "charge.failed",
  "charge.pending",
  "charge.refund.updated",
  "charge.refunded",
  "charge.succeeded",
  "charge.updated",
  "checkout.session.completed",
  "checkout.session.expired",
  "coupon.created",
  "coupon.deleted",
  "coupon.updated",
  "customer.created",
  "customer.deleted",
  "customer.discount.created",
  "customer.discount.deleted",
  "customer.subscription.created",
  "customer.subscription.deleted",
  "customer.subscription.paused",
  "customer.subscription.pending_update_applied",
  "customer.subscription.pending_update_expired",
  "customer.subscription.resumed",
  "customer.subscription.trial_will_end",
  "customer.subscription.updated",
  "customer.tax_id.created",
  "customer.tax_id.deleted",
  "customer.updated",
  "invoice.created",
  "invoice.finalized",
  "invoice.marked_uncollectible",
  "invoice.paid",
  "invoice.payment_action_required",
  "invoice.payment_failed",
  "invoice.payment_succeeded",
  "invoice.upcoming",
  "invoice.updated",
  "invoice.voided",
  "invoice_payment.paid",
  "invoiceitem.created",
  "payment_intent.canceled",
  "payment_intent.created",
  "payment_intent.payment_failed",
  "payment_intent.processing",
  "payment_intent.requires_action",
  "payment_intent.succeeded",
  "payment_method.attached",
  "payment_method.detached",
  "payment_method.updated",
  "payout.created",
  "payout.paid",
  "payout.reconciliation_completed",
  "price.created",
  "price.updated",
  "product.created",
  "product.deleted",
  "product.updated",
  "promotion_code.created",
  "promotion_code.updated",
  "radar.early_fraud_warning.created",
  "refund.created",
  "refund.failed",
  "refund.updated",
  "setup_intent.canceled",
  "setup_intent.created",
  "setup_intent.requires_action",
  "setup_intent.setup_failed",
  "setup_intent.succeeded",
  "subscription_schedule.canceled",
  "subscription_schedule.created",
  "subscription_schedule.released",
  "subscription_schedule.updated",
  "test_helpers.test_clock.advancing",
  "test_helpers.test_clock.created",
  "test_helpers.test_clock.deleted",
  "test_helpers.test_clock.ready",
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** An event destination of `/v2/core`, as the books keep it. */
export type Destination = {
  id: string;
  object: "event_destination";
  created: number;
  updated: number;
  description: string;
  enabled_events: string[];
  event_payload: "snapshot" | "thin";
  metadata: Record<string, string>;
  name: string;
  status: "enabled" | "disabled";
  url: string;
};

/** Somebody who is told, whichever way they were set up. */
export type Listener = {
  id: string;
  url: string;
  status: string;
  enabled_events: string[];
  event_payload?: "snapshot" | "thin";
};

const LISTENERS = "stripe:listeners";

/** Who listens in a world, kept in memory because each event asks for them. */
export function listeners(world: World): Listener[] {
  let found = world.memory.get(LISTENERS) as Listener[] | undefined;
  if (found === undefined) {
    found = [...endpoints(world), ...allObjects<Destination>(world, "event_destination")];
    world.memory.set(LISTENERS, found);
  }
  return found;
}

export const endpoints = (world: World): Endpoint[] => allObjects<Endpoint>(world, "webhook_endpoint");

export function forgetEndpoints(world: World): void {
  world.memory.delete(LISTENERS);
}

/** Writes an event into the books and queues its deliveries; same-second events go out in random order. */
export function emit(
  world: World,
  type: EventType,
  object: Stripe.Event.Data["object"] | object,
  cause: Cause,
  previous?: object,
): void {
  const id = newId(world, "event");
  const created = world.clock.seconds();
  const wanted = listeners(world).filter(({ status, enabled_events: types, event_payload: payload }) => {
    const name = payload === "thin" ? `v1.${type}` : type;
    return status === "enabled" && (types.includes("*") || types.includes(name));
  });
  const event = {
    id,
    object: "event",
    api_version: API_VERSION,
    created,
    data: previous === undefined ? { object } : { object, previous_attributes: previous },
    livemode: false,
    pending_webhooks: wanted.length,
    request: cause,
    type,
  };
  world.store.run(
    "insert into stripe_events (id, type, created, pending, body) values (?, ?, ?, ?, ?)",
    id,
    type,
    created,
    wanted.length,
    JSON.stringify(event),
  );
  for (const endpoint of wanted) {
    const order = world.random("stripe:order").next();
    world.webhooks.send({ company: "stripe", eventId: id, eventType: type, endpointId: endpoint.id, order });
  }
}

export function eventBody(world: World, id: string): string | null {
  const row = world.store.get("select body from stripe_events where id = ?", id);
  return row === null ? null : String(row["body"]);
}

/** One endpoint has answered 2xx. Stripe goes on counting an endpoint it gave up on as pending. */
export function markDelivered(world: World, id: string): void {
  world.store.run("update stripe_events set pending = max(pending - 1, 0) where id = ?", id);
}

function present(row: { body: string; pending: number }): Stripe.Event {
  return { ...(JSON.parse(row.body) as Stripe.Event), pending_webhooks: row.pending };
}

export const eventOperations = [
  operation(
    "GET",
    "/v1/events",
    { ...pagingCreated, type: text(), types: list(text(), 20), delivery_success: bool() },
    ({ world, params }): ListPage<Stripe.Event> => {
      const { type, types, delivery_success: delivered, ...page } = params;
      if (type !== undefined && types !== undefined) {
        throw invalid("You may only specify one of these parameters: type, types.", "types");
      }
      const now = world.clock.seconds();
      const lag = settingsOf(world).event_list_lag_s;
      const conditions: Conditions = [
        { sql: "created >= ?", values: [now - DEPTH_S] },
        ...(lag === 0 ? [] : [{ sql: "created <= ?", values: [now - lag] }]),
      ];
      const wanted = types ?? (type === undefined ? [] : [type]);
      if (wanted.length > 0) {
        const each = wanted.map((one) => (one.endsWith("*") ? "type glob ?" : "type = ?"));
        conditions.push({ sql: `(${each.join(" or ")})`, values: wanted });
      }
      if (delivered !== undefined)
        conditions.push({ sql: delivered ? "pending = 0" : "pending > 0", values: [] });
      const { rows, hasMore } = listRows(world, "stripe_events", conditions, page);
      return { object: "list", data: rows.map(present), has_more: hasMore, url: "/v1/events" };
    },
  ),
  operation("GET", "/v1/events/{id}", {}, ({ world, id }) => {
    const row = world.store.get("select body, pending from stripe_events where id = ?", id);
    if (row === null) throw missing("event", id, "id", 404);
    return present({ body: String(row["body"]), pending: Number(row["pending"]) });
  }),
];
