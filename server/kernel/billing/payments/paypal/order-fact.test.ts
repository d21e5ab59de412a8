import { expect, test } from "vitest";
import type { PaypalCapture, PaypalOrder, PaypalRefund } from "../../../../vendors/paypal/index.ts";
import { captureFact, orderFact } from "./order-fact.ts";

const at = (seconds: number) => new Date(Date.UTC(2026, 2, 1) + seconds * 1000);
const money = { amountMinor: 1000n, currency: "usd" };
const capture: PaypalCapture = {
  id: "42311647XV020574X",
  ...money,
  status: "COMPLETED",
  reason: null,
  orderId: "5O190127TN364715T",
  customId: "pay_1",
  feeMinor: 59n,
  createdAt: at(30),
};
const refund: PaypalRefund = {
  id: "1JU08902781691411",
  ...money,
  status: "COMPLETED",
  captureId: null,
  customId: null,
  invoiceId: null,
  feeMinor: 0n,
  createdAt: at(60),
};
const order: PaypalOrder = {
  id: "5O190127TN364715T",
  ...money,
  status: "CREATED",
  customId: "pay_1",
  approveUrl: null,
  captures: [],
  refunds: [],
  createdAt: at(0),
};

test.each([
  ["CREATED", "requires_payment_method", null],
  ["SAVED", "requires_payment_method", null],
  ["PAYER_ACTION_REQUIRED", "requires_action", null],
  ["APPROVED", "processing", null],
  ["VOIDED", "canceled", "voided"],
  ["COMPLETED", "processing", null],
] as const)("an order %s without a capture is %s", (status, wanted, failureCode) => {
  const found = orderFact({ ...order, status });
  expect(found.state).toEqual({ status: wanted, failureCode });
  expect(found.charge).toBeNull();
});

test("an approved order that PayPal would not capture waits for another way to pay", () => {
  expect(orderFact({ ...order, status: "APPROVED" }, "INSTRUMENT_DECLINED").state).toEqual({
    status: "requires_payment_method",
    failureCode: "INSTRUMENT_DECLINED",
  });
});

test.each([
  ["PENDING", "PENDING_REVIEW", "processing", "PENDING_REVIEW"],
  ["DECLINED", null, "failed", "DECLINED"],
  ["FAILED", "REFUSED", "failed", "REFUSED"],
] as const)("a capture %s (%s) is %s", (status, reason, wanted, failureCode) => {
  const one = { ...capture, status, reason };
  const state = { status: wanted, failureCode };
  expect(orderFact({ ...order, status: "COMPLETED", captures: [one] })).toMatchObject({
    state,
    charge: null,
  });
  expect(captureFact(one)).toMatchObject({ state, charge: null });
});

test("of two captures the one that took money counts, else the newer", () => {
  const declined = { ...capture, id: "1", status: "DECLINED", createdAt: at(40) } as const;
  const pending = { ...capture, id: "2", status: "PENDING", createdAt: at(50) } as const;
  expect(orderFact({ ...order, captures: [declined, capture] }).charge?.id).toBe(capture.id);
  expect(orderFact({ ...order, captures: [pending, declined] }).state?.status).toBe("processing");
});

test("a captured order carries its fee and its refunds, each under its capture", () => {
  const found = orderFact({ ...order, status: "COMPLETED", captures: [capture], refunds: [refund] });
  expect(found).toMatchObject({
    state: null,
    charge: { id: capture.id, capturedMinor: 1000n, currency: "usd", feeMinor: 59n },
    refunds: [{ id: refund.id, chargeId: capture.id, amountMinor: 1000n, status: "succeeded" }],
  });
});
