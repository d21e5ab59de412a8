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

const NOON = Date.parse("2031-01-01T12:00:00Z");

it("prices each token once: cached ones at the cache's price, the rest of the prompt at its own", () => {
  const rates = {
    prompt: parseUsd("0.00000015"),
    completion: parseUsd("0.0000006"),
    cacheRead: parseUsd("0.000000075"),
  };
  const cost = costOf(rates, { prompt: 1_000, cached: 400, completion: 10 }, NOON);
  expect(formatUsd(cost.total)).toBe("0.000126");
  expect(cost.prompt + cost.completion).toBe(cost.total);
});

it("prices a call by the overrides that hold for the size of its prompt and its beginning, the last of them first", () => {
  const rates = {
    prompt: 2n,
    completion: 0n,
    cacheRead: 1n,
    overrides: [
      { min_prompt_tokens: 100, prompt: "0.000000000005" },
      { utc_start: 2300, utc_end: 100, prompt: "0.000000000003" },
    ],
  };
  const cost = (prompt: number, cached: number, at: string) =>
    costOf(rates, { prompt, cached, completion: 0 }, Date.parse(`2031-01-01T${at}Z`)).total;
  expect(cost(100, 0, "12:00")).toBe(200n);
  expect(cost(101, 1, "12:00")).toBe(501n);
  expect(cost(101, 1, "22:59")).toBe(501n);
  expect(cost(101, 1, "23:00")).toBe(301n);
  expect(cost(101, 1, "00:59")).toBe(301n);
  expect(cost(101, 1, "01:00")).toBe(501n);
});

it("sums without rounding: a million calls cost a million times one", () => {
  const rates = { prompt: parseUsd("0.000000075"), completion: parseUsd("0.0000002"), cacheRead: 0n };
  const one = costOf(rates, { prompt: 7, cached: 0, completion: 3 }, NOON).total;
  let sum = 0n;
  for (let i = 0; i < 1_000_000; i++) sum += one;
  expect(formatUsd(sum)).toBe("1.125");
});

it.each(["", "-1", "1e-7", "0.0000000000001", "1,5", " 1"])("refuses %j as a price", (text) => {
  expect(() => parseUsd(text)).toThrow(/price/);
});
