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
      { min_prompt_tokens: 300_000, input_audio_cache: "1" },
    ]),
  ).toEqual([
    {
      above_prompt_tokens: 200_000,
      from_utc: null,
      to_utc: null,
      prices: { input: "0.000005", output: "0.00002" },
    },
    {
      above_prompt_tokens: null,
      from_utc: "16:30",
      to_utc: "00:30",
      prices: { input: "0.000001", audio_in: "1" },
    },
    { above_prompt_tokens: 200_000, from_utc: "16:30", to_utc: "00:30", prices: { cache_write_1h: "1" } },
  ]);
  expect(tiers()).toBeNull();
  expect(tiers([])).toEqual([]);
});

test("OpenRouter's nothing for reasoning, images, sound and searches is no price; for all else it is one", () => {
  const nothing = { internal_reasoning: "0", image: "0", audio: "0", audio_output: "0", web_search: "0" };
  const pricesOf = (rest: Record<string, string>) =>
    readPrices("openrouter", {
      data: [{ id: "m", pricing: { prompt: "0", completion: "0.00001", ...rest } }],
    })?.[0]?.prices;
  expect(pricesOf({ ...nothing, request: "0" })).toEqual({ input: "0", output: "0.00001", request: "0" });
  expect(
    pricesOf({
      input_cache_write_1h: "4e-6",
      internal_reasoning: "0.000003",
      image: "0.0048",
      image_token: "0.000001",
      audio: "0.00004",
      audio_output: "0.00008",
      web_search: "0.01",
    }),
  ).toEqual({
    input: "0",
    output: "0.00001",
    cache_write_1h: "0.000004",
    reasoning: "0.000003",
    image: "0.0048",
    image_token: "0.000001",
    audio_in: "0.00004",
    audio_out: "0.00008",
    web_search: "0.01",
  });
});
