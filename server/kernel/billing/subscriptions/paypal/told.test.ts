import { describe, expect, test } from "vitest";
import type {
  PaypalRefund,
  PaypalSubscription,
  PaypalSubscriptionPayment,
} from "../../../../vendors/paypal/index.ts";
import { toldOf } from "./told.ts";

const at = (text: string) => new Date(`${text}T10:00:00Z`);
const found: PaypalSubscription = {
  id: "I-1",
  status: "ACTIVE",
  customId: "sub_1",
  planId: "P-1",
  quantity: 2,
  payerId: "PAYER",
  approveUrl: null,
  createdAt: at("2026-01-31"),
  startAt: at("2026-01-31"),
  statusAt: at("2026-01-31"),
  nextBillingAt: at("2026-02-28"),
  inTrial: false,
  failedPayments: 0,
  outstanding: null,
};
const sold = { unitMinor: 2_900n, currency: "usd", period: "month", name: "Pro" } as const;
const fresh = { period_start: null, period_end: null, trial_days: null, trial_ends_at: null };
const payment = (more: Partial<PaypalSubscriptionPayment> = {}): PaypalSubscriptionPayment => ({
  id: "CAPTURE1",
  status: "COMPLETED",
  amountMinor: 5_800n,
  currency: "usd",
  feeMinor: 252n,
  paidAt: at("2026-01-31"),
  ...more,
});
const told = (
  more: Partial<PaypalSubscription> = {},
  payments: PaypalSubscriptionPayment[] = [],
  row: Partial<typeof fresh> | Record<string, unknown> = {},
  refunds: PaypalRefund[] = [],
) => toldOf({ ...fresh, ...row }, { ...found, ...more }, sold, payments, refunds);

describe("status, as PayPal says it", () => {
  test.each([
    [{ status: "ACTIVE" }, "active"],
    [{ status: "ACTIVE", inTrial: true }, "trialing"],
    [{ status: "ACTIVE", failedPayments: 1 }, "past_due"],
    [{ status: "SUSPENDED" }, "suspended"],
    [{ status: "CANCELLED" }, "canceled"],
    [{ status: "EXPIRED" }, "canceled"],
  ] as const)("%j is %s", (more, status) => {
    expect(told(more)?.subscription.status).toBe(status);
  });
  test.each(["APPROVAL_PENDING", "APPROVED"] as const)("%s has not begun", (status) => {
    expect(told({ status })).toBeNull();
  });
  test("suspended without a failure it is held; after failures it is not", () => {
    expect(told({ status: "SUSPENDED" })?.subscription.isHeld).toBe(true);
    expect(told({ status: "SUSPENDED", failedPayments: 3 })?.subscription.isHeld).toBe(false);
  });
});

test("the month's end that is shorter: the period before the next billing begins on the anchor's day", () => {
  expect(told()?.subscription).toMatchObject({ periodStart: at("2026-01-31"), periodEnd: at("2026-02-28") });
  expect(told({ nextBillingAt: at("2026-03-31") })?.subscription).toMatchObject({
    periodStart: at("2026-02-28"),
    periodEnd: at("2026-03-31"),
  });
});

test("what is not billed any more keeps the period that we know", () => {
  const row = { period_start: at("2026-02-28"), period_end: at("2026-03-31") };
  expect(told({ status: "SUSPENDED", nextBillingAt: null }, [], row)?.subscription).toMatchObject({
    periodStart: row.period_start,
    periodEnd: row.period_end,
  });
});

test("a payment is an invoice of its period: the first, one of a cycle, a part of what was owed", () => {
  const invoices = told({ nextBillingAt: at("2026-03-31") }, [
    payment(),
    payment({ id: "CAPTURE2", paidAt: at("2026-02-28") }),
    payment({ id: "CAPTURE3", paidAt: at("2026-03-05"), amountMinor: 100n }),
    payment({ id: "CAPTURE4", status: "DECLINED" }),
    payment({ id: "CAPTURE5", status: "PENDING" }),
  ])?.invoices;
  expect(
    invoices?.map(({ id, reason, lines: [line] }) => [id, reason, line?.periodStart, line?.periodEnd]),
  ).toEqual([
    ["paypal:CAPTURE1", "create", at("2026-01-31"), at("2026-02-28")],
    ["paypal:CAPTURE2", "cycle", at("2026-02-28"), at("2026-03-31")],
    ["paypal:CAPTURE3", "other", at("2026-02-28"), at("2026-03-31")],
  ]);
});

test("a trial is an invoice of nothing, and what follows is counted from its end", () => {
  const row = { trial_days: 14 };
  const trial = told({ inTrial: true, nextBillingAt: at("2026-02-14") }, [], row);
  expect(trial?.subscription).toMatchObject({ trialEndsAt: at("2026-02-14"), periodStart: at("2026-01-31") });
  expect(trial?.invoices).toMatchObject([{ id: "paypal:I-1:trial", totalMinor: 0n, reason: "create" }]);
  const after = told({ nextBillingAt: at("2026-03-14") }, [payment({ paidAt: at("2026-02-14") })], row);
  expect(after?.invoices).toMatchObject([{ reason: "cycle", lines: [{ periodStart: at("2026-02-14") }] }]);
});

test("a refund goes with the payment that it is of", () => {
  const refund: PaypalRefund = {
    id: "REFUND1",
    status: "COMPLETED",
    captureId: "CAPTURE1",
    customId: null,
    invoiceId: null,
    amountMinor: 100n,
    currency: "usd",
    feeMinor: 0n,
    createdAt: at("2026-02-01"),
  };
  const invoices = told({}, [payment(), payment({ id: "CAPTURE2" })], {}, [refund])?.invoices;
  expect(invoices?.map(({ charges }) => charges?.[0]?.refunds.map(({ id }) => id))).toEqual([
    ["REFUND1"],
    [],
  ]);
});
