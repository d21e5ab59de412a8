import { expect, test } from "vitest";
import type Stripe from "stripe";
import {
  invoiceFact,
  invoiceLine,
  paidIntents,
  readRecurringEvent,
  sessionMode,
  subscriptionFact,
  subscriptionSession,
} from "./read-recurring.ts";

const START = 1_900_000_000;
const END = START + 2_592_000;
const at = (seconds: number) => new Date(seconds * 1000);
const read = (object: object | null) =>
  readRecurringEvent(Buffer.from(JSON.stringify({ id: "evt_1", ...(object ? { data: { object } } : {}) })));

const item = {
  id: "si_1",
  quantity: 3,
  current_period_start: START,
  current_period_end: END,
  price: { id: "price_1", unit_amount: 900, currency: "usd", recurring: { interval: "month" } },
};
const subscription = {
  id: "sub_1",
  object: "subscription",
  status: "active",
  metadata: { holdfast_id: "sub_ours" },
  items: { data: [item] },
  trial_end: null,
  cancel_at_period_end: false,
  cancel_at: null,
  canceled_at: null,
  ended_at: null,
  default_payment_method: { id: "pm_1", card: { fingerprint: "print_1" } },
};
const line = {
  description: "3 × Team",
  amount: 2700,
  quantity: 3,
  period: { start: START, end: END },
  parent: { subscription_item_details: { proration: false } },
};
const invoice = {
  id: "in_1",
  object: "invoice",
  number: "A-1",
  status: "paid",
  billing_reason: "subscription_cycle",
  currency: "usd",
  subtotal: 2700,
  total_taxes: [{ amount: 200 }, { amount: 57 }],
  total: 2957,
  amount_due: 2957,
  amount_paid: 2957,
  attempt_count: 1,
  next_payment_attempt: null,
  lines: { data: [line] },
  hosted_invoice_url: "https://pay.example/in_1",
  created: START,
  status_transitions: { paid_at: START + 60 },
  parent: { subscription_details: { subscription: "sub_1", metadata: { holdfast_id: "sub_ours" } } },
};
const session = {
  id: "cs_1",
  object: "checkout.session",
  url: "https://pay.example/cs_1",
  expires_at: END,
  metadata: { holdfast_id: "sub_ours" },
  subscription: "sub_1",
  status: "open",
};
const asSubscription = (more: object) =>
  subscriptionFact({ ...subscription, ...more } as unknown as Stripe.Subscription);
const asInvoice = (more: object) => invoiceFact({ ...invoice, ...more } as unknown as Stripe.Invoice);
const asLine = (more: object) => invoiceLine({ ...line, ...more } as unknown as Stripe.InvoiceLineItem);
const asSession = (more: object) =>
  subscriptionSession({ ...session, ...more } as unknown as Stripe.Checkout.Session);

test("each kind of object is told apart, another one is nothing that recurs", () => {
  expect(read(subscription)).toMatchObject({ kind: "subscription", found: { id: "sub_1" } });
  expect(read(invoice)).toMatchObject({ kind: "invoice", found: { id: "in_1", taxMinor: 257n } });
  expect(read(session)).toMatchObject({ kind: "session", found: { id: "cs_1", status: "open" } });
  expect(read({ object: "charge", id: "ch_1" })).toBeNull();
  expect(read(null)).toBeNull();
});

test("a payment of an invoice names it, expanded or not; without an invoice it tells nothing", () => {
  const paid = (of: unknown) => read({ object: "invoice_payment", id: "inpay_1", invoice: of });
  expect(paid("in_1")).toEqual({ kind: "invoice_payment", invoiceId: "in_1" });
  expect(paid({ id: "in_2" })).toEqual({ kind: "invoice_payment", invoiceId: "in_2" });
  expect(paid({})).toBeNull();
  expect(paid(null)).toBeNull();
});

test.each([
  ["a subscription without an item", { ...subscription, items: { data: [] } }],
  ["an item without a price", { ...subscription, items: { data: [{ ...item, price: null }] } }],
  ["a status that nobody knows", { ...subscription, status: "hibernating" }],
  ["a subscription without its list", { ...subscription, items: undefined }],
  ["an invoice without a status", { ...invoice, status: null }],
  ["an amount in words", { ...invoice, total: "a lot" }],
  ["an amount finer than a minor unit", { ...invoice, total: 29.57 }],
  ["a line without its period", { ...invoice, lines: { data: [{ ...line, period: { start: START } }] } }],
  ["a checkout that ends never", { ...session, expires_at: "never" }],
])("%s is not read", (_name, object) => {
  expect(read(object)).toBeNull();
});

test("only a mode that is text says what a checkout is for", () => {
  const modeOf = (object?: object) =>
    sessionMode(Buffer.from(JSON.stringify(object ? { data: { object } } : {})));
  expect(modeOf({ mode: "subscription" })).toBe("subscription");
  expect(modeOf({ mode: 7 })).toBeNull();
  expect(modeOf()).toBeNull();
});

