import type { PriceTier, PriceTiersInput } from "../../api/types.ts";
import { priceOf, usdOf } from "./usd.ts";

export const TIER_LINES = [
  ["input", "Input"],
  ["output", "Output"],
  ["cache_read", "Cache read"],
  ["cache_write", "Cache write"],
  ["cache_write_1h", "Cache write, 1 h"],
  ["reasoning", "Reasoning"],
  ["audio_in", "Sound in"],
  ["audio_out", "Sound out"],
  ["image_token", "Image tokens"],
  ["image", "Image, each"],
  ["web_search", "Web search, each"],
  ["request", "Request, each"],
  ["audio_second", "Second of sound"],
] as const;
/** Those that most tiers are of. */
export const USUAL_LINES = 6;
type Line = (typeof TIER_LINES)[number][0];

/** A tier as it is typed: prices of tokens in USD per million. */
export type TierRow = { key: number; above: string; from: string; to: string } & Record<Line, string>;

let made = 0;

const each = (of: (line: Line) => string) =>
  Object.fromEntries(TIER_LINES.map(([line]) => [line, of(line)])) as Record<Line, string>;

export const emptyTier = (): TierRow => ({
  key: (made += 1),
  above: "",
  from: "",
  to: "",
  ...each(() => ""),
});

export const rowOf = ({ above_prompt_tokens: above, from_utc, to_utc, prices }: PriceTier): TierRow => ({
  ...emptyTier(),
  above: above === null ? "" : String(above),
  from: from_utc ?? "",
  to: to_utc ?? "",
  ...each((line) => {
    const usd = prices[line];
    return usd === undefined ? "" : priceOf(line, usd);
  }),
});

/** What is sent; throws with what is wrong, in words for who typed it. */
export function tiersOf(rows: readonly TierRow[]): PriceTiersInput["tiers"] {
  return rows.map((row, at) => {
    const said = TIER_LINES.filter(([line]) => row[line].trim() !== "").map(([line, name]) => {
      const usd = usdOf(line, row[line].trim());
      if (usd === null) throw new Error(`Tier ${at + 1}: ${name.toLowerCase()} is no price, such as 0.15`);
      return [line, usd] as const;
    });
    if (row.above === "" && row.from === "" && row.to === "")
      throw new Error(`Tier ${at + 1} needs a size of prompt or a time`);
    return {
      above_prompt_tokens: row.above === "" ? null : Number(row.above),
      from_utc: row.from || null,
      to_utc: row.to || null,
      prices: Object.fromEntries(said),
    };
  });
}
