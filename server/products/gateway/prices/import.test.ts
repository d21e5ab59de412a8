import { expect, test } from "vitest";
import { linesOf, modelRows, readPriceList } from "../models/price-list.ts";
import type { FilePrice } from "./formats.ts";
import { merge } from "./import.ts";

const list = readPriceList();
const known = { models: modelRows(list), active: linesOf(list, "openai").lines };
const wish = { provider: "openai", version: "next", only: undefined };
const price = (change: Partial<FilePrice>, prices: Partial<FilePrice["prices"]> = {}): FilePrice => ({
  model: "gpt-4o-mini",
  vendor: "openai",
  name: "GPT-4o mini",
  prices: { input: "0.00000015", output: "0.0000006", ...prices },
  contextLength: null,
  maxOutputTokens: null,
  tiers: [],
  ...change,
});

test("prices as they are make nothing; another one makes the whole list anew", () => {
  expect(merge([price({})], known, wish).lines).toBeNull();
  const { lines } = merge([price({}, { input: "0.0000002" })], known, wish);
  expect(lines).toHaveLength(known.active.length);
  expect(new Set(lines?.map(({ version }) => version))).toEqual(new Set(["next"]));
  expect(lines?.find(({ model }) => model === "openai/gpt-4o-mini")).toMatchObject({
    upstream_model: "gpt-4o-mini",
    input_usd: "0.0000002",
    cache_read_usd: "0.000000075",
  });
});

test("a model that is known is served by one more; what is not known is counted", () => {
  const other = { ...wish, provider: "house" };
  const merged = merge([price({}), price({ model: "acme-1", vendor: "acme" })], known, other);
  expect(merged.unknown).toBe(1);
  expect(merged.lines).toMatchObject([
    {
      provider: "house",
      model: "openai/gpt-4o-mini",
      cache_read_usd: "0.00000015",
      context_length: 128_000,
      max_output_tokens: 16_384,
    },
  ]);
});

test("named ones become models, where the list says their windows", () => {
  const acme = price({ model: "acme-1", vendor: "acme", contextLength: 8_192, maxOutputTokens: 9_000 });
  const merged = merge([acme, price({ model: "acme-2", vendor: "acme" })], known, {
    ...wish,
    only: ["acme-1", "acme-2"],
  });
  expect(merged).toMatchObject({ added: ["acme/acme-1"], incomplete: ["acme-2"], tiered: [], unknown: 0 });
  expect(merged.lines?.find(({ model }) => model === "acme/acme-1")).toMatchObject({
    upstream_model: "acme-1",
    context_length: 8_192,
    max_output_tokens: 8_192,
  });
});

test("reasoning has a price of its own only where it is not what all output costs", () => {
  const of = (prices: Partial<FilePrice["prices"]>) =>
    merge([price({}, prices)], known, wish).lines?.find(({ model }) => model === "openai/gpt-4o-mini");
  expect(of({ reasoning: "0.0000009", cache_write_1h: "0.0000003", web_search: "0.01" })).toMatchObject({
    reasoning_usd: "0.0000009",
    cache_write_1h_usd: "0.0000003",
    web_search_usd: "0.01",
    audio_in_usd: null,
  });
  expect(of({ reasoning: "0.0000006" })).toBeUndefined();
});
