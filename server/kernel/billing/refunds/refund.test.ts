import fc from "fast-check";
import { expect, test } from "vitest";
import { unusedPart } from "./refund.ts";

const at = (second: number) => new Date(Date.UTC(2026, 0, 1) + second * 1000);
const period = { start: at(0), end: at(30 * 86_400) };

test.each([
  ["before it begins: all", -5, 2900n],
  ["at its start: all", 0, 2900n],
  ["in the middle: half", 15 * 86_400, 1450n],
  ["a third left", 20 * 86_400, 967n],
  ["at its end: nothing", 30 * 86_400, 0n],
  ["later: nothing", 31 * 86_400, 0n],
])("%s", (_name, second, left) => {
  expect(unusedPart(2900n, period, at(second))).toBe(left);
});

test("an empty period leaves nothing", () => {
  expect(unusedPart(2900n, { start: at(7), end: at(7) }, at(0))).toBe(0n);
});

test("never more than was paid, and never more than a moment before", () => {
  const seconds = fc.integer({ min: -1000, max: 40 * 86_400 });
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: 99_999_999n }), seconds, seconds, (paid, one, other) => {
      const [early, late] = [Math.min(one, other), Math.max(one, other)];
      const [more, less] = [unusedPart(paid, period, at(early)), unusedPart(paid, period, at(late))];
      return less >= 0n && less <= more && more <= paid;
    }),
  );
});
