import fc from "fast-check";
import { expect, test } from "vitest";
import { costOf, dearest, parsePrice, reachable, worstCost, type Price } from "../price.ts";
import { repricedByStep, stepsOf } from "../../what-if/reprice.ts";
import { tiersSchema } from "./schemas.ts";
import type { Lines } from "../lines.ts";
import { countsOf, eachCount } from "../../counts.ts";
import { linesFor, type TierText } from "./tier.ts";

const standing: Lines = {
  input: "1",
  output: "2",
  cache_read: "0.5",
  cache_write: "1",
  request: "0",
  audio_second: "0",
};
const at = (clock: string) => new Date(`2031-01-01T${clock}:00.000Z`);
const over = (above: number, prices: Partial<Lines>): TierText => ({
  above_prompt_tokens: above,
  from_utc: null,
  to_utc: null,
  prices,
});
const between = (from_utc: string, to_utc: string, prices: Partial<Lines>): TierText => ({
  above_prompt_tokens: null,
  from_utc,
  to_utc,
  prices,
});
const price = (tiers: TierText[], markup_percent = 0): Price =>
  parsePrice("v", { ...standing, tiers, markup_percent });
const used = (inputTokens: number, cacheReadTokens = 0, cacheWriteTokens = 0, outputTokens = 0) => ({
  inputTokens,
  cacheReadTokens,
  cacheWriteTokens,
  outputTokens,
  reasoningTokens: 0,
  costAtto: null,
});
const USD = 10n ** 18n;

test("tokens within others cost their own price, or what the others do where they have none", () => {
  const counts = { ...used(0, 0, 10, 10), cacheWrite1hTokens: 4, reasoningTokens: 3 };
  expect(costOf(price([]), counts, at("12:00"))).toBe(30n * USD);
  const own = parsePrice("v", {
    ...standing,
    cache_write_1h: "2",
    reasoning: "3",
    tiers: [over(5, { output: "10" })],
    markup_percent: 0,
  });
  expect(costOf(own, counts, at("12:00"))).toBe((6n + 8n + 70n + 9n) * USD);
});

test("each kind of token, image and search has its own price, and costs nothing more where it has none", () => {
  const counts = {
    ...used(10, 0, 0, 10),
    images: 2,
    imageTokens: 3,
    audioInTokens: 4,
    audioOutTokens: 5,
    webSearches: 6,
  };
  expect(costOf(price([]), counts, at("12:00"))).toBe(30n * USD);
  const own = { image: "7", image_token: "3", audio_in: "20", audio_out: "30", web_search: "100" };
  expect(
    costOf(parsePrice("v", { ...standing, ...own, tiers: [], markup_percent: 0 }), counts, at("12:00")),
  ).toBe((3n + 3n * 3n + 4n * 20n + 5n * 2n + 5n * 30n + 2n * 7n + 6n * 100n) * USD);
});

test("a prompt at the bound costs what it did, one token more all of it the other price, cached tokens counted", () => {
  const long = price([over(100, { input: "3", output: "5" })]);
  expect(costOf(long, used(100, 0, 0, 1), at("12:00"))).toBe(102n * USD);
  expect(costOf(long, used(101, 0, 0, 1), at("12:00"))).toBe(308n * USD);
  expect(costOf(long, used(60, 40), at("12:00"))).toBe(80n * USD);
  expect(costOf(long, used(60, 40, 1), at("12:00"))).toBe(201n * USD);
});

test.each([
  ["16:29", "1"],
  ["16:30", "0.25"],
  ["23:59", "0.25"],
  ["00:00", "0.25"],
  ["00:29", "0.25"],
  ["00:30", "1"],
])("a window over midnight holds from its first minute until just before its last: %s", (clock, input) => {
  const tiers = [between("16:30", "00:30", { input: "0.25" })];
  expect(linesFor({ prices: standing, tiers }, 10, at(clock)).prices.input).toBe(input);
  expect(costOf(price(tiers), used(4), at(clock))).toBe(BigInt(Number(input) * 4) * USD);
});

test("of the tiers that hold the later one wins, line by line", () => {
  const tiers = [over(100, { input: "3", output: "5" }), between("10:00", "11:00", { input: "2" })];
  expect(linesFor({ prices: standing, tiers }, 101, at("10:59"))).toEqual({
    prices: { ...standing, input: "2", output: "5" },
    tier: "over 100 prompt tokens; 10:00 to 11:00 UTC",
  });
  expect(linesFor({ prices: standing, tiers }, 100, at("11:00"))).toEqual({ prices: standing, tier: null });
});

const usd = fc.integer({ min: 0, max: 1_000 }).map((thousandths) => (thousandths / 1_000).toString());
const clock = fc
  .integer({ min: 0, max: 1_439 })
  .map((minute) => new Date(minute * 60_000).toISOString().slice(11, 16));
