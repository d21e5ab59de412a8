import fc from "fast-check";
import { expect, test } from "vitest";
import { readGeneration, readUsage } from "./usage.ts";

test("prompt counts that include cached tokens are taken apart; each token is counted once", () => {
  fc.assert(
    fc.property(fc.nat(1e6), fc.nat(1e6), fc.nat(1e6), fc.nat(1e6), (prompt, cached, written, output) => {
      const usage = readUsage({
        prompt_tokens: prompt,
        completion_tokens: output,
        prompt_tokens_details: { cached_tokens: cached, cache_write_tokens: written },
      });
      expect(usage && usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens).toBe(prompt);
      expect(usage?.outputTokens).toBe(output);
    }),
  );
});

test.each([
  [1.23e-5, 12_300_000_000_000n],
  [0.000012345678, 12_345_678_000_000n],
  [1e-18, 1n],
  [1.5e-18, 2n],
  [0, 0n],
  [-1, null],
  ["0.1", 100_000_000_000_000_000n],
  ["0.1e3", null],
])("the cost %s is kept as %s", (cost, atto) => {
  expect(readUsage({ prompt_tokens: 1, completion_tokens: 1, cost })?.costAtto).toBe(atto);
});

test("what is no usage is no report", () => {
  for (const value of [
    null,
    undefined,
    {},
    { prompt_tokens: 1 },
    "usage",
    { prompt_tokens: "1", completion_tokens: 2 },
  ])
    expect(readUsage(value)).toBeNull();
  expect(readGeneration({ data: null })).toBeNull();
});
