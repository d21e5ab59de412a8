import fc from "fast-check";
import { expect, test } from "vitest";
import { canTake, fromWire, toWire } from "./money.ts";

const currency = fc.constantFrom("usd", "eur", "jpy", "huf", "twd", "brl");
const amount = fc.record({ amountMinor: fc.bigInt({ min: -10n, max: 99_999_999n }), currency });

test("what is written is read back exactly, for every amount that PayPal takes", () => {
  fc.assert(
    fc.property(amount, (one) => {
      if (canTake(one)) expect(fromWire(toWire(one))).toEqual(one);
      else expect(() => toWire(one)).toThrow(RangeError);
    }),
  );
});

test("forints, yen and Taiwan dollars travel whole; the rest with two places", () => {
  fc.assert(
    fc.property(amount.filter(canTake), (one) => {
      const whole = one.currency === "huf" || one.currency === "twd" || one.currency === "jpy";
      expect(toWire(one).value).toMatch(whole ? /^\d+$/ : /^\d+\.\d\d$/);
    }),
  );
});

test.each([
  [
    { amountMinor: 1000n, currency: "usd" },
    { currency_code: "USD", value: "10.00" },
  ],
  [
    { amountMinor: 5n, currency: "eur" },
    { currency_code: "EUR", value: "0.05" },
  ],
  [
    { amountMinor: 1500n, currency: "jpy" },
    { currency_code: "JPY", value: "1500" },
  ],
  [
    { amountMinor: 120_000n, currency: "huf" },
    { currency_code: "HUF", value: "1200" },
  ],
])("%o is written %o", (one, wire) => {
  expect(toWire(one)).toEqual(wire);
});

test.each([
  ["10", "USD", 1000n],
  ["10.5", "USD", 1050n],
  ["-0.59", "USD", -59n],
  ["1200.00", "HUF", 120_000n],
  ["1500.00", "JPY", 1500n],
])("%s %s is read as %s", (value, currency_code, amountMinor) => {
  expect(fromWire({ value, currency_code }).amountMinor).toBe(amountMinor);
});

test.each(["10.005", "1e3", "", "ten", "1,000.00", "+1.00", ".5"])("%j is no amount", (value) => {
  expect(() => fromWire({ value, currency_code: "USD" })).toThrow(RangeError);
});

test("a fraction of a yen, and a currency that PayPal does not take, are refused", () => {
  expect(() => fromWire({ value: "1.50", currency_code: "JPY" })).toThrow(RangeError);
  expect(() => fromWire({ value: "1.500", currency_code: "BHD" })).toThrow(RangeError);
  expect(canTake({ amountMinor: 1000n, currency: "bhd" })).toBe(false);
  expect(canTake({ amountMinor: 150n, currency: "huf" })).toBe(false);
});
