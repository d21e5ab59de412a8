import fc from "fast-check";
import { expect, it } from "vitest";
import { costOf, formatUsd, parseUsd } from "./price.ts";

it("writes every amount so that reading it gives the same amount", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 9_000_000n * 10n ** 12n }), (amount) => {
      expect(parseUsd(formatUsd(amount))).toBe(amount);
    }),
  );
});

it("writes plain JSON numbers, never an exponent", () => {
  expect(formatUsd(parseUsd("0.00000002"))).toBe("0.00000002");
  expect(formatUsd(0n)).toBe("0");
  expect(JSON.parse(`[${formatUsd(1n)}]`)).toEqual([1e-12]);
});

it("prices each token once: cached ones at the cache's price, the rest of the prompt at its own", () => {
  const rates = {
    prompt: parseUsd("0.00000015"),
    completion: parseUsd("0.0000006"),
    cacheRead: parseUsd("0.000000075"),
  };
  const cost = costOf(rates, { prompt: 1_000, cached: 400, completion: 10 });
  expect(formatUsd(cost.total)).toBe("0.000126");
  expect(cost.prompt + cost.completion).toBe(cost.total);
});

it("sums without rounding: a million calls cost a million times one", () => {
  const rates = { prompt: parseUsd("0.000000075"), completion: parseUsd("0.0000002"), cacheRead: 0n };
  const one = costOf(rates, { prompt: 7, cached: 0, completion: 3 }).total;
  let sum = 0n;
  for (let i = 0; i < 1_000_000; i++) sum += one;
  expect(formatUsd(sum)).toBe("1.125");
});

it.each(["", "-1", "1e-7", "0.0000000000001", "1,5", " 1"])("refuses %j as a price", (text) => {
  expect(() => parseUsd(text)).toThrow(/price/);
});
