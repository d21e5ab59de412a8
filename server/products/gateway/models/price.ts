import { parseAtto } from "../../../platform/money.ts";
import type { Usage } from "../../../vendors/llm/index.ts";

/** Prices of one model in one version, in 10⁻¹⁸ USD per token or per request. */
export type Price = {
  version: string;
  input: bigint;
  output: bigint;
  cacheRead: bigint;
  cacheWrite: bigint;
  request: bigint;
};

/** Exact decimals in USD per token or per request, as the price list has them. */
export type PriceText = {
  input: string;
  output: string;
  cache_read: string;
  cache_write: string;
  request: string;
};

export function parsePrice(version: string, text: PriceText): Price {
  return {
    version,
    input: parseAtto(text.input),
    output: parseAtto(text.output),
    cacheRead: parseAtto(text.cache_read),
    cacheWrite: parseAtto(text.cache_write),
    request: parseAtto(text.request),
  };
}

/** What these counts cost; each token is priced once. */
export function costOf(price: Price, usage: Usage): bigint {
  return (
    price.request +
    price.input * BigInt(usage.inputTokens) +
    price.cacheRead * BigInt(usage.cacheReadTokens) +
    price.cacheWrite * BigInt(usage.cacheWriteTokens) +
    price.output * BigInt(usage.outputTokens)
  );
}

/** The most that so many tokens can cost: a prompt token is priced as its dearest kind. */
export function worstCost(price: Price, promptTokens: number, outputTokens: number): bigint {
  const dearest = price.input > price.cacheWrite ? price.input : price.cacheWrite;
  return price.request + dearest * BigInt(promptTokens) + price.output * BigInt(outputTokens);
}
