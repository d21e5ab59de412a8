import { assert } from "../../../platform/problem.ts";
import type { Usage } from "../../../vendors/llm/index.ts";
import type { Lines } from "./lines.ts";
import {
  dearerRates,
  formatted,
  larger,
  markedUp,
  mostOf,
  NOTHING,
  parsed,
  parsedSome,
  readTokens,
  sumOf,
  type Most,
  type Rates,
} from "./rates.ts";
import { clockOf, holds, type Condition, type TierText } from "./tiers/tier.ts";

/** Prices that are put over the standing ones where its conditions hold. */
type Tier = Condition & { rates: Partial<Rates>; base: Partial<Rates> };

/** Prices of one model in one version, as callers pay them: the standing ones, and those of some calls alone. */
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
  /** The later ones win. */
  tiers: readonly Tier[];
  /** Whose dearest this is; absent where it is one provider's. */
  of?: readonly Price[];
};

/** As the provider's list has them, and what is put on top. */
export type PriceText = Lines & { tiers: readonly TierText[]; markup_percent: number };

export function parsePrice(version: string, text: PriceText, byTable = false): Price {
  const markupPercent = BigInt(text.markup_percent);
  const base = parsed(text);
  return {
    version,
    byTable,
    markupPercent,
    base,
    ...markedUp(base, markupPercent),
    tiers: text.tiers.map(({ prices, ...condition }) => {
      const listed = parsedSome(prices);
      return { ...condition, base: listed, rates: markedUp(listed, markupPercent) };
    }),
  };
}

/** What callers pay, as exact decimals in USD. */
export function publishedText(price: Price): { prices: Lines; tiers: TierText[] } {
  return {
    prices: formatted(price) as Lines,
    tiers: price.tiers.map(({ above_prompt_tokens, from_utc, to_utc, rates }) => ({
      above_prompt_tokens,
      from_utc,
      to_utc,
      prices: formatted(rates),
    })),
  };
}

/** The one price of calls that begin then with a prompt of so many tokens, cached ones included. */
export function priceFor(price: Price, promptTokens: number, at: Date): Price {
  if (price.tiers.length === 0) return price;
  if (price.of) return price.of.map((each) => priceFor(each, promptTokens, at)).reduce(dearer);
  const clock = clockOf(at);
  const those = price.tiers.filter((tier) => holds(tier, promptTokens, clock));
  return Object.assign({}, price, ...those.map(({ rates }) => rates), {
    base: Object.assign({}, price.base, ...those.map(({ base }) => base)) as Rates,
    tiers: [],
  }) as Price;
}

/** The prices that a call may turn out to have which begins then, with a prompt of no more tokens than this. */
export function reachable(price: Price, promptTokens: number, at: Date): readonly Price[] {
  if (price.tiers.length === 0) return [price];
  const bounds = new Set(price.tiers.map(({ above_prompt_tokens: above }) => above ?? -1));
  const sizes = [
    0,
    ...[...bounds].filter((above) => above >= 0 && above < promptTokens).map((above) => above + 1),
  ];
  return sizes.map((size) => priceFor(price, size, at));
}

/** All tokens of a prompt, wherever they were read from. */
export const promptOf = (
  usage: Pick<Usage, "inputTokens" | "cacheReadTokens" | "cacheWriteTokens">,
): number => usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;

/** What these counts of a call that began then cost, as callers pay it. */
export const costOf = (price: Price, usage: Usage, at: Date): bigint =>
  sumOf(priceFor(price, promptOf(usage), at), usage);

/** The same as the provider bills it by its list. */
export const listedCostOf = (price: Price, usage: Usage, at: Date): bigint =>
  sumOf(priceFor(price, promptOf(usage), at).base, usage);

/**
 * The most that a call which begins then can cost: at the dearest tier that it can reach, each token of its prompt as the dearest
 * kind that it can be.
 */
export const worstCost = (price: Price, most: Most, at: Date): bigint =>
  reachable(price, readTokens(most), at)
    .map((each) => mostOf(each, most))
    .reduce(larger);

/** A price that none of these exceeds in any line; it bounds a call that any of them may serve. */
export function dearest(prices: readonly Price[]): Price {
  const [first, ...rest] = prices;
  assert(first, "somebody has a price");
  if (rest.length === 0) return first;
  const tiers = prices.flatMap((price) => price.tiers);
  return { ...rest.reduce(dearer, first), tiers, ...(tiers.length > 0 && { of: prices }) };
}

function dearer(a: Price, b: Price): Price {
  if (a === b) return a;
  return {
    version: a.version,
    byTable: a.byTable,
    markupPercent: larger(a.markupPercent, b.markupPercent),
    base: dearerRates(a.base, b.base),
    tiers: [],
    ...dearerRates(a, b),
  };
}

/** The price of a call by a key of the organization's own: it costs nothing here. */
export const ownPrice = ({ version }: Pick<Price, "version">): Price => ({
  version,
  byTable: true,
  markupPercent: 0n,
  own: true,
  base: NOTHING,
  tiers: [],
  ...NOTHING,
});
