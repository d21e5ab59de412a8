/** A change of what is billed: the items, the anchor, the trial. Nothing is paid here, so a preview is the same act. */
import type { World } from "../../core/company.ts";
import type { Coupon } from "../catalog/coupons.ts";
import { livingDiscount } from "../catalog/discounts.ts";
import { getCustomer } from "../customers/customers.ts";
import { draftInvoice, type Invoice, type InvoiceLine } from "../invoices/invoice.ts";
import {
  billItems,
  createInvoiceItem,
  lineOfItem,
  pendingItems,
  type InvoiceItem,
} from "../invoices/invoice-items.ts";
import { itemLine, type Period } from "../invoices/lines.ts";
import { invalid } from "../protocol/errors.ts";
import type { Cause } from "../protocol/operation.ts";
import { clockIdOf } from "../time/billing-time.ts";
import { periodEnd, sameInterval } from "../time/calendar.ts";
import { billsAnew, pairItems, type ItemChange, type ItemPair } from "./change-items.ts";
import { checkItems, intervalOf } from "./items.ts";
import { chargeFor, creditFor, type Proration } from "./prorate.ts";
import {
  itemList,
  periodOf,
  subscriptionNow,
  withPeriod,
  type Subscription,
  type SubscriptionItem,
} from "./subscription.ts";

export type BillingInput = {
  items?: ItemChange[];
  billing_cycle_anchor?: "now" | "unchanged";
  proration_behavior?: "create_prorations" | "none" | "always_invoice";
  proration_date?: number;
  trial_end?: "now" | number;
};

export type BillingChange = {
  /** As it is to be, not saved yet. */
  next: Subscription;
  /** The invoice that falls due with the change, still a draft; null when what it costs waits for the next one. */
  invoice: Invoice | null;
};

export const changesBilling = (input: BillingInput): boolean =>
  input.items !== undefined || input.billing_cycle_anchor === "now" || input.trial_end !== undefined;

type Step = {
  old: Subscription;
  pairs: ItemPair[];
  items: SubscriptionItem[];
  now: number;
  at: number;
  period: Period;
  prorates: boolean;
  /** What the subscription has off. */
  coupon: Coupon | null;
};

function checkDate(at: number, period: Period, isTrial: boolean): void {
  if (isTrial || (at >= period.start && at <= period.end)) return;
  throw invalid(
    "Invalid proration date: the proration date must be within the current billing period.",
    "proration_date",
  );
}

/** What changes hands for the rest of a period that goes on. */
function prorations(world: World, { old, pairs, at, period, prorates, coupon }: Step): Proration[] {
  if (!prorates || old.status === "trialing") return [];
  return pairs
    .filter(billsAnew)
    .flatMap(({ before, after }) => [
      ...(before === null ? [] : [creditFor(world, before, period, at, coupon)]),
      ...(after === null ? [] : [chargeFor(world, after, period, at, coupon)]),
    ])
    .filter(({ amount }) => amount !== 0);
}

/** What is given back when a period ends early. */
function credits(world: World, { old, at, period, prorates, coupon }: Step): Proration[] {
  if (!prorates || old.status === "trialing") return [];
  return old.items.data
    .map((item) => creditFor(world, item, period, at, coupon))
    .filter(({ amount }) => amount !== 0);
}

function book(
  world: World,
  old: Subscription,
  rows: readonly Proration[],
  now: number,
  cause: Cause,
): InvoiceItem[] {
  return rows.map(({ item, amount, description, period }) =>
    createInvoiceItem(
      world,
      {
        amount,
        currency: old.currency,
        customer: String(old.customer),
        date: now,
        description,
        discountable: false,
        period,
        price: item.price,
        proration: true,
        quantity: item.quantity ?? 1,
        subscription: { id: old.id, item: item.id },
        testClock: clockIdOf(old),
      },
      cause,
    ),
  );
}

