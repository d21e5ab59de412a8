import { formatAtto, parseAtto } from "../../../platform/money.ts";
import { assert } from "../../../platform/problem.ts";
import type { Usage } from "../../../vendors/llm/index.ts";

/** In 10⁻¹⁸ USD per token, per request or per second of sound. */
export type Rates = {
  input: bigint;
  output: bigint;
  cacheRead: bigint;
  cacheWrite: bigint;
  request: bigint;
  audioSecond: bigint;
};

/** Prices of one model in one version, as callers pay them. */
export type Price = Rates & {
  version: string;
  /** Counts are priced by this table whatever figure the provider names. */
  byTable: boolean;
  /** What callers pay on top of the provider's bill. */
  markupPercent: bigint;
  /** By a key of the caller's organization: nobody here is billed. */
  own?: true;
  /** As the provider lists them; the same without a markup. */
  base: Rates;
};

/** Exact decimals in USD per token, per request or per second of sound, as the provider's list has them, and what is put on top. */
export type PriceText = {
  input: string;
  output: string;
  cache_read: string;
  cache_write: string;
  request: string;
  audio_second: string;
  markup_percent: number;
};

const HUNDRED = 100n;

/** `atto` and so many percent on top, rounded up to 10⁻¹⁸ USD. */
export function markUp(atto: bigint, percent: bigint): bigint {
  return percent === 0n ? atto : (atto * (HUNDRED + percent) + HUNDRED - 1n) / HUNDRED;
}

export function parsePrice(version: string, text: PriceText, byTable = false): Price {
  const markupPercent = BigInt(text.markup_percent);
  const base: Rates = {
    input: parseAtto(text.input),
    output: parseAtto(text.output),
    cacheRead: parseAtto(text.cache_read),
    cacheWrite: parseAtto(text.cache_write),
    request: parseAtto(text.request),
    audioSecond: parseAtto(text.audio_second),
  };
  return { version, byTable, markupPercent, base, ...markedUp(base, markupPercent) };
}

const markedUp = (rates: Rates, percent: bigint): Rates => ({
  input: markUp(rates.input, percent),
  output: markUp(rates.output, percent),
  cacheRead: markUp(rates.cacheRead, percent),
  cacheWrite: markUp(rates.cacheWrite, percent),
  request: markUp(rates.request, percent),
  audioSecond: markUp(rates.audioSecond, percent),
});

/** What callers pay, as exact decimals in USD. */
export function publishedText(text: PriceText): Omit<PriceText, "markup_percent"> {
  const price = parsePrice("", text);
  return {
    input: formatAtto(price.input),
    output: formatAtto(price.output),
    cache_read: formatAtto(price.cacheRead),
    cache_write: formatAtto(price.cacheWrite),
    request: formatAtto(price.request),
    audio_second: formatAtto(price.audioSecond),
  };
}

/** What these counts cost; each token is priced once. */
export function costOf(rates: Rates, usage: Usage): bigint {
  return (
    rates.request +
    rates.input * BigInt(usage.inputTokens) +
    rates.cacheRead * BigInt(usage.cacheReadTokens) +
    rates.cacheWrite * BigInt(usage.cacheWriteTokens) +
    rates.output * BigInt(usage.outputTokens) +
    soundCost(rates, usage.audioMs ?? 0)
  );
}

const MS = 1_000n;

/** What so many milliseconds of sound cost, rounded up to 10⁻¹⁸ USD. */
const soundCost = ({ audioSecond }: Rates, ms: number): bigint => (audioSecond * BigInt(ms) + MS - 1n) / MS;

/** The most that so many tokens and so much sound can cost: a prompt token is priced as its dearest kind. */
export function worstCost(price: Rates, promptTokens: number, outputTokens: number, audioMs = 0): bigint {
  const dearest = price.input > price.cacheWrite ? price.input : price.cacheWrite;
  const tokens = dearest * BigInt(promptTokens) + price.output * BigInt(outputTokens);
  return price.request + tokens + soundCost(price, audioMs);
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
    markupPercent: larger(a.markupPercent, b.markupPercent),
    base: dearerRates(a.base, b.base),
    ...dearerRates(a, b),
  };
}

const dearerRates = (a: Rates, b: Rates): Rates => ({
  input: larger(a.input, b.input),
  output: larger(a.output, b.output),
  cacheRead: larger(a.cacheRead, b.cacheRead),
  cacheWrite: larger(a.cacheWrite, b.cacheWrite),
  request: larger(a.request, b.request),
  audioSecond: larger(a.audioSecond, b.audioSecond),
});

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

const NOTHING: Rates = {
  input: 0n,
  output: 0n,
  cacheRead: 0n,
  cacheWrite: 0n,
  request: 0n,
  audioSecond: 0n,
};

/** The price of a call by a key of the organization's own: it costs nothing here. */
export const ownPrice = ({ version }: Pick<Price, "version">): Price => ({
  version,
  byTable: true,
  markupPercent: 0n,
  own: true,
  base: NOTHING,
  ...NOTHING,
});
