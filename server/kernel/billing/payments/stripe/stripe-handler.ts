import type { Handler } from "../../../webhooks/index.ts";
import { applyFacts } from "../apply.ts";
import type { BillingDeps } from "../../deps.ts";
import { createFetchLimit } from "../fetch-limit.ts";
import type { Fact } from "../payment.ts";
import { prepareEvents } from "./prepare.ts";

const TYPES = [
  "checkout.session.completed",
  "checkout.session.expired",
  "checkout.session.async_payment_succeeded",
  "checkout.session.async_payment_failed",
  "payment_intent.created",
  "payment_intent.processing",
  "payment_intent.requires_action",
  "payment_intent.succeeded",
  "payment_intent.payment_failed",
  "payment_intent.canceled",
  "charge.succeeded",
  "charge.pending",
  "charge.failed",
  "charge.captured",
  "charge.updated",
  "charge.refunded",
  "charge.refund.updated",
  "refund.created",
  "refund.updated",
  "refund.failed",
] as const;

/** What Stripe tells about payments, as facts applied to our rows and books. */
export function stripeHandler(deps: BillingDeps): Handler<Fact> {
  const limit = createFetchLimit(deps.clock);
  return {
    source: "stripe",
    types: new Set<string>(TYPES),
    prepare: (events) => prepareEvents(deps, limit, events),
    apply: (tx, org, facts, now) => applyFacts(deps, tx, org, facts, now),
  };
}
