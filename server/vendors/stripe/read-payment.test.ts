import { expect, test } from "vitest";
import { readEnvelope } from "./envelope.ts";
import { readPaymentEvent } from "./read-payment.ts";

const event = (type: string, object: object, more: object = {}) =>
  Buffer.from(
    JSON.stringify({
      id: "evt_1",
      object: "event",
      type,
      created: 1_900_000_000,
      livemode: false,
      data: { object },
      ...more,
    }),
  );
const charge = {
  id: "ch_1",
  object: "charge",
  status: "succeeded",
  captured: true,
  amount: 1000,
  amount_captured: 1000,
  amount_refunded: 0,
  currency: "usd",
  created: 1_900_000_000,
  payment_intent: "pi_1",
  balance_transaction: null,
  metadata: { holdfast_id: "pay_1" },
};

test("the root of an event is its payment, else its own object", () => {
  expect(readEnvelope(event("charge.succeeded", charge))).toMatchObject({ root: "pi_1", objectId: "ch_1" });
  expect(readEnvelope(event("charge.succeeded", { ...charge, payment_intent: { id: "pi_2" } }))?.root).toBe(
    "pi_2",
  );
  expect(readEnvelope(event("customer.created", { id: "cus_1" }))).toMatchObject({ root: "cus_1" });
  expect(readEnvelope(event("balance.available", { object: "balance" }))).toMatchObject({ root: "evt_1" });
});

test("a thin event names its related object", () => {
  const thin = {
    object: "v2.core.event",
    created: "2030-03-17T17:46:40Z",
    data: {},
    related_object: { id: "acct_1" },
  };
  expect(readEnvelope(event("v2.core.account.updated", {}, thin))).toMatchObject({ root: "acct_1" });
});

test.each([
  ["no JSON", Buffer.from("{")],
  ["null", Buffer.from("null")],
  ["no id", event("charge.succeeded", charge, { id: 7 })],
  ["a NUL in its id", event("charge.succeeded", charge, { id: "evt_\0" })],
  ["no time", event("charge.succeeded", charge, { created: "soon" })],
])("%s is no event", (_name, bytes) => {
  expect(readEnvelope(bytes)).toBeNull();
});

test("a captured charge is money; a failed one is a state; an uncaptured one is neither", () => {
  expect(readPaymentEvent(event("charge.succeeded", charge))).toMatchObject({
    holdfastId: "pay_1",
    intentId: "pi_1",
    charge: { id: "ch_1", capturedMinor: 1000n, currency: "usd" },
    state: null,
  });
  const failed = { ...charge, status: "failed", captured: false, outcome: { reason: "expired_card" } };
  expect(readPaymentEvent(event("charge.failed", failed))).toMatchObject({
    charge: null,
    state: { status: "requires_payment_method", failureCode: "expired_card" },
  });
  expect(readPaymentEvent(event("charge.succeeded", { ...charge, captured: false }))).toMatchObject({
    charge: null,
    state: null,
  });
});

test("a paid session does not show its charge", () => {
  const session = {
    id: "cs_1",
    object: "checkout.session",
    status: "complete",
    payment_status: "paid",
    payment_intent: "pi_1",
  };
  expect(readPaymentEvent(event("checkout.session.completed", session))).toMatchObject({
    paidElsewhere: true,
    state: null,
  });
  expect(
    readPaymentEvent(
      event("checkout.session.expired", { ...session, status: "expired", payment_status: "unpaid" }),
    ),
  ).toMatchObject({ paidElsewhere: false, state: { status: "canceled", failureCode: "expired" } });
});

test("an object of another shape is not read", () => {
  expect(readPaymentEvent(event("charge.succeeded", { ...charge, amount_captured: "a lot" }))).toBeNull();
  expect(readPaymentEvent(event("charge.succeeded", { object: "dispute" }))).toBeNull();
  expect(readPaymentEvent(event("charge.succeeded", { ...charge, amount_captured: 1.5 }))).toBeNull();
});

test("a checkout whose delayed method failed is over; one not yet paid is on its way; an open one tells nothing", () => {
  const session = { id: "cs_1", object: "checkout.session", status: "complete", payment_status: "unpaid" };
  const stateOf = (type: string, more: object = {}) =>
    readPaymentEvent(event(type, { ...session, ...more }))?.state;
  expect(stateOf("checkout.session.async_payment_failed")).toEqual({
    status: "failed",
    failureCode: "async_payment_failed",
  });
  expect(stateOf("checkout.session.completed")).toEqual({ status: "processing", failureCode: null });
  expect(stateOf("checkout.session.completed", { status: "open" })).toBeNull();
});

test.each([
  ["processing", "processing", null],
  ["requires_capture", "processing", null],
  ["requires_action", "requires_action", null],
  ["requires_confirmation", "requires_payment_method", "card_declined"],
  ["requires_payment_method", "requires_payment_method", "card_declined"],
  ["canceled", "canceled", "abandoned"],
])("an intent that is %s leaves the payment %s", (status, wanted, failureCode) => {
  const intent = {
    id: "pi_1",
    object: "payment_intent",
    status,
    latest_charge: null,
    cancellation_reason: "abandoned",
    last_payment_error: { code: "card_declined" },
  };
  expect(readPaymentEvent(event("payment_intent.updated", intent))).toMatchObject({
    state: { status: wanted, failureCode },
    charge: null,
    paidElsewhere: false,
  });
});

test("a charge that failed without an outcome is told by its failure code", () => {
  const failed = { ...charge, status: "failed", captured: false, failure_code: "card_declined" };
  expect(readPaymentEvent(event("charge.failed", failed))?.state?.failureCode).toBe("card_declined");
  expect(readPaymentEvent(event("charge.failed", { ...failed, outcome: { reason: null } }))?.state).toEqual({
    status: "requires_payment_method",
    failureCode: "card_declined",
  });
});

test.each([
  ["succeeded", "succeeded"],
  ["failed", "failed"],
  ["canceled", "canceled"],
  ["requires_action", "pending"],
  [null, "pending"],
])("a refund that Stripe calls %s is %s", (status, wanted) => {
  const refund = {
    id: "re_1",
    object: "refund",
    status,
    amount: 250,
    currency: "usd",
    created: 1_900_000_000,
    charge: { id: "ch_1" },
    payment_intent: "pi_1",
    metadata: { holdfast_id: "re_ours", holdfast_keeps_credits: "true" },
  };
  expect(readPaymentEvent(event("refund.updated", refund))?.refunds).toMatchObject([
    { id: "re_1", chargeId: "ch_1", amountMinor: 250n, status: wanted, keepsCredits: true },
  ]);
});
