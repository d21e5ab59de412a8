/** What happens to subscriptions as time goes by. */
import type { World } from "../../core/company.ts";
import { emit } from "../events/events.ts";
import { methodFor } from "../invoices/collect.ts";
import { finalizeInvoice, markUncollectible, voidInvoice } from "../invoices/finalize.ts";
import { changeInvoice, type Invoice } from "../invoices/invoice.ts";
import { itemLine } from "../invoices/lines.ts";
import { invoiceKeys } from "../invoices/settle.ts";
import { BY_ITSELF } from "../payments/charges.ts";
import { atNextPhase, leadOn } from "../schedules/schedule.ts";
import { clockIdOf, planAt } from "../time/billing-time.ts";
import { periodEnd } from "../time/calendar.ts";
import { draftOf } from "./billing-change.ts";
import { usedUp } from "./discount.ts";
import { endSubscription } from "./end.ts";
import { checkItems } from "./items.ts";
import { planCycle } from "./plan-cycle.ts";
import {
  changeSubscription,
  findSubscription,
  isOver,
  itemList,
  periodOf,
  subscriptionNow,
  withPeriod,
  type Subscription,
} from "./subscription.ts";

/** A renewal's invoice stays a draft for so long. */
const DRAFT_S = 3_600;

function dueOne(world: World, payload: unknown): Subscription | null {
  const found = findSubscription(world, (payload as { id: string }).id);
  return found === null || isOver(found) ? null : found;
}

/** The subscription as its next period begins; not saved. */
export function nextPeriod(world: World, before: Subscription): Subscription {
  const { end: start } = periodOf(before);
  const old = atNextPhase(world, before);
  const { each } = checkItems(old.items.data);
  const end = periodEnd(old.billing_cycle_anchor, each, start);
  return {
    ...old,
    items: itemList(old.id, withPeriod(old.items.data, start, end)),
    status: old.status === "trialing" ? "active" : old.status,
  };
}

/** The draft of the invoice that a new period begins with: what waited, and the period itself. */
export function draftCycle(world: World, old: Subscription, next: Subscription): Invoice {
  const lines = next.items.data.map((item) => itemLine(world, item, periodOf(next), false));
  return draftOf(world, next, lines, "subscription_cycle", periodOf(old), BY_ITSELF);
}

/** A period is over: the subscription ends, or the next one begins with an invoice. */
export function cycleDue(world: World, payload: unknown): void {
  const old = dueOne(world, payload);
  if (old === null || old.status === "incomplete" || old.status === "paused") return;
  if (old.cancel_at_period_end) {
    endSubscription(
      world,
      old,
      { reason: old.cancellation_details?.reason ?? "cancellation_requested" },
      BY_ITSELF,
    );
    return;
  }
  if (old.status === "trialing" && endsWithoutCard(world, old)) return;
  const next = nextPeriod(world, old);
  const invoice = draftCycle(world, old, next);
  const { billing_cycle_anchor, items, schedule, status } = next;
  const discounts = usedUp(world, next, invoice, BY_ITSELF);
  const change = { billing_cycle_anchor, discounts, items, schedule, status, latest_invoice: invoice.id };
  const renewed = changeSubscription(world, old, change, BY_ITSELF);
  leadOn(world, old, periodOf(old).end, BY_ITSELF);
  planCycle(world, renewed);
  planInvoice(world, renewed, invoice);
}

/** A trial that ends with nothing to charge, where the subscription says what is to be done then. */
function endsWithoutCard(world: World, old: Subscription): boolean {
  const wish = old.trial_settings?.end_behavior.missing_payment_method ?? "create_invoice";
  if (wish === "create_invoice") return false;
  const asked = { customer: old.customer, default_payment_method: null, parent: null, subscription: old };
  if (methodFor(world, asked) !== null) return false;
  if (wish === "cancel") endSubscription(world, old, { reason: "cancellation_requested" }, BY_ITSELF);
  else {
    const now = subscriptionNow(world, old);
    const paused = {
      subscription: { type: "trial_end_without_payment_method" },
      transitioned_at: now,
      type: "subscription",
    } as const;
    changeSubscription(
      world,
      old,
      { status: "paused", status_details: { paused } },
      BY_ITSELF,
      "customer.subscription.paused",
    );
  }
  return true;
}

/** Collected in an hour, or what a paused collection makes of it. */
function planInvoice(world: World, subscription: Subscription, invoice: Invoice): void {
  const pause = subscription.pause_collection;
  if (subscription.status === "unpaid" || pause?.behavior === "keep_as_draft") {
    changeInvoice(world, invoice, { auto_advance: false }, BY_ITSELF);
  } else if (pause === null) {
    const at = invoice.created + DRAFT_S;
    const key = invoiceKeys(invoice.id).finalize;
    changeInvoice(world, invoice, { automatically_finalizes_at: at }, BY_ITSELF);
    planAt(world, clockIdOf(subscription), "invoice.finalize", at, { id: invoice.id }, key);
  } else {
    const open = finalizeInvoice(world, { ...invoice, auto_advance: false }, BY_ITSELF);
    if (open.status !== "open") return;
    if (pause.behavior === "void") voidInvoice(world, open, BY_ITSELF);
    else markUncollectible(world, open, BY_ITSELF);
  }
}

export function trialWarningDue(world: World, payload: unknown): void {
  const found = dueOne(world, payload);
  if (found?.status === "trialing") emit(world, "customer.subscription.trial_will_end", found, BY_ITSELF);
}

export function cancelAtDue(world: World, payload: unknown): void {
  const found = dueOne(world, payload);
  if (found === null || found.cancel_at === null || found.cancel_at > subscriptionNow(world, found)) return;
  endSubscription(world, found, { reason: "cancellation_requested" }, BY_ITSELF);
}

/** A paused collection goes on by itself. */
export function resumesDue(world: World, payload: unknown): void {
  const found = dueOne(world, payload);
  if (found?.pause_collection === null || found === null) return;
  changeSubscription(world, found, { pause_collection: null }, BY_ITSELF);
}
