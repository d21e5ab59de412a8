import { describe, expect, it } from "vitest";
import { models } from "./models.ts";
import { formatUsd } from "./price.ts";
import { readSpec } from "../specs.ts";

type Listed = { cost?: { input?: number; output?: number; cache_read?: number } };
type Table = Record<string, { models: Record<string, Listed> }>;

const table = readSpec("llm-prices/models.dev.selected.json") as Table | null;
const real = models.filter((model) => !model.id.startsWith("sandbox/"));

/** USD per million tokens, as the table has it, from our price of one token. */
const perMillion = (price: bigint): number => Number(formatUsd(price * 1_000_000n));

/** A model without a price for cache reads pays the prompt's; where the table is silent, the maker's own row speaks. */
function readPrice(id: string, listing: Record<string, unknown>): number | undefined {
  const cost = table?.["openrouter"]?.models[id]?.cost;
  if ((listing["pricing"] as { input_cache_read?: string }).input_cache_read === undefined)
    return cost?.input;
  const [maker = "", name = ""] = id.split("/");
  return cost?.cache_read ?? table?.[maker]?.models[name]?.cost?.cache_read;
}

describe.skipIf(table === null)("prices against llm-prices/models.dev.selected.json", () => {
  it.each(real.map((model) => [model.id, model] as const))("%s costs what the table says", (id, model) => {
    const cost = table?.["openrouter"]?.models[id]?.cost;
    expect(cost).toBeDefined();
    expect(perMillion(model.rates.prompt)).toBe(cost?.input);
    expect(perMillion(model.rates.completion)).toBe(cost?.output);
    expect(perMillion(model.rates.cacheRead)).toBe(readPrice(id, model.listing));
  });
});

describe("the list", () => {
  it("has different prices, unique ids, and room for an answer in each window", () => {
    expect(new Set(models.map((model) => model.id)).size).toBe(models.length);
    expect(new Set(real.map((model) => model.rates.prompt)).size).toBeGreaterThan(4);
    for (const model of models) expect(model.maxCompletionTokens).toBeLessThan(model.contextLength);
  });
});
