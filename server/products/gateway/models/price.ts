import { parseAtto } from "../../../platform/money.ts";
import { assert } from "../../../platform/problem.ts";
import type { Usage } from "../../../vendors/llm/index.ts";

/** Prices of one model in one version, in 10⁻¹⁸ USD per token or per request. */
export type Price = {
  version: string;
  input: bigint;
  output: bigint;
  cacheRead: bigint;
  cacheWrite: bigint;
  request: bigint;
  /** Counts are priced by this table whatever figure the provider names. */
  byTable: boolean;
};

/** Exact decimals in USD per token or per request, as the price list has them. */
export type PriceText = {
  input: string;
  output: string;
  cache_read: string;
  cache_write: string;
  request: string;
};

export function parsePrice(version: string, text: PriceText, byTable = false): Price {
  return {
    version,
    byTable,
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

/** A price that none of these exceeds in any line; it bounds a call that any of them may serve. */
export function dearest(prices: readonly Price[]): Price {
  const [first, ...rest] = prices;
  assert(first, "somebody has a price");
  return rest.reduce(dearer, first);
}

function dearer(a: Price, b: Price): Price {
  if (a === b) return a;
  return {
    version: a.version,
    byTable: a.byTable,
    input: larger(a.input, b.input),
    output: larger(a.output, b.output),
    cacheRead: larger(a.cacheRead, b.cacheRead),
    cacheWrite: larger(a.cacheWrite, b.cacheWrite),
    request: larger(a.request, b.request),
  };
}

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
