import { expect, test } from "vitest";
import { readPrices } from "./price-list.ts";

test("OpenRouter's conditional prices are tiers: of sizes, of times of the day over midnight, of both", () => {
  const pricing = (overrides?: unknown) => ({
    data: [{ id: "m", pricing: { prompt: "0.000002", completion: "0.00001", overrides } }],
  });
  const tiers = (overrides?: unknown) => readPrices("openrouter", pricing(overrides))?.[0]?.tiers;
  expect(
    tiers([
      { min_prompt_tokens: 200_000, prompt: "0.000005", completion: "2e-5" },
      { utc_start: 1630, utc_end: 30, prompt: "0.000001", audio: "1" },
      { min_prompt_tokens: 200_000, utc_start: 1630, utc_end: 30, input_cache_write_1h: "1" },
      { min_prompt_tokens: 300_000, web_search: "1" },
    ]),
  ).toEqual([
    {
      above_prompt_tokens: 200_000,
      from_utc: null,
      to_utc: null,
      prices: { input: "0.000005", output: "0.00002" },
    },
    { above_prompt_tokens: null, from_utc: "16:30", to_utc: "00:30", prices: { input: "0.000001" } },
    { above_prompt_tokens: 200_000, from_utc: "16:30", to_utc: "00:30", prices: { cache_write_1h: "1" } },
  ]);
  expect(tiers()).toBeNull();
  expect(tiers([])).toEqual([]);
});

test.each([
  ["0", null],
  ["0.000003", "0.000003"],
  [undefined, null],
])("OpenRouter's %s for reasoning is %s: its nothing is no price", (internal_reasoning, reasoning) => {
  const pricing = {
    prompt: "0.000002",
    completion: "0.00001",
    input_cache_write_1h: "4e-6",
    internal_reasoning,
  };
  expect(readPrices("openrouter", { data: [{ id: "m", pricing }] })).toMatchObject([
    { cacheWrite: null, cacheWrite1h: "0.000004", reasoning },
  ]);
});
