import { expect, test } from "vitest";
import { monthlyOf, planRecurring } from "./recurring.ts";
import type { SubscriptionRow } from "./subscription.ts";

type Of = Parameters<typeof planRecurring>[0];
const row = (more: Partial<SubscriptionRow> = {}): Of => ({
  id: "sub_1",
  mode: "test",
  provider: "stripe",
  status: "active",
  period: "month",
  amount_minor: 2_900n,
  quantity: 1,
  currency: "usd",
  recurring_minor: 0n,
  recurring_currency: null,
  recurring_moves: 0,
  ...more,
});

test.each<[string, Partial<SubscriptionRow>, bigint]>([
  ["a month", {}, 2_900n],
  ["three seats", { quantity: 3 }, 8_700n],
  ["a year is a twelfth of it, rounded down", { period: "year", amount_minor: 29_000n }, 2_416n],
  ["one that is late", { status: "past_due" }, 2_900n],
  ["a trial", { status: "trialing" }, 0n],
  ["one that is suspended", { status: "suspended" }, 0n],
  ["a second one that is given back", { status: "duplicate" }, 0n],
  ["one that ended", { status: "canceled" }, 0n],
  ["a gift", { provider: "none" }, 0n],
])("%s", (_name, more, minor) => expect(monthlyOf(row(more))).toBe(minor));

/** A row's whole life: each state is planned from what the last one noted. */
function lived(...states: Partial<SubscriptionRow>[]) {
  let of = row();
  return states.flatMap((state) => {
    const { postings, noted } = planRecurring({ ...of, ...state });
    of = { ...of, ...state, ...noted };
    return postings.map(({ kind, reference, entries }) => {
      expect(entries.reduce((sum, { amount }) => sum + amount, 0n)).toBe(0n);
      return [kind, reference, entries[0]?.unit, entries[0]?.amount];
    });
  });
}

test("each change is posted once, under a name of its own", () => {
  const life = lived(
    { status: "trialing" },
    { status: "active" },
    { status: "active" },
    { quantity: 3 },
    { quantity: 2 },
    { status: "past_due" },
    { status: "suspended" },
    { status: "active" },
    { status: "canceled" },
    { status: "canceled" },
  );
  expect(life).toEqual([
    ["recurring.started", "sub_1:recurring:1", "usd", 2_900n],
    ["recurring.raised", "sub_1:recurring:2", "usd", 5_800n],
    ["recurring.lowered", "sub_1:recurring:3", "usd", -2_900n],
    ["recurring.ended", "sub_1:recurring:4", "usd", -5_800n],
    ["recurring.resumed", "sub_1:recurring:5", "usd", 5_800n],
    ["recurring.ended", "sub_1:recurring:6", "usd", -5_800n],
  ]);
});

test("in another currency one ends and another begins", () => {
  expect(lived({}, { currency: "eur", amount_minor: 2_500n }, { status: "canceled" })).toEqual([
    ["recurring.started", "sub_1:recurring:1", "usd", 2_900n],
    ["recurring.ended", "sub_1:recurring:2", "usd", -2_900n],
    ["recurring.resumed", "sub_1:recurring:3", "eur", 2_500n],
    ["recurring.ended", "sub_1:recurring:4", "eur", -2_500n],
  ]);
});
