/** What usage would have cost at other prices. Pure. */
import { priceFor, sumOf, type Price, type Rates } from "../models/price.ts";
import type { Step, Steps } from "./store.ts";

type Used = Omit<Step, "model" | "size" | "clock" | "cache_write_1h_tokens"> &
  Partial<Pick<Step, "cache_write_1h_tokens">>;

/** In 10⁻¹⁸ USD. Calls that failed had no price per request. */
export function repriced(rates: Rates, used: Used): bigint {
  const tokens = sumOf(
    { ...rates, request: 0n },
    {
      inputTokens: Number(used.input_tokens),
      cacheReadTokens: Number(used.cache_read_tokens),
      cacheWriteTokens: Number(used.cache_write_tokens),
      outputTokens: Number(used.output_tokens),
      cacheWrite1hTokens: Number(used.cache_write_1h_tokens ?? 0),
      reasoningTokens: Number(used.reasoning_tokens),
      audioMs: Number(used.audio_ms),
      costAtto: null,
    },
  );
  return tokens + rates.request * (used.requests - used.failures);
}

/** Whether sums of counts say what is to be paid; what is kept for an hour is in none of them. */
export const isPlain = ({ tiers, cacheWrite1h }: Price): boolean =>
  tiers.length === 0 && cacheWrite1h === null;

/** Every step at which one of these prices may change. */
export function stepsOf(prices: readonly Price[]): Steps {
  const tiers = prices.flatMap((price) => price.tiers);
  const sizes = new Set(
    tiers.flatMap(({ above_prompt_tokens: above }) => (above === null ? [] : [above + 1])),
  );
  const clocks = new Set(tiers.flatMap(({ from_utc: from, to_utc: to }) => (from && to ? [from, to] : [])));
  return { sizes: [...sizes].toSorted((a, b) => a - b), clocks: [...clocks].toSorted() };
}

/** The same of calls between the steps, each at the price of its own. */
export function repricedByStep(price: Price, { sizes, clocks }: Steps, used: readonly Step[]): bigint {
  return used.reduce((sum, step) => {
    const size = sizes[step.size - 1] ?? 0;
    const at = new Date(`1970-01-01T${clocks[step.clock - 1] ?? "00:00"}Z`);
    return sum + repriced(priceFor(price, size, at), step);
  }, 0n);
}
