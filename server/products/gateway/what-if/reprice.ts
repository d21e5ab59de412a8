/** What usage would have cost at other prices. Pure. */
import { eachCount, usageOf, type Count } from "../counts.ts";
import { priceFor, type Price } from "../models/price.ts";
import { sumOf, type Rates } from "../models/rates.ts";
import type { Step, Steps } from "./store.ts";

type Used = Pick<Step, "requests" | "failures"> & { [C in Count]?: Step[C] };

/** In 10⁻¹⁸ USD. Calls that failed had no price per request. */
export function repriced(rates: Rates, used: Used): bigint {
  const counts = eachCount((name) => Number(used[name] ?? 0n));
  return sumOf({ ...rates, request: 0n }, usageOf(counts)) + rates.request * (used.requests - used.failures);
}

/** Whether sums of counts say what is to be paid; what is counted of single calls alone is in none of them. */
export const isPlain = (price: Price): boolean =>
  price.tiers.length === 0 &&
  [price.cacheWrite1h, price.image, price.imageToken, price.audioIn, price.audioOut, price.webSearch].every(
    (own) => own === null,
  );

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
