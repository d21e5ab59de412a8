/** What a provider's list of models says of prices. Pure. */
import { formatAtto, parseAtto } from "../../platform/money.ts";
import type { ProviderKind } from "./kinds.ts";

/** Exact decimals in USD per token or request; null: the list does not say. */
export type ListedPrice = {
  /** As the provider calls it. */
  model: string;
  input: string;
  output: string;
  cacheRead: string | null;
  cacheWrite: string | null;
  request: string | null;
  contextLength: number | null;
  maxOutputTokens: number | null;
};

type Fields = Record<string, unknown>;
const asFields = (value: unknown): Fields =>
  typeof value === "object" && value !== null ? (value as Fields) : {};

const READERS: Partial<Record<ProviderKind, (entry: Fields) => unknown[]>> = {
  openrouter(entry) {
    const pricing = asFields(entry["pricing"]);
    const { input_cache_read: read, input_cache_write: write, request } = pricing;
    const limit = asFields(entry["top_provider"])["max_completion_tokens"];
    return [pricing["prompt"], pricing["completion"], read, write, request, entry["context_length"], limit];
  },
  glama(entry) {
    const { input, output, cacheRead, cacheWrite } = asFields(entry["pricePerToken"]);
    return [input, output, cacheRead, cacheWrite, null, entry["maxTokensInput"], entry["maxTokensOutput"]];
  },
  requesty(entry) {
    const { input_price: input, output_price: output, cached_price: read, caching_price: write } = entry;
    return [input, output, read, write, null, entry["context_window"], entry["max_output_tokens"]];
  },
};

/** False where a company lists none. */
export const listsPrices = (kind: ProviderKind): boolean => READERS[kind] !== undefined;

/** The prices of a list; null where this company lists none, or what came is no list. A model without a price is left out. */
export function readPrices(kind: ProviderKind, list: unknown): ListedPrice[] | null {
  const read = READERS[kind];
  const entries = Array.isArray(list) ? (list as unknown[]) : asFields(list)["data"];
  if (!read || !Array.isArray(entries)) return null;
  return entries.map(asFields).flatMap((entry): ListedPrice[] => {
    const [input, output, cacheRead, cacheWrite, request, contextLength, maxOutputTokens] = read(entry);
    const model = entry["id"];
    const prices = { input: decimal(input), output: decimal(output) };
    if (typeof model !== "string" || prices.input === null || prices.output === null) return [];
    return [
      {
        model,
        input: prices.input,
        output: prices.output,
        cacheRead: decimal(cacheRead),
        cacheWrite: decimal(cacheWrite),
        request: decimal(request),
        contextLength: count(contextLength),
        maxOutputTokens: count(maxOutputTokens),
      },
    ];
  });
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
