import type { ObjectSummary, World } from "../core/company.ts";
import { allObjects, listObjects, type StripeObject } from "./books.ts";
import type { Charge } from "./payments/charges.ts";
import type { Session } from "./checkout/hidden.ts";
import { formatAmount } from "./catalog/money.ts";
import type { Invoice } from "./invoices/invoice.ts";
import type { Subscription } from "./subscriptions/subscription.ts";
import type { Refund } from "./payments/refunds.ts";

/** Stripe's own books: what has really been paid, refunded and told. */
export function stripeBooks(world: World): unknown {
  const charges = allObjects<Charge>(world, "charge", [
    { sql: "body ->> '$.status' = 'succeeded'", values: [] },
  ]);
  return {
    charges: charges.map((charge) => ({
      id: charge.id,
      amount: charge.amount,
      currency: charge.currency,
      payment_intent: charge.payment_intent,
      customer: charge.customer,
      metadata: charge.metadata,
      amount_refunded: charge.amount_refunded,
      refunded: charge.refunded,
      balance_transaction: charge.balance_transaction,
    })),
    refunds: allObjects<Refund>(world, "refund").map((refund) => ({
      id: refund.id,
      amount: refund.amount,
      currency: refund.currency,
      charge: refund.charge,
      payment_intent: refund.payment_intent,
      status: refund.status,
      metadata: refund.metadata,
    })),
    sessions: allObjects<Session>(world, "checkout.session").map((session) => ({
      id: session.id,
      amount_total: session.amount_total,
      currency: session.currency,
      status: session.status,
      payment_status: session.payment_status,
      payment_intent: session.payment_intent,
      client_reference_id: session.client_reference_id,
      metadata: session.metadata,
    })),
    subscriptions: allObjects<Subscription>(world, "subscription").map((subscription) => ({
      id: subscription.id,
      customer: subscription.customer,
      status: subscription.status,
      latest_invoice: subscription.latest_invoice,
      metadata: subscription.metadata,
    })),
    invoices: allObjects<Invoice>(world, "invoice").map((invoice) => ({
      id: invoice.id,
      customer: invoice.customer,
      status: invoice.status,
      total: invoice.total,
      amount_paid: invoice.amount_paid,
      currency: invoice.currency,
      parent: invoice.parent,
    })),
    events: world.store
      .all("select id, type, pending from stripe_events order by seq")
      .map((row) => ({ id: row["id"], type: row["type"], delivered: row["pending"] === 0 })),
  };
}

const KINDS = [
  "checkout.session",
  "payment_intent",
  "charge",
  "refund",
  "dispute",
  "subscription",
  "invoice",
  "payout",
  "customer",
  "product",
  "price",
  "webhook_endpoint",
];

function describe(object: StripeObject): { state: string; text: string } {
  const bag = object as StripeObject & Record<string, unknown>;
  const amount = bag["amount_total"] ?? bag["total"] ?? bag["amount"] ?? bag["unit_amount"];
  const money = typeof amount === "number" ? formatAmount(amount, String(bag["currency"])) : "";
  const name = bag["name"] ?? bag["email"] ?? bag["url"] ?? "";
  const state =
    bag["status"] ?? (bag["deleted"] === true ? "deleted" : bag["active"] === false ? "inactive" : "active");
  return { state: String(state), text: money === "" ? String(name) : money };
}

/** Newest objects of each kind, for the control page. */
export function stripeObjects(world: World, limit: number): ObjectSummary[] {
  return KINDS.flatMap((kind) => listObjects<StripeObject>(world, kind, "", { limit }).data).map(
    (object) => ({
      kind: object.object,
      id: object.id,
      created: object.created ?? 0,
      ...describe(object),
      body: object,
    }),
  );
}
