/**
 * Price lists as files have them: models.dev (USD per million tokens, by provider), LiteLLM (USD per token) and Langfuse (USD
 * per token, by tier). Pure. Of prices under a condition that is not understood the dearest counts always, so that no call is sold
 * under its cost.
 */
import { formatAtto, parseAtto } from "../../../platform/money.ts";
import { LINES, type Line, type Lines } from "../models/lines.ts";
import type { TierText } from "../models/tiers/tier.ts";

export const FORMATS = ["models.dev", "litellm", "langfuse"] as const;
export type Format = (typeof FORMATS)[number];

/** Exact decimals in USD; what is left out the list does not say. */
type Listed = Partial<Lines> & Pick<Lines, "input" | "output">;
export type FilePrice = {
  /** As the list calls it. */
  model: string;
  /** Whose model it is, where the list says so. */
  vendor: string | null;
  name: string;
  prices: Listed;
  contextLength: number | null;
  maxOutputTokens: number | null;
  /** What longer prompts cost instead, the shortest of them first. */
  tiers: TierText[];
};

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const asFields = (value: unknown): Fields => (isFields(value) ? value : {});
const asList = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isFields) : []);
const MILLION = 1_000_000n;

/** The prices of a file; null for what is no such file. `section`: the provider's part of it, where it has parts. */
export function readFile(format: Format, document: unknown, section?: string): FilePrice[] | null {
  if (format === "langfuse") return Array.isArray(document) ? asList(document).flatMap(ofLangfuse) : null;
  if (!isFields(document)) return null;
  return format === "litellm" ? ofLitellm(document, section) : ofModelsDev(document, section);
}

/** Names of the lines in a list, the dearest of each counts. */
type Names = Readonly<Partial<Record<Line, readonly string[]>>>;
/** Prices with the size of prompt above which they count; null: always. */
type Sized = { above: number | null; prices: Fields };

function ofModelsDev(document: Fields, section: string | undefined): FilePrice[] | null {
  const part = section === undefined ? document : document[section];
  const models = asFields(part)["models"];
  if (!isFields(models)) return null;
  return Object.entries(models).flatMap(([model, value]) => {
    const entry = asFields(value);
    const cost = asFields(entry["cost"]);
    const limit = asFields(entry["limit"]);
    const tiers = asList(cost["tiers"]).map((prices) => ({
      above: count(asFields(prices["tier"])["size"]),
      prices,
    }));
    return whole({
      model,
      vendor: section ?? null,
      name: textOr(entry["name"], model),
      ...pricesOf([{ above: null, prices: cost }, ...tiers], MODELS_DEV, MILLION),
      contextLength: count(limit["context"]),
      maxOutputTokens: count(limit["output"]),
    });
  });
}

const MODELS_DEV: Names = {
  input: ["input"],
  output: ["output"],
  cache_read: ["cache_read"],
  cache_write: ["cache_write"],
  reasoning: ["reasoning"],
  audio_in: ["input_audio"],
  audio_out: ["output_audio"],
};

const CHATS = new Set(["chat", "completion", "responses"]);
const TIER = /^(.+)_above_(\d+)k_tokens$/;
const LITELLM: Names = {
  input: ["input_cost_per_token"],
  output: ["output_cost_per_token"],
  cache_read: ["cache_read_input_token_cost"],
  cache_write: ["cache_creation_input_token_cost"],
  cache_write_1h: ["cache_creation_input_token_cost_above_1hr"],
  reasoning: ["output_cost_per_reasoning_token"],
  image: ["input_cost_per_image"],
  image_token: ["input_cost_per_image_token"],
  audio_in: ["input_cost_per_audio_token"],
  audio_out: ["output_cost_per_audio_token"],
  // By how much of what is found is read.
  web_search: ["search_context_size_low", "search_context_size_medium", "search_context_size_high"],
};

function ofLitellm(document: Fields, section: string | undefined): FilePrice[] {
  return Object.entries(document).flatMap(([model, value]) => {
    const entry = asFields(value);
    const vendor = entry["litellm_provider"];
    if (!CHATS.has(String(entry["mode"])) || (section !== undefined && vendor !== section)) return [];
    const longer = Object.entries(entry).flatMap(([name, prices]): Sized[] => {
      const [, line, thousands] = TIER.exec(name) ?? [];
      return line ? [{ above: Number(thousands) * 1_000, prices: { [line]: prices } }] : [];
    });
    return whole({
      model,
      vendor: typeof vendor === "string" ? vendor : null,
      name: model,
      ...pricesOf(
        [
          { above: null, prices: { ...entry, ...asFields(entry["search_context_cost_per_query"]) } },
          ...longer,
        ],
        LITELLM,
        1n,
      ),
      contextLength: count(entry["max_input_tokens"] ?? entry["max_tokens"]),
      maxOutputTokens: count(entry["max_output_tokens"] ?? entry["max_tokens"]),
    });
  });
}

