/** What shortening a prompt saves, with what the provider's cache would have saved. Pure. */
import type { Rates } from "../models/rates.ts";

export type Lengths = {
  /** Tokens of the whole prompt: as it came, and as it is sent. */
  before: number;
  after: number;
  /** Tokens that an earlier call of the conversation has sent already, of the prompt as it came. */
  sentBefore: number;
  /** Tokens up to the first change. */
  unchanged: number;
  /** Somebody marked what is to be kept in the provider's cache. */
  marked: boolean;
};

/**
 * In 10⁻¹⁸ USD; nothing or less: the prompt is cheaper as it is. What an earlier call has sent is taken to be read from the
 * cache, where reading is cheaper and, if writing has a price of its own, the caller asks for it; a shortened prompt is read from
 * it up to the first change. `ratesOf`: the prices of a prompt of so many tokens.
 */
export function savingOf(
  ratesOf: (promptTokens: number) => Rates,
  { before, after, sentBefore, unchanged, marked }: Lengths,
): bigint {
  const cost = (tokens: number, cached: number): bigint => {
    const { input, cacheRead, cacheWrite } = ratesOf(tokens);
    const discounted = cacheRead < input && (marked || cacheWrite <= input);
    return input * BigInt(tokens - cached) + (discounted ? cacheRead : input) * BigInt(cached);
  };
  return cost(before, sentBefore) - cost(after, Math.min(sentBefore, unchanged, after));
}
