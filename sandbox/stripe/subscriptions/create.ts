import type Stripe from "stripe";
import { getObject, insertObject, newId, saveObject } from "../books.ts";
import type { World } from "../../core/company.ts";
import type { Price } from "../catalog/prices.ts";
import { getCustomer, type Customer } from "../customers/customers.ts";
import { methodOf } from "../customers/payment-methods.ts";
import { emit } from "../events/events.ts";
import { collectInvoice, methodFor } from "../invoices/collect.ts";
import { finalizeInvoice, voidInvoice } from "../invoices/finalize.ts";
import { draftInvoice, getInvoice, type Invoice, type InvoiceLine } from "../invoices/invoice.ts";
import { itemLine, makeLine, productName } from "../invoices/lines.ts";
import { BY_ITSELF } from "../payments/charges.ts";
import { createSetupIntent } from "../payments/setup-intents.ts";
import { invalid } from "../protocol/errors.ts";
import type { Cause } from "../protocol/operation.ts";
import { mergeMetadata, type Read } from "../protocol/params.ts";
import { clockIdOf, nowOf, planAt } from "../time/billing-time.ts";
import { addIntervals, periodEnd, type Interval } from "../time/calendar.ts";
import { checkItems, makeItem, priceOfItem, type ItemInput } from "./items.ts";
import { discountsOf, usedUp } from "./discount.ts";
import { refusePayment } from "./first-payment.ts";
import { planCycle } from "./plan-cycle.ts";
import { proratedAmount } from "./prorate.ts";
import type { newSubscription } from "./shapes.ts";
import {
  findSubscription,
  getSubscription,
  itemList,
  keysOf,
  periodOf,
  withPeriod,
  type Subscription,
  type SubscriptionItem,
} from "./subscription.ts";

type Input = Read<typeof newSubscription>;

/** An incomplete subscription waits so long for its first payment. */
const INCOMPLETE_S = 23 * 3_600;
const DAY_S = 86_400;
const MAX_TRIAL_S = 730 * DAY_S;

function trialEnd(
  input: Input,
  items: readonly { price: { recurring: Stripe.Price.Recurring | null } }[],
  now: number,
): number | null {
  if (input.trial_end !== undefined && input.trial_period_days !== undefined) {
    throw invalid("You may only specify one of these parameters: trial_end, trial_period_days.", "trial_end");
  }
  if (input.trial_end === "now") return null;
  const fromPlan = input.trial_from_plan === true ? (items[0]?.price.recurring?.trial_period_days ?? 0) : 0;
  const days = input.trial_period_days ?? fromPlan;
  const end = input.trial_end ?? (days === 0 ? null : now + days * DAY_S);
  if (end === null) return null;
  if (end <= now) throw invalid("The trial_end must be in the future.", "trial_end");
  if (end > now + MAX_TRIAL_S) {
    throw invalid("The trial_end cannot be more than 730 days in the future.", "trial_end");
  }
  return end;
}

/** The first period: the trial, or up to the anchor, or one interval. */
function firstPeriod(
  input: Input,
  each: Interval,
  trial: number | null,
  now: number,
): { anchor: number; end: number; partial: boolean } {
  if (trial !== null) return { anchor: input.billing_cycle_anchor ?? trial, end: trial, partial: false };
  const anchor = input.billing_cycle_anchor ?? now;
  if (anchor <= now) {
    if (anchor < now) {
      throw invalid("billing_cycle_anchor cannot be earlier than the current time.", "billing_cycle_anchor");
    }
    return { anchor, end: periodEnd(anchor, each, now), partial: false };
  }
  if (anchor > periodEnd(now, each, now)) {
    throw invalid(
      "billing_cycle_anchor cannot be later than next natural billing date for plan.",
      "billing_cycle_anchor",
    );
  }
  return { anchor, end: anchor, partial: true };
}

function settingsFrom(given: Input["payment_settings"]): Stripe.Subscription.PaymentSettings {
  return {
    payment_method_options: null,
    payment_method_types: given?.payment_method_types ?? null,
    save_default_payment_method: given?.save_default_payment_method ?? "off",
  };
}

