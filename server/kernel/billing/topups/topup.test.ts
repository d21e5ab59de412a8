import { expect, test } from "vitest";
import { isDue, monthOf, nextMonth, settled, type TopupRow } from "./topup.ts";

const NOW = new Date("2026-03-31T23:59:59Z");
const row: TopupRow = {
  org_id: "org_1",
  mode: "test",
  enabled: true,
  threshold_micros: 100n,
  amount_minor: 1_000n,
  monthly_cap_minor: 2_500n,
  currency: "usd",
  method_id: "pym_1",
  payment_id: "pay_1",
  operation_id: null,
  declines: 0,
  off_reason: null,
  next_try_at: null,
  changed_by: "usr_1",
  changed_at: NOW,
};

test.each([
  ["under the threshold", row, 99n, 0n, true],
  ["at the threshold", row, 100n, 0n, false],
  ["one under way", { ...row, operation_id: "topup:1" }, 0n, 0n, false],
  ["off", { ...row, enabled: false }, 0n, 0n, false],
  ["the cap leaves room", row, 0n, 1_500n, true],
  ["the cap leaves no room for a whole one", row, 0n, 1_501n, false],
  ["waiting after a decline", { ...row, next_try_at: new Date(NOW.getTime() + 1) }, 0n, 0n, false],
  ["waited long enough", { ...row, next_try_at: NOW }, 0n, 0n, true],
])("%s", (_name, given, available, spent, due) => {
  expect(isDue(given, available, spent, NOW)).toBe(due);
});

test("the second decline in a row turns it off; a success in between forgets the first", () => {
  const once = settled({ ...row, operation_id: "topup:1" }, "declined", NOW);
  expect(once).toMatchObject({ enabled: true, declines: 1, operation_id: null, off_reason: null });
  expect(settled(once, "declined", NOW)).toMatchObject({ enabled: false, off_reason: "declined" });
  const paid = settled(once, "paid", NOW);
  expect(paid).toMatchObject({ declines: 0, next_try_at: null });
  expect(settled(paid, "declined", NOW)).toMatchObject({ enabled: true, declines: 1 });
});

test("without an address it is off at once, and nothing was declined", () => {
  const off = settled({ ...row, operation_id: "topup:1" }, "no address", NOW);
  expect(off).toMatchObject({ enabled: false, off_reason: "tax_address", operation_id: null, declines: 0 });
});

test("months begin at midnight UTC", () => {
  expect(monthOf(NOW)).toEqual(new Date("2026-03-01T00:00:00Z"));
  expect(nextMonth(new Date("2026-12-31T23:59:59Z"))).toEqual(new Date("2027-01-01T00:00:00Z"));
});
