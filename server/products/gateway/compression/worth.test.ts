import { expect, test } from "vitest";
import { savingOf } from "./worth.ts";

const rates = {
  input: 10n,
  output: 40n,
  cacheRead: 10n,
  cacheWrite: 10n,
  cacheWrite1h: null,
  reasoning: null,
  request: 0n,
  audioSecond: 0n,
  image: null,
  imageToken: null,
  audioIn: null,
  audioOut: null,
  webSearch: null,
};
const lengths = { before: 1_000, after: 700, sentBefore: 900, unchanged: 100, marked: false };

test.each([
  ["without a discount every token less is saved", {}, {}, 3_000n],
  // 900 × 1 + 100 × 10 as it came, 100 × 1 + 600 × 10 shortened.
  ["a lost discount may be more than what is saved", { cacheRead: 1n }, {}, 1_900n - 6_100n],
  ["a small discount is not", { cacheRead: 9n }, {}, 9_100n - 6_900n],
  ["nothing was sent before, nothing is lost", { cacheRead: 1n }, { sentBefore: 0 }, 3_000n],
  ["a cache that has to be asked for and was not", { cacheRead: 1n, cacheWrite: 12n }, {}, 3_000n],
  ["a cache that was asked for", { cacheRead: 1n, cacheWrite: 12n }, { marked: true }, 1_900n - 6_100n],
])("%s", (_name, price, change, expected) => {
  expect(savingOf(() => ({ ...rates, ...price }), { ...lengths, ...change })).toBe(expected);
});

test("a prompt that comes under the bound of dearer prices saves on all of its tokens", () => {
  const ratesOf = (tokens: number) => (tokens > 800 ? { ...rates, input: 20n, cacheRead: 20n } : rates);
  expect(savingOf(ratesOf, lengths)).toBe(20_000n - 7_000n);
});