const LANGFUSE: Names = {
  input: ["input", "input_tokens", "input_text", "input_text_tokens"],
  output: ["output", "output_tokens", "output_text", "output_text_tokens"],
  cache_read: ["input_cache_read", "cache_read_input_tokens", "input_cached_tokens"],
  cache_write: ["input_cache_creation_5m", "input_cache_creation", "cache_creation_input_tokens"],
  cache_write_1h: ["input_cache_creation_1h"],
  reasoning: ["output_reasoning", "output_reasoning_tokens", "reasoning_tokens"],
  image_token: ["input_image"],
  audio_in: ["input_audio", "input_audio_tokens"],
  audio_out: ["output_audio", "output_audio_tokens"],
  web_search: ["web_search_queries", "webSearchQueries", "grounding_queries", "groundingQueries"],
};

function ofLangfuse(entry: Fields): FilePrice[] {
  const model = entry["modelName"];
  if (typeof model !== "string") return [];
  const tiers = asList(entry["pricingTiers"])
    .map(({ conditions, prices }) => ({ conditions: asList(conditions), prices: asFields(prices) }))
    // Tiers of a quicker or slower service are not asked for.
    .filter(({ conditions }) => conditions.every(({ source }) => source !== "model_parameters"))
    .map(({ conditions, prices }): Sized => ({ above: aboveOf(conditions), prices }));
  return whole({
    model,
    vendor: null,
    name: model,
    ...pricesOf(tiers, LANGFUSE, 1n),
    contextLength: null,
    maxOutputTokens: null,
  });
}

/** Of one condition on how much is read; null for any other. */
function aboveOf(conditions: readonly Fields[]): number | null {
  const [only, another] = conditions;
  const value = count(only?.["value"]);
  if (!only || another || value === null || !String(only["usageDetailPattern"] ?? "").includes("input"))
    return null;
  if (only["operator"] === "gt") return value;
  return only["operator"] === "gte" && value > 1 ? value - 1 : null;
}

/** The standing prices, and those above each size, as far as they are others. */
function pricesOf(all: readonly Sized[], names: Names, per: bigint) {
  const bySize = Map.groupBy(all, ({ above }) => above);
  const of = (some: readonly Sized[]): Partial<Lines> =>
    Object.fromEntries(
      LINES.flatMap((line) => {
        const usd = dearest(
          some.map(({ prices }) => prices),
          names[line] ?? [],
          per,
        );
        return usd === null ? [] : [[line, usd] as const];
      }),
    );
  const tiers = [...bySize]
    .toSorted(([a], [b]) => Number(a) - Number(b))
    .flatMap(([above, some]): TierText[] => {
      const prices = of(some);
      if (above === null || Object.keys(prices).length === 0) return [];
      return [{ above_prompt_tokens: above, from_utc: null, to_utc: null, prices }];
    });
  return { prices: of(bySize.get(null) ?? []), tiers };
}

type Read = Omit<FilePrice, "prices"> & { prices: Partial<Lines> };

/** A model without both prices is left out. */
const whole = ({ prices: { input, output, ...prices }, ...rest }: Read): FilePrice[] =>
  input === undefined || output === undefined ? [] : [{ ...rest, prices: { input, output, ...prices } }];

/** The highest of these lines in any of the tiers. */
function dearest(tiers: readonly Fields[], lines: readonly string[], per: bigint): string | null {
  let highest: bigint | null = null;
  for (const tier of tiers)
    for (const line of lines) {
      const atto = attoOf(tier[line], per);
      if (atto !== null && (highest === null || atto > highest)) highest = atto;
    }
  return highest === null ? null : formatAtto(highest);
}

/** Null for what is no price, or finer than can be kept. */
function attoOf(value: unknown, per: bigint): bigint | null {
  if (typeof value !== "number" && typeof value !== "string") return null;
  try {
    const atto = parseAtto(String(value));
    return atto < 0n || atto % per !== 0n ? null : atto / per;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

const count = (value: unknown): number | null =>
  Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : null;
const textOr = (value: unknown, otherwise: string): string =>
  typeof value === "string" && value.trim() !== "" ? value.slice(0, 200) : otherwise;
