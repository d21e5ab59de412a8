import type { PriceTier, PriceTiersInput } from "../../api/types.ts";
import { perMillion, perToken } from "./usd.ts";

export const TIER_LINES = [
  ["input", "Input"],
  ["output", "Output"],
  ["cache_read", "Cache read"],
  ["cache_write", "Cache write"],
  ["cache_write_1h", "Cache write, 1 h"],
  ["reasoning", "Reasoning"],
] as const;
type Line = (typeof TIER_LINES)[number][0];

/** A tier as it is typed: prices in USD per million tokens. */
export type TierFields = { key: number; above: string; from: string; to: string } & Record<Line, string>;
/** Prices per request and second of sound are not typed here; they stay as they are. */
type Kept = Pick<PriceTier["prices"], "request" | "audio_second">;
export type TierRow = TierFields & { kept: Kept };

let made = 0;

export const emptyTier = (): TierRow => ({
  key: (made += 1),
  above: "",
  from: "",
  to: "",
  input: "",
  output: "",
  cache_read: "",
  cache_write: "",
  cache_write_1h: "",
  reasoning: "",
  kept: {},
});

const shown = (usd: string | undefined): string => (usd === undefined ? "" : perMillion(usd));

export function rowOf({ above_prompt_tokens: above, from_utc, to_utc, prices }: PriceTier): TierRow {
  const { request, audio_second } = prices;
  return {
    ...emptyTier(),
    above: above === null ? "" : String(above),
    from: from_utc ?? "",
    to: to_utc ?? "",
    input: shown(prices.input),
    output: shown(prices.output),
    cache_read: shown(prices.cache_read),
    cache_write: shown(prices.cache_write),
    cache_write_1h: shown(prices.cache_write_1h),
    reasoning: shown(prices.reasoning),
    kept: { ...(request !== undefined && { request }), ...(audio_second !== undefined && { audio_second }) },
  };
}

/** What is sent; throws with what is wrong, in words for who typed it. */
export function tiersOf(rows: readonly TierRow[]): PriceTiersInput["tiers"] {
  return rows.map((row, at) => {
    const said = TIER_LINES.filter(([line]) => row[line].trim() !== "").map(([line, name]) => {
      const usd = perToken(row[line].trim());
      if (usd === null) throw new Error(`Tier ${at + 1}: ${name.toLowerCase()} is no price, such as 0.15`);
      return [line, usd] as const;
    });
    if (row.above === "" && row.from === "" && row.to === "")
      throw new Error(`Tier ${at + 1} needs a size of prompt or a time`);
    return {
      above_prompt_tokens: row.above === "" ? null : Number(row.above),
      from_utc: row.from || null,
      to_utc: row.to || null,
      prices: { ...row.kept, ...Object.fromEntries(said) },
    };
  });
}
