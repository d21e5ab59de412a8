/**
 * Prices that count for some calls alone: those with longer prompts, or begun at some time of the day. Pure. All whose conditions
 * hold are put over the standing prices, in their order, so that the later one wins; a line that they do not name stays.
 */
import { formatAtto, parseAtto } from "../../../../platform/money.ts";
import { LINES, type Lines } from "../lines.ts";

export type Condition = {
  /** Prompts of more tokens than this, cached ones included; null: all. */
  above_prompt_tokens: number | null;
  /** Calls that begin from this time of the UTC day, "HH:MM", until just before the other, which may be of the next day; null: always. */
  from_utc: string | null;
  to_utc: string | null;
};
export type TierText = Condition & { prices: Partial<Lines> };

const CLOCK = /^([01]\d|2[0-3]):[0-5]\d$/;
export const isClock = (text: string): boolean => CLOCK.test(text);

/** The time of the UTC day, "HH:MM"; such texts are compared as they are. */
export const clockOf = (at: Date): string => at.toISOString().slice(11, 16);

export function isInWindow(
  { from_utc: from, to_utc: to }: Omit<Condition, "above_prompt_tokens">,
  clock: string,
): boolean {
  if (from === null || to === null) return true;
  return from < to ? from <= clock && clock < to : from <= clock || clock < to;
}

/** Whether it counts for a call that begins then with a prompt of so many tokens. */
export const holds = (tier: Condition, promptTokens: number, clock: string): boolean =>
  promptTokens > (tier.above_prompt_tokens ?? -1) && isInWindow(tier, clock);

/** As receipts and price diffs call it. */
export function tierName({ above_prompt_tokens: above, from_utc: from, to_utc: to }: Condition): string {
  const size = above === null ? [] : [`over ${above} prompt tokens`];
  return [...size, ...(from === null || to === null ? [] : [`${from} to ${to} UTC`])].join(", ");
}

/** The prices that count, and the tiers that they are of; null: the standing ones alone. */
export function linesFor(
  { prices, tiers }: { prices: Lines; tiers: readonly TierText[] },
  promptTokens: number,
  at: Date,
): { prices: Lines; tier: string | null } {
  const clock = clockOf(at);
  const those = tiers.filter((tier) => holds(tier, promptTokens, clock));
  return {
    prices: Object.assign({}, prices, ...those.map((tier) => tier.prices)) as Lines,
    tier: those.length === 0 ? null : those.map(tierName).join("; "),
  };
}

/** With each price written as the shortest decimal and in the order of its line, so that equal tiers are equal texts. */
export const plainTier = ({ above_prompt_tokens, from_utc, to_utc, prices }: TierText): TierText => ({
  above_prompt_tokens,
  from_utc,
  to_utc,
  prices: Object.fromEntries(
    LINES.flatMap((line) => {
      const usd = prices[line];
      return usd === undefined ? [] : [[line, formatAtto(parseAtto(usd))]];
    }),
  ),
});

export const sameTiers = (a: readonly TierText[], b: readonly TierText[]): boolean =>
  JSON.stringify(a.map(plainTier)) === JSON.stringify(b.map(plainTier));
