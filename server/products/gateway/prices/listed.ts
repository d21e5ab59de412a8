/** What a list says of prices, over what counted before. Pure. */
import { columnOf, columnsOf, LINES, PRICES, type Lines, type PriceColumns } from "../models/lines.ts";
import type { LineRow, NewLine } from "../models/store.ts";
import { sameTiers } from "../models/tiers/tier.ts";

/** Where a list does not say, it costs what it did; what had no price yet, what any other token of the prompt does. */
export function listedOver(
  listed: Partial<Lines> & Pick<Lines, "input" | "output">,
  before: LineRow | null,
): PriceColumns {
  const known = Object.fromEntries(LINES.map((line) => [line, before?.[columnOf(line)] ?? undefined]));
  const otherwise = { cache_read: listed.input, cache_write: listed.input, request: "0", audio_second: "0" };
  const prices = columnsOf({ ...otherwise, ...defined(known), ...listed });
  // A price of its own is one that is another.
  return listed.reasoning === listed.output ? { ...prices, reasoning_usd: null } : prices;
}

const defined = (lines: Partial<Record<string, string | undefined>>): Partial<Lines> =>
  Object.fromEntries(Object.entries(lines).filter(([, usd]) => usd !== undefined));

/** Whether a line costs anything else than it did. */
export const isAnother = (before: LineRow | undefined, line: NewLine): boolean =>
  !before || PRICES.some((name) => before[name] !== line[name]) || !sameTiers(before.tiers, line.tiers);