test("a subscription says what it costs, for how long, and who pays", () => {
  expect(asSubscription({})).toEqual({
    id: "sub_1",
    holdfastId: "sub_ours",
    status: "active",
    itemId: "si_1",
    methodId: "pm_1",
    priceId: "price_1",
    unitMinor: 900n,
    currency: "usd",
    period: "month",
    quantity: 3,
    periodStart: at(START),
    periodEnd: at(END),
    trialEndsAt: null,
    cancelAtPeriodEnd: false,
    canceledAt: null,
    endedAt: null,
    payerFingerprint: "print_1",
  });
});

test("a subscription made at Stripe, by the year, without amount or count, is one unit that costs nothing", () => {
  const price = { ...item.price, unit_amount: null, recurring: { interval: "year" } };
  const { quantity: _none, ...rest } = item;
  expect(asSubscription({ metadata: {}, items: { data: [{ ...rest, price }] } })).toMatchObject({
    holdfastId: null,
    unitMinor: 0n,
    period: "year",
    quantity: 1,
  });
});

test.each([
  ["a trial", { trial_end: END }, { trialEndsAt: at(END) }],
  ["an end that was asked for", { cancel_at_period_end: true }, { cancelAtPeriodEnd: true }],
  ["an end set to the period's", { cancel_at: END }, { cancelAtPeriodEnd: true }],
  ["an end within the period", { cancel_at: END - 1 }, { cancelAtPeriodEnd: false }],
  [
    "one that is over",
    { status: "canceled", canceled_at: START + 1, ended_at: START + 2 },
    { status: "canceled", canceledAt: at(START + 1), endedAt: at(START + 2) },
  ],
  ["one that never began", { status: "incomplete_expired" }, { status: "canceled" }],
  ["one that nobody pays", { status: "unpaid" }, { status: "suspended" }],
  ["a method that is not shown", { default_payment_method: "pm_1" }, { payerFingerprint: null }],
  ["no method", { default_payment_method: null }, { payerFingerprint: null }],
  ["a method that is no card", { default_payment_method: { id: "pm_1" } }, { payerFingerprint: null }],
  [
    "a card without a print",
    { default_payment_method: { id: "pm_1", card: { fingerprint: null } } },
    { payerFingerprint: null },
  ],
])("a subscription with %s", (_name, more, wanted) => {
  expect(asSubscription(more)).toMatchObject(wanted);
});

test.each([
  ["subscription_create", "create"],
  ["subscription_cycle", "cycle"],
  ["subscription_update", "update"],
  ["manual", "other"],
  [null, "other"],
])("an invoice for %s is of the reason %s", (billing_reason, reason) => {
  expect(asInvoice({ billing_reason }).reason).toBe(reason);
});

test("an invoice of nothing that recurs, untaxed, unpaid and without a page", () => {
  const open = {
    status: "open",
    parent: null,
    total_taxes: null,
    hosted_invoice_url: null,
    next_payment_attempt: END,
    status_transitions: { paid_at: null },
  };
  expect(asInvoice(open)).toMatchObject({
    subscriptionId: null,
    holdfastId: null,
    taxMinor: 0n,
    payUrl: null,
    nextAttemptAt: at(END),
    paidAt: null,
  });
});

test("an invoice names its subscription, expanded or not, and ours only where it is written", () => {
  const of = (details: object) => asInvoice({ parent: { subscription_details: details } });
  expect(of({ subscription: { id: "sub_2" }, metadata: null })).toMatchObject({
    subscriptionId: "sub_2",
    holdfastId: null,
  });
  expect(asInvoice({})).toMatchObject({ subscriptionId: "sub_1", holdfastId: "sub_ours" });
});

test("a line without words or count is one of something; a proration is told by whichever parent it has", () => {
  expect(asLine({ description: null, quantity: null, parent: null })).toMatchObject({
    description: "",
    quantity: 1,
    proration: false,
  });
  expect(asLine({ parent: { subscription_item_details: { proration: true } } }).proration).toBe(true);
  expect(asLine({ parent: { invoice_item_details: { proration: true } } }).proration).toBe(true);
});

test("a checkout is open until it is complete or has expired", () => {
  const statusOf = (status: string | null) => asSession({ status }).status;
  expect(["open", "complete", "expired", null].map(statusOf)).toEqual([
    "open",
    "complete",
    "expired",
    "open",
  ]);
  expect(asSession({ metadata: null, subscription: null })).toMatchObject({
    holdfastId: null,
    subscriptionId: null,
  });
});

test("an invoice was paid by the intents of its paid payments alone", () => {
  const of = (payments: unknown) => paidIntents({ ...invoice, payments } as unknown as Stripe.Invoice);
  const by = (status: string, payment_intent: unknown) => ({ status, payment: { payment_intent } });
  expect(
    of({
      data: [
        by("open", "pi_open"),
        by("paid", "pi_1"),
        by("paid", { id: "pi_2" }),
        by("paid", undefined),
        by("canceled", "pi_3"),
      ],
    }),
  ).toEqual(["pi_1", "pi_2"]);
  expect(of(undefined)).toEqual([]);
});