const automaticTaxOf = (enabled: boolean): Subscription["automatic_tax"] => ({
  disabled_reason: null,
  enabled,
  liability: enabled ? { type: "self" } : null,
});

function blank(
  customer: Customer,
  input: Input,
  id: string,
  now: number,
): Omit<Subscription, "items" | "currency" | "status" | "billing_cycle_anchor"> {
  return {
    id,
    object: "subscription",
    application: null,
    application_fee_percent: null,
    automatic_tax: automaticTaxOf(input.automatic_tax?.enabled === true),
    billing_cycle_anchor_config: null,
    billing_mode: { flexible: { proration_discounts: "included" }, type: "flexible" },
    billing_schedules: [],
    billing_thresholds: null,
    cancel_at: input.cancel_at ?? null,
    cancel_at_period_end: input.cancel_at_period_end ?? false,
    canceled_at: input.cancel_at_period_end === true || typeof input.cancel_at === "number" ? now : null,
    cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
    collection_method: "charge_automatically",
    created: now,
    customer: customer.id,
    customer_account: null,
    days_until_due: null,
    default_payment_method: input.default_payment_method ?? null,
    default_source: null,
    default_tax_rates: [],
    description: input.description ?? null,
    discounts: [],
    ended_at: null,
    invoice_settings: {
      account_tax_ids: null,
      custom_fields: null,
      description: null,
      footer: null,
      issuer: { type: "self" },
    },
    latest_invoice: null,
    livemode: false,
    managed_payments: null,
    metadata: mergeMetadata({}, input.metadata),
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: null,
    payment_settings: settingsFrom(input.payment_settings),
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: now,
    test_clock: clockIdOf(customer),
    transfer_data: null,
    trial_end: null,
    trial_settings: {
      end_behavior: {
        billing_cycle_anchor: null,
        missing_payment_method: input.trial_settings?.end_behavior.missing_payment_method ?? "create_invoice",
      },
    },
    trial_start: null,
  };
}

function readItems(
  world: World,
  id: string,
  given: readonly ItemInput[],
  now: number,
  cause: Cause,
): SubscriptionItem[] {
  return given.map((each, at) =>
    makeItem(world, id, priceOfItem(world, each, `items[${at}]`, cause), each, now),
  );
}

type Begun = { subscription: Subscription; partial: boolean; each: Interval };

/** Writes the subscription down as it begins, with no invoice yet. */
function begin(world: World, input: Input, cause: Cause): Begun {
  const customer = getCustomer(world, input.customer, "customer");
  if (input.default_payment_method !== undefined) {
    methodOf(world, customer.id, input.default_payment_method, "default_payment_method");
  }
  const now = nowOf(world, clockIdOf(customer));
  const id = newId(world, "subscription");
  const items = readItems(world, id, input.items, now, cause);
  const { currency, each } = checkItems(items);
  const trial = trialEnd(input, items, now);
  const { anchor, end, partial } = firstPeriod(input, each, trial, now);
  const begun: Subscription = {
    ...blank(customer, input, id, now),
    billing_cycle_anchor: anchor,
    currency,
    items: itemList(id, withPeriod(items, now, end)),
    status: trial === null ? "incomplete" : "trialing",
    trial_end: trial,
    trial_start: trial === null ? null : now,
  };
  const subscription = { ...begun, discounts: discountsOf(world, begun, input.discounts, cause) };
  insertObject(world, subscription);
  return { subscription, partial, each };
}

/** The lines of the first invoice: up to the anchor, the part of an interval that ends there. */
function firstLines(world: World, { subscription, partial, each }: Begun, prorates: boolean): InvoiceLine[] {
  const period = periodOf(subscription);
  const isTrial = subscription.status === "trialing";
  const whole = { start: addIntervals(period.end, each, -1), end: period.end };
  return subscription.items.data.map((item) => {
    const line = itemLine(world, item, period, isTrial);
    if (!partial) return line;
    const amount = prorates ? proratedAmount(line.amount, whole, period.start) : 0;
    return { ...line, amount, subtotal: amount };
  });
}

