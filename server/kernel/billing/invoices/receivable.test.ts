import { expect, test } from "vitest";
import { receivablePostings, taxShare } from "./receivable.ts";
import type { InvoiceRow } from "./store.ts";

const row = (change: Partial<InvoiceRow>): InvoiceRow => ({
  org_id: "org_1",
  id: "inv_1",
  mode: "test",
  account_id: "acct_1",
  provider: "stripe",
  provider_invoice_id: "in_1",
  subscription_id: "sub_1",
  number: "1",
  status: "open",
  reason: "cycle",
  description: "Pro",
  currency: "usd",
  subtotal_minor: 2_900n,
  tax_minor: 551n,
  total_minor: 3_451n,
  due_minor: 3_451n,
  paid_minor: 0n,
  attempts: 0,
  next_attempt_at: null,
  lines: [],
  pay_url: null,
  payment_id: null,
  created_at: new Date(0),
  paid_at: null,
  as_of: new Date(0),
  fetch_seq: 0n,
  ...change,
});

/** What stands in each account after these, each reference once as the ledger keeps them; charges pay what is due. */
function booked(steps: readonly [Partial<InvoiceRow>, isCharged: boolean][]): Record<string, bigint> {
  const sums: Record<string, bigint> = {};
  const known = new Set<string>();
  let before: InvoiceRow | null = null;
  for (const [change, isCharged] of steps) {
    const next = row(change);
    for (const { reference, entries } of receivablePostings(before, next, isCharged)) {
      expect(entries.reduce((sum, { amount }) => sum + amount, 0n)).toBe(0n);
      if (known.has(reference)) continue;
      known.add(reference);
      for (const { account, amount } of entries) sums[account] = (sums[account] ?? 0n) + amount;
    }
    before = next;
  }
  return sums;
}
const OWED = { receivable: 3_451n, revenue: -2_900n, tax: -551n };
const NOTHING = { receivable: 0n, revenue: 0n, tax: 0n };

test.each([
  ["open: owed, its tax apart", [[{}, false]], OWED],
  [
    "open, then told again",
    [
      [{}, false],
      [{ attempts: 1 }, false],
    ],
    OWED,
  ],
  [
    "open, then paid by a charge: owed once, for the charge to settle",
    [
      [{}, false],
      [{ status: "paid" }, true],
    ],
    OWED,
  ],
  ["paid, told first", [[{ status: "paid" }, true]], OWED],
  ["the first of a subscription, not paid", [[{ reason: "create" }, false]], {}],
  [
    "the first, declined, then paid",
    [
      [{ reason: "create" }, false],
      [{ reason: "create", status: "paid" }, true],
    ],
    OWED,
  ],
  [
    "void",
    [
      [{}, false],
      [{ status: "void" }, false],
    ],
    NOTHING,
  ],
  [
    "given up",
    [
      [{}, false],
      [{ status: "uncollectible" }, false],
    ],
    NOTHING,
  ],
  [
    "given up, then paid after all",
    [
      [{}, false],
      [{ status: "uncollectible" }, false],
      [{ status: "paid" }, true],
    ],
    OWED,
  ],
  [
    "paid elsewhere",
    [
      [{}, false],
      [{ status: "paid" }, false],
    ],
    NOTHING,
  ],
  ["void before anybody was told of it", [[{ status: "void" }, false]], {}],
  [
    "of nothing",
    [
      [{ due_minor: 0n, tax_minor: 0n }, false],
      [{ status: "paid", due_minor: 0n, tax_minor: 0n }, false],
    ],
    {},
  ],
] satisfies [string, [Partial<InvoiceRow>, boolean][], Record<string, bigint>][])(
  "%s",
  (_name, steps, sums) => {
    expect(booked(steps)).toEqual(sums);
  },
);

test("the tax that a part pays is rounded down, and all of it pays all of it", () => {
  const invoice = row({});
  expect([0n, 1n, 1_000n, 3_451n].map((part) => taxShare(invoice, part))).toEqual([0n, 0n, 159n, 551n]);
  expect(taxShare(row({ due_minor: 0n }), 0n)).toBe(0n);
  // A balance at the company paid a part: what is left pays no more tax than itself.
  expect(taxShare(row({ due_minor: 400n }), 400n)).toBe(400n);
});
