/** How tiers of prices are written down: by operators, and in the list that comes with the product. */
import { z } from "zod";
import { eachLine } from "../lines.ts";
import { isClock, plainTier, tierName, type TierText } from "./tier.ts";

export const decimal = z.string().regex(/^\d{1,9}(\.\d{1,18})?$/, "must be an exact decimal in USD");
const clock = z.string().refine(isClock, "must be a time of the UTC day, HH:MM");
const MOST = 20;
const MOST_TOKENS = 10_000_000;

const tierSchema = z
  .strictObject({
    above_prompt_tokens: z
      .int()
      .min(1)
      .max(MOST_TOKENS)
      .nullable()
      .default(null)
      .meta({ description: "For prompts of more tokens, cached ones included; null: for all" }),
    from_utc: clock
      .nullable()
      .default(null)
      .meta({ description: "For calls that begin from this time of the UTC day, HH:MM; null: always" }),
    to_utc: clock
      .nullable()
      .default(null)
      .meta({ description: "Until just before this one, which may be of the next day" }),
    prices: z
      .strictObject(eachLine(() => decimal.optional()))
      .refine((prices) => Object.keys(prices).length > 0, "must name a line")
      .meta({
        description:
          "Exact decimals in USD per token, request, second, image or search; a line left out costs what it does otherwise",
      }),
  })
  .refine(({ from_utc: from, to_utc: to }) => (from === null) === (to === null), {
    path: ["to_utc"],
    message: "must be there with from_utc, or neither",
  })
  .refine(({ from_utc: from, to_utc: to }) => from === null || from !== to, {
    path: ["to_utc"],
    message: "must be another time than from_utc",
  })
  .refine((tier) => tierName(tier) !== "", { message: "must have a size or a time" })
  .transform((tier): TierText => plainTier(tier as TierText));

/** Where several hold, a later one wins, line by line. */
export const tiersSchema = z
  .array(tierSchema)
  .max(MOST)
  .refine((tiers) => new Set(tiers.map(tierName)).size === tiers.length, "must not have a condition twice");

/** As it is answered. */
export const tierAnswer = z
  .object({
    above_prompt_tokens: z.int().nullable(),
    from_utc: z.string().nullable(),
    to_utc: z.string().nullable(),
    prices: z.object(eachLine(() => z.string().optional())),
  })
  .meta({ id: "PriceTier" });
