import { expect, test } from "vitest";
import * as read from "./read.ts";

const usd = (value: string) => ({ currency_code: "USD", value });
const capture = {
  id: "42311647XV020574X",
  status: "COMPLETED",
  amount: usd("10.00"),
  create_time: "2026-03-01T12:00:00Z",
};
const refund = { ...capture, id: "1JU08902781691411", amount: usd("2.50") };
const order = {
  id: "5O190127TN364715T",
  status: "APPROVED",
  purchase_units: [{ amount: usd("10.00") }],
};
const transaction = {
  transaction_id: "5TY05013RG002845M",
  transaction_event_code: "T0006",
  transaction_initiation_date: "2026-03-01T12:00:00+0100",
  transaction_amount: usd("10.00"),
  transaction_status: "S",
};
const up = (href: string) => ({ links: [{ rel: "up", href }] });
const related = (ids: object) => ({ supplementary_data: { related_ids: ids } });
const base = "https://api-m.paypal.com/v2";

test("a capture that tells the least: no reason, order, payment or fee of its own", () => {
  expect(read.capture.parse(capture)).toEqual({
    id: "42311647XV020574X",
    amountMinor: 1000n,
    currency: "usd",
    status: "COMPLETED",
    reason: null,
    orderId: null,
    customId: null,
    feeMinor: null,
    createdAt: new Date("2026-03-01T12:00:00Z"),
  });
});

test("a capture that tells all", () => {
  const more = {
    status: "PENDING",
    status_details: { reason: "PENDING_REVIEW" },
    custom_id: "pay_1",
    seller_receivable_breakdown: { paypal_fee: usd("0.84") },
    ...related({ order_id: "ORDER1" }),
  };
  expect(read.capture.parse({ ...capture, ...more })).toMatchObject({
    status: "PENDING",
    reason: "PENDING_REVIEW",
    orderId: "ORDER1",
    customId: "pay_1",
    feeMinor: 84n,
  });
});

test.each([
  ["its link up", up(`${base}/checkout/orders/ORDER1`), "ORDER1"],
  ["another relation", { links: [{ rel: "self", href: `${base}/checkout/orders/ORDER1` }] }, null],
  ["a link that is no address", up("/checkout/orders/ORDER1"), null],
  ["a link to something else", up(`${base}/payments/captures/X1`), null],
  ["a link that leads further", up(`${base}/checkout/orders/ORDER1/capture`), null],
  ["data that names no order", related({}), null],
])("a capture finds its order by %s", (_name, more, wanted) => {
  expect(read.capture.parse({ ...capture, ...more }).orderId).toBe(wanted);
});

test.each([
  ["its link up", up(`${base}/payments/captures/CAPTURE1`), "CAPTURE1"],
  ["its data, where there is no link", related({ capture_id: "CAPTURE2" }), "CAPTURE2"],
  [
    "the link before the data",
    { ...up(`${base}/payments/captures/CAPTURE1`), ...related({ capture_id: "CAPTURE2" }) },
    "CAPTURE1",
  ],
  ["data that names none", related({}), null],
  ["data without ids", { supplementary_data: {} }, null],
  ["nothing", {}, null],
])("a refund finds its capture by %s", (_name, more, wanted) => {
  expect(read.refund.parse({ ...refund, ...more }).captureId).toBe(wanted);
});

test("a refund gives back its own fee, and none that is in another currency or not told", () => {
  const feeOf = (breakdown: object) =>
    read.refund.parse({ ...refund, seller_payable_breakdown: breakdown }).feeMinor;
  expect(feeOf({ paypal_fee: usd("0.10") })).toBe(10n);
  expect(feeOf({ paypal_fee: { currency_code: "EUR", value: "0.10" } })).toBe(0n);
  expect(feeOf({})).toBe(0n);
  expect(read.refund.parse({ ...refund, custom_id: "pay_1" }).customId).toBe("pay_1");
  expect(read.refund.parse(refund).customId).toBeNull();
});

test("an order that tells the least has nobody, no page, no money moved and no time", () => {
  expect(read.order.parse(order)).toEqual({
    id: "5O190127TN364715T",
    amountMinor: 1000n,
    currency: "usd",
    status: "APPROVED",
    customId: null,
    approveUrl: null,
    captures: [],
    refunds: [],
    createdAt: new Date(0),
  });
});

test("an order's captures are of the order, whatever they say; its page is the one that the buyer is led to", () => {
  const payments = { captures: [{ ...capture, ...related({ order_id: "OTHER" }) }], refunds: [refund] };
  const pageOf = (rel: string) =>
    read.order.parse({ ...order, links: [{ rel, href: "https://pay.example/" }] }).approveUrl;
  expect(["approve", "payer-action", "self"].map(pageOf)).toEqual([
    "https://pay.example/",
    "https://pay.example/",
    null,
  ]);
  expect(
    read.order.parse({
      ...order,
      purchase_units: [{ amount: usd("10.00"), custom_id: "pay_1", payments }],
      create_time: "2026-03-01T12:00:00Z",
    }),
  ).toMatchObject({
    customId: "pay_1",
    captures: [{ id: capture.id, orderId: order.id }],
    refunds: [{ id: refund.id, amountMinor: 250n }],
    createdAt: new Date("2026-03-01T12:00:00Z"),
  });
});

test.each([
  ["no unit", { purchase_units: [] }],
  ["two units", { purchase_units: [{ amount: usd("1.00") }, { amount: usd("2.00") }] }],
  ["an amount finer than a minor unit", { purchase_units: [{ amount: usd("10.001") }] }],
  [
    "a currency that PayPal does not take",
    { purchase_units: [{ amount: { currency_code: "XAU", value: "1" } }] },
  ],
  ["a time that is none", { create_time: "soon" }],
  ["a status that nobody knows", { status: "HIBERNATING" }],
])("an order with %s is unreadable", (_name, more) => {
  expect(read.order.safeParse({ ...order, ...more }).success).toBe(false);
});

test("a line of the books that tells the least, and one that tells all; offsets have no colon there", () => {
  const whole = {
    ...transaction,
    paypal_reference_id: "ORDER1",
    paypal_reference_id_type: "ODR",
    fee_amount: usd("-0.84"),
    custom_field: "pay_1",
  };
  const answer = read.transactions.parse({
    transaction_details: [{ transaction_info: transaction }, { transaction_info: whole }],
  });
  const least = {
    id: "5TY05013RG002845M",
    amountMinor: 1000n,
    currency: "usd",
    referenceId: null,
    referenceType: null,
    eventCode: "T0006",
    status: "S",
    feeMinor: 0n,
    customId: null,
    initiatedAt: new Date("2026-03-01T11:00:00Z"),
  };
  expect(answer.transaction_details).toEqual([
    least,
    { ...least, referenceId: "ORDER1", referenceType: "ODR", feeMinor: -84n, customId: "pay_1" },
  ]);
});

test("the next page is named by a link, or there is none", () => {
  const next = { rel: "next", href: "https://a.example/?page=2" };
  expect(read.nextPage([{ rel: "self", href: "https://a.example/" }, next])).toBe(next.href);
  expect(read.nextPage([])).toBeNull();
  expect(read.nextPage(undefined)).toBeNull();
});