const priced = {
  input: usd,
  output: usd,
  cache_read: usd,
  cache_write: usd,
  cache_write_1h: usd,
  reasoning: usd,
  request: usd,
  image: usd,
  image_token: usd,
  audio_in: usd,
  audio_out: usd,
  web_search: usd,
};
const tier = fc
  .record({
    above_prompt_tokens: fc.option(fc.integer({ min: 1, max: 60 })),
    window: fc.option(fc.tuple(clock, clock)),
    prices: fc.record(priced, { requiredKeys: [] }),
  })
  .map(({ window, ...rest }): TierText => ({
    ...rest,
    from_utc: window?.[0] ?? null,
    to_utc: window?.[1] ?? null,
  }));
const tiered = fc
  .record({
    prices: fc.record(priced, { requiredKeys: ["input", "output", "cache_read", "cache_write", "request"] }),
    tiers: fc.array(tier, { maxLength: 4 }),
    markup_percent: fc.integer({ min: 0, max: 500 }),
  })
  .map(({ prices, ...rest }) => parsePrice("v", { ...prices, ...rest, audio_second: "0" }));
const few = fc.integer({ min: 0, max: 40 });
const kinds = fc.record({
  cacheWrite1hTokens: few,
  reasoningTokens: few,
  images: few,
  imageTokens: few,
  audioInTokens: few,
  audioOutTokens: few,
  webSearches: few,
});
/** Tokens within others are at most as many. */
const usage = fc.tuple(few, few, few, few, kinds).map(([input, read, written, output, some]) => {
  const reasoningTokens = Math.min(some.reasoningTokens, output);
  const imageTokens = Math.min(some.imageTokens, input);
  return {
    ...used(input, read, written, output),
    ...some,
    cacheWrite1hTokens: Math.min(some.cacheWrite1hTokens, written),
    reasoningTokens,
    audioOutTokens: Math.min(some.audioOutTokens, output - reasoningTokens),
    imageTokens,
    audioInTokens: Math.min(some.audioInTokens, input - imageTokens),
  };
});

test("no call costs more than its hold, whoever of its candidates serves it and whatever of its prompt was cached", () => {
  fc.assert(
    fc.property(
      fc.array(tiered, { minLength: 1, maxLength: 3 }),
      usage,
      few,
      clock,
      (prices, counts, more, begins) => {
        const prompt = counts.inputTokens + counts.cacheReadTokens + counts.cacheWriteTokens;
        const bound = {
          promptTokens: prompt + more,
          outputTokens: counts.outputTokens + more,
          prompt: {
            keepsHour: counts.cacheWrite1hTokens > 0,
            images: counts.images,
            imageTokens: counts.imageTokens + more,
            audioTokens: counts.audioInTokens,
          },
          speaks: counts.audioOutTokens > 0,
          searches: counts.webSearches,
        };
        const held = worstCost(dearest(prices), bound, at(begins));
        for (const each of prices) expect(costOf(each, counts, at(begins)) <= held).toBe(true);
        const alone = prices[0] as Price;
        expect(reachable(alone, bound.promptTokens, at(begins)).length).toBeGreaterThan(0);
        expect(costOf(alone, counts, at(begins)) <= worstCost(alone, bound, at(begins))).toBe(true);
      },
    ),
    { numRuns: 300 },
  );
});

test("calls that are priced between steps cost what each costs alone", () => {
  fc.assert(
    fc.property(tiered, fc.array(fc.tuple(usage, clock), { maxLength: 5 }), (priced, calls) => {
      const steps = stepsOf([priced]);
      const alone = calls.reduce((sum, [counts, begins]) => sum + costOf(priced, counts, at(begins)), 0n);
      const rows = calls.map(([counts, begins]) => {
        const prompt = counts.inputTokens + counts.cacheReadTokens + counts.cacheWriteTokens;
        return {
          model: "m",
          size: steps.sizes.filter((step) => step <= prompt).length,
          clock: steps.clocks.filter((step) => step <= begins).length,
          requests: 1n,
          failures: 0n,
          ...eachCount((name) => BigInt(countsOf(counts)[name])),
        };
      });
      expect(repricedByStep(priced, steps, rows)).toBe(alone);
    }),
  );
});

test.each([
  [[{ prices: { input: "1" } }]],
  [[{ above_prompt_tokens: 5, prices: {} }]],
  [[{ above_prompt_tokens: 0, prices: { input: "1" } }]],
  [[{ from_utc: "10:00", prices: { input: "1" } }]],
  [[{ from_utc: "10:00", to_utc: "10:00", prices: { input: "1" } }]],
  [[{ from_utc: "24:00", to_utc: "10:00", prices: { input: "1" } }]],
  [[{ above_prompt_tokens: 5, prices: { input: "-1" } }]],
  [
    [
      { above_prompt_tokens: 5, prices: { input: "1" } },
      { above_prompt_tokens: 5, prices: { output: "1" } },
    ],
  ],
])("%j is no tiers", (tiers) => {
  expect(tiersSchema.safeParse(tiers).success).toBe(false);
});