/** One-time prices on the first invoice. */
function extraLines(world: World, input: Input, { id, created }: Subscription): InvoiceLine[] {
  return (input.add_invoice_items ?? []).map((each, at) => {
    const price = getObject<Price>(world, "price", each.price, `add_invoice_items[${at}][price]`);
    if (price.recurring !== null) {
      throw invalid(
        "The price specified is set to `type=recurring` but this field only accepts prices with `type=one_time`.",
        `add_invoice_items[${at}][price]`,
      );
    }
    const quantity = each.quantity ?? 1;
    return makeLine(world, {
      amount: (price.unit_amount ?? 0) * quantity,
      price,
      quantity,
      description: productName(world, price),
      period: { start: created, end: created },
      metadata: mergeMetadata({}, each.metadata),
      parent: {
        invoice_item_details: {
          invoice_item: newId(world, "invoiceitem"),
          proration: false,
          proration_details: null,
          subscription: id,
        },
        subscription_item_details: null,
        type: "invoice_item_details",
      },
      subscription: id,
    });
  });
}

/** The draft of the first invoice, before anything is paid. */
export function beginSubscription(
  world: World,
  input: Input,
  cause: Cause,
): { subscription: Subscription; invoice: Invoice } {
  const begun = begin(world, input, cause);
  const { subscription } = begun;
  const customer = getCustomer(world, input.customer, "customer");
  const invoice = draftInvoice(
    world,
    {
      customer,
      currency: subscription.currency,
      lines: [
        ...firstLines(world, begun, input.proration_behavior !== "none"),
        ...extraLines(world, input, subscription),
      ],
      reason: "subscription_create",
      created: subscription.created,
      period: { start: subscription.created, end: subscription.created },
      subscription,
      discounts: subscription.discounts.filter((each) => typeof each === "string"),
    },
    cause,
  );
  return { subscription, invoice };
}

export function createSubscription(world: World, input: Input, cause: Cause): Subscription {
  const { subscription, invoice: draft } = beginSubscription(world, input, cause);
  let current = subscription;
  if (input.payment_behavior === "pending_if_incomplete") {
    throw invalid(
      "payment_behavior=pending_if_incomplete can only be used when updating a subscription.",
      "payment_behavior",
    );
  }
  const owed = draft.total > 0;
  const behavior = input.payment_behavior ?? "allow_incomplete";
  if (owed && behavior !== "default_incomplete" && methodFor(world, draft) === null) {
    throw invalid(
      "This customer has no attached payment source or default payment method. Please consider adding a default payment method. For more information, visit https://stripe.com/docs/billing/subscriptions/payment-methods-setting#payment-method-priority.",
      undefined,
      "resource_missing",
    );
  }
  const waits = !owed && behavior === "default_incomplete" && methodFor(world, draft) === null;
  current = {
    ...current,
    discounts: usedUp(world, current, draft, cause),
    latest_invoice: draft.id,
  };
  if (waits) {
    const usage = { customer: input.customer, usage: "off_session" as const };
    current.pending_setup_intent = createSetupIntent(world, usage, cause).id;
  }
  saveObject(world, current);
  emit(world, "customer.subscription.created", current, cause);
  planCycle(world, current);
  if (current.status === "incomplete") {
    const key = keysOf(current.id).incomplete;
    planAt(
      world,
      clockIdOf(current),
      "subscription.incomplete",
      current.created + INCOMPLETE_S,
      { id: current.id },
      key,
    );
  }
  const open = finalizeInvoice(world, draft, cause);
  if (open.status === "open" && behavior !== "default_incomplete") firstPayment(world, open, input, cause);
  return getSubscription(world, current.id);
}

function firstPayment(world: World, open: Invoice, input: Input, cause: Cause): void {
  const session = input.off_session === true ? "off" : "on";
  collectInvoice(world, open, { session, automatic: false }, cause);
  if (input.payment_behavior === "error_if_incomplete") refusePayment(world, getInvoice(world, open.id));
}

/** Nobody paid the first invoice in time. */
export function incompleteDue(world: World, payload: unknown): void {
  const found = findSubscription(world, (payload as { id: string }).id);
  if (found?.status !== "incomplete" || typeof found.latest_invoice !== "string") return;
  voidInvoice(world, getInvoice(world, found.latest_invoice), BY_ITSELF);
}
