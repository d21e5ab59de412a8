import fc from "fast-check";
import { expect, test } from "vitest";
import { ATTO_PER_MICRO } from "../../../platform/money.ts";
import { splitCost } from "./carry.ts";

const atto = fc.bigInt(0n, 10n ** 20n);

test("whole micros and carry are exactly the costs, however many settlements there were", () => {
  fc.assert(
    fc.property(fc.array(atto, { maxLength: 50, size: "max" }), (costs) => {
      let carry = 0n;
      let micros = 0n;
      for (const cost of costs) {
        const split = splitCost(carry, cost, 0n);
        micros += split.micros;
        carry = split.carry;
        expect(carry >= 0n && carry < ATTO_PER_MICRO).toBe(true);
        expect(split.micros >= 0n).toBe(true);
      }
      const total = costs.reduce((a, b) => a + b, 0n);
      expect(micros * ATTO_PER_MICRO + carry).toBe(total);
      expect(micros).toBe(total / ATTO_PER_MICRO);
    }),
  );
});

test("a correction gives back no more than its hold captured, and loses nothing", () => {
  const signed = fc.bigInt(-(10n ** 14n), 10n ** 14n);
  fc.assert(
    fc.property(signed, signed, fc.bigInt(0n, 20_000n), (before, difference, returnable) => {
      fc.pre(before < ATTO_PER_MICRO);
      const { micros, carry } = splitCost(before, difference, returnable);
      expect(micros * ATTO_PER_MICRO + carry).toBe(before + difference);
      expect(micros >= -returnable).toBe(true);
      expect(carry < ATTO_PER_MICRO).toBe(true);
      if (micros > -returnable) expect(carry >= 0n).toBe(true);
    }),
  );
});

test("a cost of exactly the hold never exceeds it, whatever was carried", () => {
  fc.assert(
    fc.property(fc.bigInt(1n, 10n ** 12n), fc.bigInt(0n, ATTO_PER_MICRO - 1n), (amount, carry) => {
      expect(splitCost(carry, amount * ATTO_PER_MICRO, 0n).micros).toBe(amount);
    }),
  );
});
