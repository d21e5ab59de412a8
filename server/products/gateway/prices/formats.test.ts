/** The three formats of price lists, in small and as their makers publish them. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Line } from "../models/lines.ts";
import { readFile, type Format } from "./formats.ts";

const over = (above: number, prices: Record<string, string>) => ({
  above_prompt_tokens: above,
  from_utc: null,
  to_utc: null,
  prices,
});

test("models.dev: per million tokens, exact; longer prompts have prices of their own", () => {
  const document = {
    acme: {
      models: {
        small: {
          name: "Acme Small",
          cost: { input: 0.33, output: 2.75, cache_read: 0.033, input_audio: 4 },
          limit: { context: 128_000, output: 4_096 },
        },
        long: {
          cost: {
            input: 5,
            output: 25,
            tiers: [{ tier: { size: 200_000 }, input: 10, output: 37.5, cache_read: 1 }],
          },
          limit: { context: 1_000_000, output: 64_000 },
        },
        free: { cost: { input: 0, output: 0 } },
        unpriced: { name: "Says nothing" },
      },
    },
  };
  expect(readFile("models.dev", document, "acme")).toMatchObject([
    {
      model: "small",
      vendor: "acme",
      name: "Acme Small",
      prices: {
        input: "0.00000033",
        output: "0.00000275",
        cache_read: "0.000000033",
        audio_in: "0.000004",
      },
      contextLength: 128_000,
      maxOutputTokens: 4_096,
      tiers: [],
    },
    {
      model: "long",
      name: "long",
      prices: { input: "0.000005", output: "0.000025" },
      tiers: [over(200_000, { input: "0.00001", output: "0.0000375", cache_read: "0.000001" })],
    },
    { model: "free", prices: { input: "0", output: "0" }, contextLength: null },
  ]);
  expect(readFile("models.dev", document, "nobody")).toBeNull();
  expect(readFile("models.dev", document.acme)).toHaveLength(3);
});

test("LiteLLM: per token, chats alone, by its provider", () => {
  const document = {
    "acme-1": {
      mode: "chat",
      litellm_provider: "acme",
      input_cost_per_token: 3e-6,
      input_cost_per_token_above_272k_tokens: 9e-6,
      input_cost_per_token_above_200k_tokens: 6e-6,
      output_cost_per_token_above_200k_tokens: 2.25e-5,
      input_cost_per_token_priority: 9e-6,
      output_cost_per_token: 1.5e-5,
      cache_read_input_token_cost: 3e-7,
      cache_creation_input_token_cost: 3.75e-6,
      cache_creation_input_token_cost_above_1hr: 6e-6,
      cache_creation_input_token_cost_above_1hr_above_200k_tokens: 1.2e-5,
      output_cost_per_reasoning_token: 2e-5,
      input_cost_per_image: 0.0011,
      input_cost_per_image_token: 1e-6,
      input_cost_per_audio_token: 4e-5,
      output_cost_per_audio_token: 8e-5,
      search_context_cost_per_query: {
        search_context_size_low: 0.03,
        search_context_size_medium: 0.035,
        search_context_size_high: 0.05,
      },
      max_input_tokens: 200_000,
      max_output_tokens: 64_000,
    },
    "acme-embed": { mode: "embedding", litellm_provider: "acme", input_cost_per_token: 1e-7 },
    other: {
      mode: "chat",
      litellm_provider: "other",
      input_cost_per_token: 1e-6,
      output_cost_per_token: 1e-6,
    },
  };
  expect(readFile("litellm", document, "acme")).toEqual([
    {
      model: "acme-1",
      vendor: "acme",
      name: "acme-1",
      prices: {
        input: "0.000003",
        output: "0.000015",
        cache_read: "0.0000003",
        cache_write: "0.00000375",
        cache_write_1h: "0.000006",
        reasoning: "0.00002",
        image: "0.0011",
        image_token: "0.000001",
        audio_in: "0.00004",
        audio_out: "0.00008",
        web_search: "0.05",
      },
      contextLength: 200_000,
      maxOutputTokens: 64_000,
      tiers: [
        over(200_000, { input: "0.000006", output: "0.0000225", cache_write_1h: "0.000012" }),
        over(272_000, { input: "0.000009" }),
      ],
    },
  ]);
  expect(readFile("litellm", document)).toHaveLength(2);
});

test("Langfuse: by name, without tiers of a quicker service", () => {
  const tier = (prices: Record<string, number>, conditions: unknown[] = []) => ({ conditions, prices });
  const document = [
    {
      modelName: "acme-1",
      pricingTiers: [
        tier({
          input: 2.5e-6,
          output: 10e-6,
          input_cache_read: 1.25e-6,
          input_audio: 4e-5,
          input_audio_tokens: 5e-5,
          output_audio: 8e-5,
          input_image: 3e-6,
          webSearchQueries: 0.014,
        }),
        tier({ input: 5e-6, output: 15e-6 }, [
          { usageDetailPattern: "(input)", operator: "gt", value: 200_000 },
        ]),
        tier({ input: 4.25e-6, output: 17e-6 }, [{ source: "model_parameters", key: "service_tier" }]),
      ],
    },
    {
      modelName: "odd",
      pricingTiers: [
        tier({ input: 1e-6, output: 1e-6 }),
        tier({ input: 2e-6, output: 1e-6 }, [{ usageDetailPattern: "moon", operator: "gt", value: 5 }]),
      ],
    },
    { modelName: "without", pricingTiers: [] },
  ];
  expect(readFile("langfuse", document)).toMatchObject([
    {
      model: "acme-1",
      prices: {
        input: "0.0000025",
        output: "0.00001",
        cache_read: "0.00000125",
        audio_in: "0.00005",
        audio_out: "0.00008",
        image_token: "0.000003",
        web_search: "0.014",
      },
      tiers: [over(200_000, { input: "0.000005", output: "0.000015" })],
    },
    { model: "odd", prices: { input: "0.000002" }, tiers: [] },
  ]);
});

test.each([
  ["models.dev", []],
  ["models.dev", "text"],
  ["litellm", []],
  ["langfuse", {}],
] as [Format, unknown][])("%s: %j is no list", (format, document) => {
  expect(readFile(format, document)).toBeNull();
});

const SPECS = join(
  process.env["SPECS_DIR"] ?? join(import.meta.dirname, "../../../../../shared/specs"),
  "llm-prices",
);
const published: [Format, string, string | undefined, string, string, Line[]][] = [
  ["models.dev", "models.dev.selected.json", "openai", "gpt-4o-mini", "0.00000015", []],
  [
    "litellm",
    "litellm-model-prices.filtered.json",
    undefined,
    "gpt-4o-mini",
    "0.00000015",
    ["image", "image_token", "audio_in", "audio_out", "web_search"],
  ],
  [
    "langfuse",
    "langfuse-default-model-prices.json",
    undefined,
    "gpt-4o",
    "0.0000025",
    ["image_token", "audio_in", "audio_out", "web_search"],
  ],
];

test.skipIf(!existsSync(SPECS)).each(published)(
  "%s as it is published",
  (format, file, section, model, input, lines) => {
    const document: unknown = JSON.parse(readFileSync(join(SPECS, file), "utf8"));
    const prices = readFile(format, document, section) ?? [];
    expect(prices.length).toBeGreaterThan(5);
    expect(prices.find((price) => price.model === model)).toMatchObject({ prices: { input } });
    for (const line of lines) expect(prices.some((price) => line in price.prices)).toBe(true);
    expect(prices.some(({ tiers }) => (tiers[0]?.above_prompt_tokens ?? 0) >= 200_000)).toBe(true);
  },
);
