/** What a provider's list of models says of prices. Pure. */
import { formatAtto, parseAtto } from "../../platform/money.ts";
import type { ProviderKind } from "./kinds.ts";

/** As prices of ours are called. */
type Listed =
  | "input"
  | "output"
  | "cache_read"
  | "cache_write"
  | "cache_write_1h"
  | "reasoning"
  | "request"
  | "image"
  | "image_token"
  | "audio_in"
  | "audio_out"
  | "web_search";
/** Exact decimals in USD per token, request, image or search; left out: the list does not say. */
type Prices = Partial<Record<Listed, string>>;

/** Prices over the standing ones, for longer prompts and for calls that begin in a time of the UTC day; the later ones win. */
export type ListedTier = {
  above_prompt_tokens: number | null;
  /** "HH:MM"; the end is no part of it, and may be of the next day. */
  from_utc: string | null;
  to_utc: string | null;
  prices: Prices;
};

export type ListedPrice = {
  /** As the provider calls it. */
  model: string;
  prices: Prices & { input: string; output: string };
  contextLength: number | null;
  maxOutputTokens: number | null;
  tiers: ListedTier[] | null;
};

type Fields = Record<string, unknown>;
const asFields = (value: unknown): Fields =>
  typeof value === "object" && value !== null ? (value as Fields) : {};

type Entry = {
  prices: Partial<Record<Listed, unknown>>;
  contextLength: unknown;
  maxOutputTokens: unknown;
};

/** The lines in OpenRouter's words, as far as it has them. */
export const WORDS = {
  input: "prompt",
  output: "completion",
  cache_read: "input_cache_read",
  cache_write: "input_cache_write",
  cache_write_1h: "input_cache_write_1h",
  reasoning: "internal_reasoning",
  request: "request",
  image: "image",
  image_token: "image_token",
  audio_in: "audio",
  audio_out: "audio_output",
  web_search: "web_search",
} as const satisfies Record<Listed, string>;
/** Its nothing means that they have no price of their own. */
const OWN: ReadonlySet<string> = new Set<Listed>([
  "reasoning",
  "image",
  "image_token",
  "audio_in",
  "audio_out",
  "web_search",
]);

const READERS: Partial<Record<ProviderKind, (entry: Fields) => Entry>> = {
  openrouter: (entry) => ({
    prices: inWords(asFields(entry["pricing"])),
    contextLength: entry["context_length"],
    maxOutputTokens: asFields(entry["top_provider"])["max_completion_tokens"],
  }),
  glama(entry) {
    const { input, output, cacheRead, cacheWrite } = asFields(entry["pricePerToken"]);
    const { maxTokensInput: contextLength, maxTokensOutput: maxOutputTokens } = entry;
    return {
      prices: { input, output, cache_read: cacheRead, cache_write: cacheWrite },
      contextLength,
      maxOutputTokens,
    };
  },
  requesty: (entry) => ({
    prices: {
      input: entry["input_price"],
      output: entry["output_price"],
      cache_read: entry["cached_price"],
      cache_write: entry["caching_price"],
    },
    contextLength: entry["context_window"],
    maxOutputTokens: entry["max_output_tokens"],
  }),
};

const inWords = (pricing: Fields): Entry["prices"] =>
  Object.fromEntries(Object.entries(WORDS).map(([line, word]) => [line, pricing[word]]));

/** Those that are prices. */
const pricesOf = (listed: Entry["prices"]): Prices =>
  Object.fromEntries(
    Object.entries(listed).flatMap(([line, value]) => {
      const usd = decimal(value);
      return usd === null || (usd === "0" && OWN.has(line)) ? [] : [[line, usd]];
    }),
  );

/** False where a company lists none. */
export const listsPrices = (kind: ProviderKind): boolean => READERS[kind] !== undefined;

/** The prices of a list; null where this company lists none, or what came is no list. A model without a price is left out. */
export function readPrices(kind: ProviderKind, list: unknown): ListedPrice[] | null {
  const read = READERS[kind];
  const entries = Array.isArray(list) ? (list as unknown[]) : asFields(list)["data"];
  if (!read || !Array.isArray(entries)) return null;
  return entries.map(asFields).flatMap((entry): ListedPrice[] => {
    const listed = read(entry);
    const model = entry["id"];
    const { input, output, ...rest } = pricesOf(listed.prices);
    if (typeof model !== "string" || input === undefined || output === undefined) return [];
    return [
      {
        model,
        prices: { input, output, ...rest },
        contextLength: count(listed.contextLength),
        maxOutputTokens: count(listed.maxOutputTokens),
        tiers: kind === "openrouter" ? overridesOf(entry) : null,
      },
    ];
  });
}

/** OpenRouter's conditional prices; one whose condition is not understood counts for all calls. */
function overridesOf({ pricing }: Fields): ListedTier[] | null {
  const { overrides } = asFields(pricing);
  if (!Array.isArray(overrides)) return null;
  return (overrides as unknown[]).map(asFields).flatMap((entry): ListedTier[] => {
    const window = [clock(entry["utc_start"]), clock(entry["utc_end"])] as const;
    const always = window[0] === null || window[1] === null || window[0] === window[1];
    const prices = pricesOf(inWords(entry));
    if (Object.keys(prices).length === 0) return [];
    const [from_utc, to_utc] = always ? [null, null] : window;
    return [{ above_prompt_tokens: count(entry["min_prompt_tokens"]), from_utc, to_utc, prices }];
  });
}

/** 1630 is half past four. */
function clock(value: unknown): string | null {
  const at = Number.isSafeInteger(value) ? Number(value) : -1;
  const [hours, minutes] = [Math.floor(at / 100), at % 100];
  if (at < 0 || hours > 23 || minutes > 59) return null;
  return `${String(hours).padStart(2, "0")}:${String(minutes).padStart(2, "0")}`;
}

const count = (value: unknown): number | null =>
  Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : null;

/** The shortest exact decimal; null for what is no price, such as OpenRouter's "-1". */
function decimal(value: unknown): string | null {
  if (typeof value !== "string" && typeof value !== "number") return null;
  try {
    const atto = parseAtto(String(value));
    return atto < 0n ? null : formatAtto(atto);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
