/** The price list that comes with the product: what a new installation begins with. */
import { z } from "zod";
import list from "../../../../config/models.json" with { type: "json" };
import { columnsOf, eachLine } from "./lines.ts";
import type { LineRow, ModelRow } from "./store.ts";
import { decimal, tiersSchema } from "./tiers/schemas.ts";

const prices = z.strictObject({
  ...eachLine(() => decimal.optional()),
  input: decimal,
  output: decimal,
  cache_read: decimal,
  cache_write: decimal,
  request: decimal,
  audio_second: decimal.default("0"),
  tiers: tiersSchema.default([]),
});
const listSchema = z.strictObject({
  version: z.string().min(1).max(64),
  models: z
    .array(
      z.strictObject({
        id: z.string().regex(/^[\w.-]+\/[\w.:-]+$/),
        name: z.string().min(1).max(200),
        created: z.int(),
        context_length: z.int().positive(),
        /** None where it answers with vectors, or is paid by the second. */
        max_output_tokens: z.int().nonnegative(),
        image_tokens: z.int().positive().nullable(),
        audio_tokens: z.int().positive().nullable().default(null),
        task: z.enum(["chat", "embedding", "transcription"]).default("chat"),
        /** At OpenRouter; null while it has no price there. */
        prices: prices.nullable(),
        /** Elsewhere: by the provider's id, under its own name. */
        offers: z.record(z.string(), z.strictObject({ model: z.string().min(1), prices })).optional(),
      }),
    )
    .min(1),
});

export type PriceList = z.output<typeof listSchema>;
const FIRST_PROVIDER = "openrouter";

/** Reads the price list; throws for one that breaks its schema. */
export const readPriceList = (text: unknown = list): PriceList => listSchema.parse(text);

/** Rows of the list's models. */
export const modelRows = ({ models }: PriceList): ModelRow[] =>
  models.map(({ id, name, created, image_tokens, audio_tokens, task }) => ({
    id,
    name,
    created,
    image_tokens,
    audio_tokens,
    task,
    paused: false,
    aliases: [],
  }));

/** The version a provider's lines get, and those lines. */
export function linesOf(priceList: PriceList, provider: string): { version: string; lines: LineRow[] } {
  const version = provider === FIRST_PROVIDER ? priceList.version : `${provider}-${priceList.version}`;
  const lines = priceList.models.flatMap((model): LineRow[] => {
    const offer =
      provider === FIRST_PROVIDER
        ? model.prices && { model: model.id, prices: model.prices }
        : model.offers?.[provider];
    if (!offer) return [];
    return [
      {
        version,
        model: model.id,
        provider,
        upstream_model: offer.model === model.id ? null : offer.model,
        ...columnsOf(offer.prices),
        tiers: offer.prices.tiers,
        markup_percent: 0,
        context_length: model.context_length,
        max_output_tokens: model.max_output_tokens,
      },
    ];
  });
  return { version, lines };
}