function couponOf(world: World, { discounts }: Subscription, now: number): Coupon | null {
  const [id] = discounts;
  return typeof id === "string" ? (livingDiscount(world, id, now)?.coupon ?? null) : null;
}

/** An invoice over what waits and over the lines given. */
export function draftOf(
  world: World,
  subscription: Subscription,
  lines: readonly InvoiceLine[],
  reason: "subscription_cycle" | "subscription_update",
  period: Period,
  cause: Cause,
): Invoice {
  const customer = getCustomer(world, String(subscription.customer), "customer");
  const waiting = pendingItems(world, customer.id, subscription.id);
  const invoice = draftInvoice(
    world,
    {
      customer,
      currency: subscription.currency,
      lines: [...waiting.map((item) => lineOfItem(world, item)), ...lines],
      reason,
      created: subscriptionNow(world, subscription),
      period,
      subscription,
      discounts: subscription.discounts.filter((each) => typeof each === "string"),
    },
    cause,
  );
  billItems(world, waiting, invoice.id);
  return invoice;
}

/** A new period begins now: its anchor, its end, and whether it is a trial. */
function restart(step: Step, input: BillingInput): Partial<Subscription> | null {
  const { old, items, now } = step;
  const { each } = checkItems(items);
  const [first] = old.items.data;
  const otherInterval = first !== undefined && !sameInterval(intervalOf(first.price), each);
  if (typeof input.trial_end === "number") {
    if (input.trial_end <= now) throw invalid("The trial_end must be in the future.", "trial_end");
    return {
      billing_cycle_anchor: input.trial_end,
      items: itemList(old.id, withPeriod(items, now, input.trial_end)),
      status: "trialing",
      trial_end: input.trial_end,
      trial_start: old.trial_start ?? now,
    };
  }
  const endsTrial = input.trial_end === "now" && old.status === "trialing";
  const moves = input.billing_cycle_anchor === "now" || (otherInterval && old.status !== "trialing");
  if (!endsTrial && !moves) return null;
  return {
    billing_cycle_anchor: now,
    items: itemList(old.id, withPeriod(items, now, periodEnd(now, each, now))),
    ...(old.status === "trialing" ? { status: "active", trial_end: now } : {}),
  };
}

/** Works out a change; invoice items and the draft are in the books afterwards, the subscription is as it was. */
export function changeBilling(
  world: World,
  old: Subscription,
  input: BillingInput,
  cause: Cause,
): BillingChange {
  const now = subscriptionNow(world, old);
  const pairs = pairItems(world, old, input.items ?? [], now, cause);
  const items = pairs.flatMap(({ after }) => (after === null ? [] : [after]));
  checkItems(items);
  const period = periodOf(old);
  const at = input.proration_date ?? now;
  checkDate(at, period, old.status === "trialing");
  const behavior = input.proration_behavior ?? "create_prorations";
  const step: Step = {
    old,
    pairs,
    items,
    now,
    at,
    period,
    prorates: behavior !== "none",
    coupon: couponOf(world, old, now),
  };
  const begins = restart(step, input);
  if (begins === null) {
    const rows = prorations(world, step);
    book(world, old, rows, now, cause);
    const next = { ...old, items: itemList(old.id, withPeriod(items, period.start, period.end)) };
    if (behavior !== "always_invoice" || rows.length === 0) return { next, invoice: null };
    const spot = { start: now, end: now };
    return { next, invoice: draftOf(world, next, [], "subscription_update", spot, cause) };
  }
  book(world, old, credits(world, step), now, cause);
  const next: Subscription = { ...old, ...begins };
  const isTrial = next.status === "trialing";
  if (isTrial && behavior !== "always_invoice") return { next, invoice: null };
  const lines = next.items.data.map((item) => itemLine(world, item, periodOf(next), isTrial));
  const spot = { start: now, end: now };
  return { next, invoice: draftOf(world, next, lines, "subscription_update", spot, cause) };
}
