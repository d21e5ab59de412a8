/** What a provider's list of models says of prices. Pure. */
import { formatAtto, parseAtto } from "../../platform/money.ts";
import type { ProviderKind } from "./kinds.ts";

/** Prices over the standing ones, for longer prompts and for calls that begin in a time of the UTC day; the later ones win. */
export type ListedTier = {
  above_prompt_tokens: number | null;
  /** "HH:MM"; the end is no part of it, and may be of the next day. */
  from_utc: string | null;
  to_utc: string | null;
  prices: Partial<Record<keyof typeof OVERRIDDEN, string>>;
};

/** Exact decimals in USD per token or request; null: the list does not say. */
export type ListedPrice = {
  /** As the provider calls it. */
  model: string;
  input: string;
  output: string;
  cacheRead: string | null;
  cacheWrite: string | null;
  /** Kept for an hour. */
  cacheWrite1h: string | null;
  /** Reasoning, of the output. */
  reasoning: string | null;
  request: string | null;
  contextLength: number | null;
  maxOutputTokens: number | null;
  tiers: ListedTier[] | null;
};

type Fields = Record<string, unknown>;
const asFields = (value: unknown): Fields =>
  typeof value === "object" && value !== null ? (value as Fields) : {};

type Listed = Partial<Record<Exclude<keyof ListedPrice, "model" | "tiers">, unknown>>;

const READERS: Partial<Record<ProviderKind, (entry: Fields) => Listed>> = {
  openrouter(entry) {
    const pricing = asFields(entry["pricing"]);
    const reasoning = decimal(pricing["internal_reasoning"]);
    return {
      input: pricing["prompt"],
      output: pricing["completion"],
      cacheRead: pricing["input_cache_read"],
      cacheWrite: pricing["input_cache_write"],
      cacheWrite1h: pricing["input_cache_write_1h"],
      // Its nothing means that there is no price of its own.
      reasoning: reasoning === "0" ? null : reasoning,
      request: pricing["request"],
      contextLength: entry["context_length"],
      maxOutputTokens: asFields(entry["top_provider"])["max_completion_tokens"],
    };
  },
  glama(entry) {
    const { input, output, cacheRead, cacheWrite } = asFields(entry["pricePerToken"]);
    const { maxTokensInput: contextLength, maxTokensOutput: maxOutputTokens } = entry;
    return { input, output, cacheRead, cacheWrite, contextLength, maxOutputTokens };
  },
  requesty: (entry) => ({
    input: entry["input_price"],
    output: entry["output_price"],
    cacheRead: entry["cached_price"],
    cacheWrite: entry["caching_price"],
    contextLength: entry["context_window"],
    maxOutputTokens: entry["max_output_tokens"],
  }),
};

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
    const prices = { input: decimal(listed.input), output: decimal(listed.output) };
    if (typeof model !== "string" || prices.input === null || prices.output === null) return [];
    return [
      {
        model,
        input: prices.input,
        output: prices.output,
        cacheRead: decimal(listed.cacheRead),
        cacheWrite: decimal(listed.cacheWrite),
        cacheWrite1h: decimal(listed.cacheWrite1h),
        reasoning: decimal(listed.reasoning),
        request: decimal(listed.request),
        contextLength: count(listed.contextLength),
        maxOutputTokens: count(listed.maxOutputTokens),
        tiers: kind === "openrouter" ? overridesOf(entry) : null,
      },
    ];
  });
}

const OVERRIDDEN = {
  input: "prompt",
  output: "completion",
  cache_read: "input_cache_read",
  cache_write: "input_cache_write",
  cache_write_1h: "input_cache_write_1h",
} as const;

/** OpenRouter's conditional prices; one whose condition is not understood counts for all calls. */
function overridesOf({ pricing }: Fields): ListedTier[] | null {
  const { overrides } = asFields(pricing);
  if (!Array.isArray(overrides)) return null;
  return (overrides as unknown[]).map(asFields).flatMap((entry): ListedTier[] => {
    const window = [clock(entry["utc_start"]), clock(entry["utc_end"])] as const;
    const always = window[0] === null || window[1] === null || window[0] === window[1];
    const prices = Object.fromEntries(
      Object.entries(OVERRIDDEN).flatMap(([line, name]) => {
        const usd = decimal(entry[name]);
        return usd === null ? [] : [[line, usd]];
      }),
    );
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
