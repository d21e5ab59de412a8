import fc from "fast-check";
import { expect, test } from "vitest";
import type { PaymentFact } from "./fact.ts";
import { isUnclear, walk, type Fact, type PaymentRow, type RefundRow } from "./payment.ts";

const T0 = Date.parse("2026-03-01T00:00:00Z");
const at = (seconds: number) => new Date(T0 + seconds * 1000);
const row: PaymentRow = {
  org_id: "org_1",
  id: "pay_1",
  mode: "test",
  account_id: "acct_1",
  provider: "stripe",
  purpose: "credits",
  invoice_id: null,
  tax_minor: 0n,
  pack_key: "starter",
  amount_minor: 1000n,
  currency: "usd",
  credits_micros: 1_000_000_000n,
  status: "requires_payment_method",
  attempt: 1,
  absent_since: null,
  success_url: "",
  cancel_url: "",
  session_id: "cs_1",
  session_url: null,
  session_expires_at: null,
  intent_id: null,
  charge_id: null,
  refunded_minor: 0n,
  failure_code: null,
  fee_transaction_id: null,
  fee_minor: null,
  as_of: at(0),
  fetch_seq: 0n,
  created_at: at(0),
  paid_at: null,
  disputed_minor: 0n,
  lost_minor: 0n,
  dispute: null,
  declined: false,
  tax_calculation: null,
};
const nothing: PaymentFact = {
  holdfastId: "pay_1",
  sessionId: null,
  intentId: "pi_1",
  state: null,
  charge: null,
  refunds: [],
  paidElsewhere: false,
};
const fact = (seconds: number, found: Partial<PaymentFact>, fetchSeq: bigint | null = null): Fact => ({
  paymentId: "pay_1",
  at: at(seconds),
  fetchSeq,
  found: { ...nothing, ...found },
});
const charge = {
  id: "ch_1",
  intentId: "pi_1",
  capturedMinor: 1000n,
  refundedMinor: 0n,
  currency: "usd",
  createdAt: at(30),
  balanceTransactionId: null,
};
const refund = (
  id: string,
  amountMinor: bigint,
  status: "pending" | "succeeded" | "failed",
  seconds: number,
) => ({
  id,
  chargeId: "ch_1",
  intentId: "pi_1",
  amountMinor,
  currency: "usd",
  status,
  createdAt: at(seconds),
});
const state = (
  status: "requires_payment_method" | "requires_action" | "processing" | "canceled",
  failureCode: string | null = null,
) => ({
  state: { status, failureCode },
});

/** Walks all facts from the fresh row; what was posted is kept by reference, as the ledger does. */
function walkAll(facts: readonly Fact[]) {
  let payment = row;
  let refunds = new Map<string, RefundRow>();
  const posted = new Map<string, bigint>();
  for (const one of facts) {
    const walked = walk(payment, refunds, one);
    payment = walked.payment;
    refunds = walked.refunds;
    for (const { reference, entries } of walked.moves.postings) {
      expect(posted.has(reference)).toBe(false);
      expect(entries.reduce((sum, { amount }) => sum + amount, 0n)).toBe(0n);
      posted.set(reference, entries[0]?.amount ?? 0n);
    }
  }
  const { status, refunded_minor, charge_id, fee_transaction_id, failure_code } = payment;
  return { status, refunded_minor, charge_id, fee_transaction_id, failure_code, posted: [...posted].sort() };
}

test("what was paid keeps its intent, whichever others bear its name", () => {
  const paid = walk(row, new Map(), fact(30, { charge })).payment;
  const told = walk(paid, new Map(), fact(31, { intentId: "pi_2", ...state("processing") })).payment;
  expect(told).toEqual(paid);
});

const story: Fact[] = [
  fact(10, state("requires_action")),
  fact(20, state("requires_payment_method", "card_declined")),
  fact(30, { charge }),
  fact(31, { charge: { ...charge, refundedMinor: null } }),
  fact(33, { charge: { ...charge, balanceTransactionId: "txn_1" } }),
  fact(40, { refunds: [refund("re_1", 300n, "pending", 40)] }),
  fact(50, { refunds: [refund("re_1", 300n, "succeeded", 40)] }),
  fact(60, { refunds: [refund("re_2", 700n, "succeeded", 60)] }),
  fact(90, { refunds: [refund("re_2", 700n, "failed", 60)] }),
];

test("money facts in any order, any number of times, end in one state and one set of postings", () => {
  const shuffled = fc
    .tuple(fc.shuffledSubarray(story, { minLength: story.length }), fc.array(fc.constantFrom(...story)))
    .chain(([all, extra]) =>
      fc.shuffledSubarray([...all, ...extra], { minLength: all.length + extra.length }),
    );
  const sums = (posted: (readonly [string, bigint])[]) =>
    posted.reduce((sum, [, amount]) => sum + amount, 0n);
  const expected = walkAll(story);
  expect(expected).toMatchObject({ status: "partially_refunded", refunded_minor: 300n, failure_code: null });
  fc.assert(
    fc.property(shuffled, (facts) => {
      const { posted, ...end } = walkAll(facts);
      const { posted: _, ...wanted } = expected;
      expect(end).toEqual(wanted);
      // A refund whose failure is told first is never posted, nor taken back: the sum is the same.
      expect(sums(posted)).toBe(sums(expected.posted));
    }),
    { numRuns: 500 },
  );
});

