import fc from "fast-check";
import { expect, test } from "vitest";
import { ATTO_PER_MICRO, formatAtto, formatScaled, microsCeil, parseAtto } from "./money.ts";

test("decimals are read exactly, in plain and scientific notation", () => {
  expect(parseAtto("0.00000015")).toBe(150_000_000_000n);
  expect(parseAtto("1.5e-7")).toBe(150_000_000_000n);
  expect(parseAtto("-2")).toBe(-2n * 10n ** 18n);
  expect(parseAtto("1e2")).toBe(10n ** 20n);
});

test.each(["", "1.", ".5", "1,5", "0x1", "NaN", "1e-19", "0.0000000000000000001"])(
  "%j is refused",
  (text) => {
    expect(() => parseAtto(text)).toThrow(RangeError);
  },
);

test("writing and reading give the same amount", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(10n ** 36n), max: 10n ** 36n }),
      (atto) => parseAtto(formatAtto(atto)) === atto,
    ),
  );
});

test("micro-credits cover the cost and never by a whole one too many", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 30n }), (atto) => {
      const micros = microsCeil(atto);
      return micros * ATTO_PER_MICRO >= atto && (micros === 0n || (micros - 1n) * ATTO_PER_MICRO < atto);
    }),
  );
  expect(microsCeil(-5n)).toBe(0n);
});

test("scaled amounts drop trailing zeros only", () => {
  expect(formatScaled(1050n, 2)).toBe("10.5");
  expect(formatScaled(1000n, 2)).toBe("10");
  expect(formatScaled(-7n, 6)).toBe("-0.000007");
});
