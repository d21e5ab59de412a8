import type { World } from "../../core/company.ts";
import { collectInvoice } from "../invoices/collect.ts";
import { finalizeInvoice } from "../invoices/finalize.ts";
import { itemLine } from "../invoices/lines.ts";
import { invalid } from "../protocol/errors.ts";
import { operation, type Cause } from "../protocol/operation.ts";
import { integer, oneOf, oneOfBuilt, type Read } from "../protocol/params.ts";
import { unplan } from "../time/billing-time.ts";
import { periodEnd } from "../time/calendar.ts";
import { draftOf } from "./billing-change.ts";
import { checkItems } from "./items.ts";
import { planCycle } from "./plan-cycle.ts";
import {
  changeSubscription,
  getSubscription,
  itemList,
  keysOf,
  periodOf,
  subscriptionNow,
  withPeriod,
  type Subscription,
} from "./subscription.ts";

/** Nothing is provided and nothing is billed until it is resumed. */
function pause(world: World, old: Subscription, cause: Cause): Subscription {
  if (old.status !== "active" && old.status !== "trialing") {
    throw invalid(`A subscription with status ${old.status} cannot be paused.`);
  }
  unplan(world, keysOf(old.id).cycle);
  unplan(world, keysOf(old.id).upcoming);
  const paused = {
    subscription: { type: "pause_requested" as const },
    transitioned_at: subscriptionNow(world, old),
    type: "subscription" as const,
  };
  const change = { status: "paused" as const, status_details: { paused } };
  return changeSubscription(world, old, change, cause, "customer.subscription.paused");
}

const resumeParams = {
  billing_cycle_anchor: oneOf("now", "unchanged"),
  payment_behavior: oneOfBuilt(["resume_on_payment_success"], ["resume_on_payment_attempt"]),
  proration_behavior: oneOfBuilt(["none", "create_prorations"], ["always_invoice"]),
  proration_date: integer(0),
};

/** Goes on with a new period from now, once that is paid; or with the old one while it lasts. */
function resume(
  world: World,
  old: Subscription,
  input: Read<typeof resumeParams>,
  cause: Cause,
): Subscription {
  if (old.status !== "paused") {
    throw invalid(
      `Only paused subscriptions can be resumed. This subscription has a status of ${old.status}.`,
    );
  }
  const now = subscriptionNow(world, old);
  const period = periodOf(old);
  if (input.billing_cycle_anchor === "unchanged" && period.end > now) {
    const next = changeSubscription(world, old, { status: "active" }, cause, "customer.subscription.resumed");
    planCycle(world, next);
    return next;
  }
  const { each } = checkItems(old.items.data);
  const anchor = input.billing_cycle_anchor === "unchanged" ? old.billing_cycle_anchor : now;
  const items = itemList(old.id, withPeriod(old.items.data, now, periodEnd(anchor, each, now)));
  const begun: Subscription = { ...old, items, billing_cycle_anchor: anchor };
  const lines = items.data.map((item) => itemLine(world, item, periodOf(begun), false));
  const draft = draftOf(world, begun, lines, "subscription_update", { start: now, end: now }, cause);
  const next = changeSubscription(
    world,
    old,
    { items, billing_cycle_anchor: anchor, latest_invoice: draft.id },
    cause,
  );
  planCycle(world, next);
  const open = finalizeInvoice(world, draft, cause);
  if (open.status === "open") collectInvoice(world, open, { session: "invoice", automatic: false }, cause);
  return getSubscription(world, old.id);
}

const PATH = "/v1/subscriptions";

export const pauseOperations = [
  operation("POST", `${PATH}/{id}/pause`, { type: oneOf("subscription") }, ({ world, id, cause }) =>
    pause(world, getSubscription(world, id), cause),
  ),
  operation("POST", `${PATH}/{id}/resume`, resumeParams, ({ world, id, params, cause }) =>
    resume(world, getSubscription(world, id), params, cause),
  ),
];