test("the newest state wins when events are more than 5 s apart, in either order", () => {
  const early = fact(10, state("requires_action"));
  const late = fact(20, state("requires_payment_method", "card_declined"));
  for (const facts of [
    [early, late],
    [late, early],
  ])
    expect(walkAll(facts)).toMatchObject({
      status: "requires_payment_method",
      failure_code: "card_declined",
    });
});

test("events within 5 s of what is known are unclear, unless they say the same or money has moved", () => {
  const known = { ...row, status: "requires_action", as_of: at(10) } as const;
  const declined = { status: "requires_payment_method", failureCode: null } as const;
  expect([4, 5, 10, 15, 16].map((seconds) => isUnclear(known, at(seconds), declined))).toEqual([
    false,
    true,
    true,
    true,
    false,
  ]);
  expect(isUnclear(known, at(10), { status: "requires_action", failureCode: null })).toBe(false);
  expect(
    isUnclear(
      { ...known, status: "requires_payment_method", failure_code: "expired_card" },
      at(10),
      declined,
    ),
  ).toBe(true);
  expect(isUnclear({ ...known, charge_id: "ch_1" }, at(10), declined)).toBe(false);
});

test("of two fetches the one started later wins, whichever is written first", () => {
  const first = fact(11, state("requires_action"), 7n);
  const second = fact(10, state("processing"), 8n);
  expect(walkAll([first, second]).status).toBe("processing");
  expect(walkAll([second, first]).status).toBe("processing");
});

test("captured money outranks every state, however new", () => {
  const facts = [
    fact(30, { charge }),
    fact(500, state("canceled", "expired")),
    fact(600, state("canceled"), 9n),
  ];
  expect(walkAll(facts)).toMatchObject({ status: "succeeded", failure_code: null });
  expect(walkAll(facts.toReversed())).toMatchObject({ status: "succeeded" });
});

test.each([
  ["another amount", { capturedMinor: 999n }, "amount_mismatch"],
  ["another currency", { currency: "eur" }, "amount_mismatch"],
])("%s delivers nothing", (_name, change, rule) => {
  expect(() => walk(row, new Map(), fact(30, { charge: { ...charge, ...change } }))).toThrow(
    expect.objectContaining({ rule }),
  );
});

test("a second charge for one payment is a broken rule", () => {
  const { payment } = walk(row, new Map(), fact(30, { charge }));
  expect(() => walk(payment, new Map(), fact(40, { charge: { ...charge, id: "ch_2" } }))).toThrow(
    expect.objectContaining({ rule: "second_charge" }),
  );
});

test("credits are taken back by whichever of charge and refund comes second, to the same total", () => {
  const refunded = fact(40, { refunds: [refund("re_1", 300n, "succeeded", 40)] });
  const paid = fact(30, { charge });
  const taken = (facts: Fact[]) => {
    let payment = row;
    let refunds = new Map<string, RefundRow>();
    return facts.flatMap((one) => {
      const walked = walk(payment, refunds, one);
      payment = walked.payment;
      refunds = walked.refunds;
      return walked.moves.takenBack;
    });
  };
  const expected = [{ refundId: "re_1", totalMinor: 300n, failed: false }];
  expect(taken([paid, refunded])).toEqual(expected);
  expect(taken([refunded, paid])).toEqual(expected);
});

test("a fee that the charge shows is posted with it, once; what a refund gives back of it too, and again when it fails", () => {
  const byPaypal: PaymentRow = { ...row, provider: "paypal", account_id: "paypal_1" };
  const paid = fact(30, { charge: { ...charge, id: "42311", feeMinor: 59n } });
  const back = (status: "succeeded" | "failed") =>
    fact(40, { refunds: [{ ...refund("1JU08", 1000n, status, 40), feeMinor: 9n }] });
  const fees: [string, bigint | undefined][] = [];
  let payment = byPaypal;
  let refunds = new Map<string, RefundRow>();
  for (const one of [paid, paid, back("succeeded"), back("succeeded"), back("failed")]) {
    const walked = walk(payment, refunds, one);
    ({ payment, refunds } = walked);
    for (const { kind, reference, entries } of walked.moves.postings)
      if (kind === "payment.fee")
        fees.push([reference, entries.find(({ account }) => account === "fees")?.amount]);
  }
  expect(fees).toEqual([
    ["paypal:paypal_1:42311:fee", 59n],
    ["paypal:paypal_1:1JU08:fee", -9n],
    ["paypal:paypal_1:1JU08:fee_failed", 9n],
  ]);
  expect(payment.fee_minor).toBe(59n);
});

test("the tax in a price ends apart from revenue and refunds, whenever it is told", () => {
  const facts = [
    fact(30, { charge }),
    fact(31, { taxMinor: 167n }),
    fact(40, { refunds: [refund("re_1", 500n, "succeeded", 40)] }),
  ];
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ];
  for (const order of orders) {
    let payment = row;
    let refunds: ReadonlyMap<string, RefundRow> = new Map();
    const sums: Record<string, bigint> = {};
    for (const index of [...order, ...order]) {
      const next = facts[index];
      if (!next) continue;
      const walked = walk(payment, refunds, next);
      ({ payment, refunds } = walked);
      for (const { account, amount } of walked.moves.postings.flatMap(({ entries }) => entries))
        sums[account] = (sums[account] ?? 0n) + amount;
    }
    expect(sums).toEqual({ "clearing:acct_1": 500n, revenue: -833n, refunds: 417n, tax: -84n });
  }
});
