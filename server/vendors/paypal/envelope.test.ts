import { expect, test } from "vitest";
import { envelopeOf, readNamedIds, readPaypalEnvelope } from "./envelope.ts";

const event = {
  id: "WH-1",
  event_type: "PAYMENT.CAPTURE.COMPLETED",
  create_time: "2026-03-01T12:00:00Z",
  resource: { id: "CAPTURE1" },
};
const named = (event_type: unknown, resource: unknown) =>
  readNamedIds(Buffer.from(JSON.stringify({ ...event, event_type, resource })));

test.each([
  ["no JSON", Buffer.from("{")],
  ["a number", Buffer.from("7")],
  ["null", Buffer.from("null")],
  ["no id", Buffer.from(JSON.stringify({ ...event, id: undefined }))],
  ["an id of other letters", Buffer.from(JSON.stringify({ ...event, id: "WH 1" }))],
  ["no type", Buffer.from(JSON.stringify({ ...event, event_type: 7 }))],
  ["no time", Buffer.from(JSON.stringify({ ...event, create_time: undefined }))],
  ["a time in words", Buffer.from(JSON.stringify({ ...event, create_time: "soon" }))],
])("%s is no event", (_name, bytes) => {
  expect(readPaypalEnvelope(bytes)).toBeNull();
});

test("the root is the payment, else the order, else the capture, else the object, else the event", () => {
  const rootOf = (resource: unknown) => envelopeOf({ ...event, resource })?.root;
  const ids = { order_id: "ORDER1" };
  expect(rootOf({ id: "X1", custom_id: "pay_1", supplementary_data: { related_ids: ids } })).toBe("pay_1");
  expect(rootOf({ id: "X1", supplementary_data: { related_ids: ids } })).toBe("ORDER1");
  expect(rootOf({ id: "X1", supplementary_data: "none" })).toBe("X1");
  expect(
    envelopeOf({ ...event, event_type: "CUSTOMER.DISPUTE.CREATED", resource: { id: "PP-D-1" } })?.root,
  ).toBe("PP-D-1");
  expect(rootOf({})).toBe("WH-1");
  expect(rootOf("text")).toBe("WH-1");
});

test("an order names itself, and the payment that its unit carries", () => {
  expect(
    named("CHECKOUT.ORDER.APPROVED", { id: "ORDER1", purchase_units: [{ custom_id: "pay_1" }] }),
  ).toEqual({
    objectId: "ORDER1",
    customId: "pay_1",
    orderId: "ORDER1",
    captureId: null,
    agreementId: null,
  });
  expect(named("CHECKOUT.ORDER.APPROVED", { id: "ORDER1", purchase_units: "none" })?.customId).toBeNull();
});

test.each([
  ["PAYMENT.CAPTURE.COMPLETED", {}, "X1"],
  ["PAYMENT.CAPTURE.REFUNDED", {}, null],
  ["PAYMENT.CAPTURE.REVERSED", {}, null],
  ["PAYMENT.REFUND.FAILED", {}, null],
  [
    "PAYMENT.CAPTURE.REFUNDED",
    { links: [{ rel: "self" }, { rel: "up", href: "/v2/payments/captures/C1" }] },
    "C1",
  ],
  ["PAYMENT.CAPTURE.REFUNDED", { links: [null, { rel: "up", href: 7 }] }, null],
  ["PAYMENT.CAPTURE.REFUNDED", { links: [{ rel: "up", href: "/v2/checkout/orders/O1" }] }, null],
  ["PAYMENT.CAPTURE.REFUNDED", { supplementary_data: { related_ids: { capture_id: "C2" } } }, "C2"],
  ["CUSTOMER.DISPUTE.CREATED", {}, null],
])("%s with %j is about the capture %s", (type, more, captureId) => {
  expect(named(type, { id: "X1", ...more })?.captureId).toBe(captureId);
});

test("an object without an id names nothing; one of an event without a type still names itself", () => {
  expect(named("PAYMENT.CAPTURE.COMPLETED", {})).toBeNull();
  expect(named("PAYMENT.CAPTURE.COMPLETED", null)).toBeNull();
  expect(named(undefined, { id: "X1" })).toEqual({
    objectId: "X1",
    customId: null,
    orderId: null,
    captureId: null,
    agreementId: null,
  });
});

test("a case names itself by an id of its own, and the payment and capture that it is about", () => {
  const disputed_transactions = [{ seller_transaction_id: "C1", custom: "pay_1" }];
  const resource = { dispute_id: "PP-D-1", disputed_transactions };
  expect(named("CUSTOMER.DISPUTE.CREATED", resource)).toEqual({
    objectId: "PP-D-1",
    customId: "pay_1",
    orderId: null,
    captureId: "C1",
    agreementId: null,
  });
  expect(envelopeOf({ ...event, event_type: "CUSTOMER.DISPUTE.CREATED", resource })?.root).toBe("pay_1");
});

test("a subscription's payment names our row and its subscription; its root is the row, else the subscription", () => {
  const sale = { id: "SALE1", billing_agreement_id: "I-1" };
  const told = (type: string, resource: unknown) =>
    envelopeOf({ ...event, event_type: type, resource })?.root;
  expect(named("PAYMENT.SALE.COMPLETED", { ...sale, custom: "sub_1" })).toMatchObject({
    customId: "sub_1",
    agreementId: "I-1",
    captureId: null,
  });
  expect(told("PAYMENT.SALE.COMPLETED", { ...sale, custom: "sub_1" })).toBe("sub_1");
  expect(told("PAYMENT.SALE.COMPLETED", sale)).toBe("I-1");
  expect(told("BILLING.SUBSCRIPTION.ACTIVATED", { id: "I-1", custom_id: "sub_1" })).toBe("sub_1");
  expect(named("BILLING.SUBSCRIPTION.ACTIVATED", { id: "I-1" })?.agreementId).toBe("I-1");
});
