import { z } from "zod";
import list from "../../../../config/models.json" with { type: "json" };
import { formatScaled } from "../../../platform/money.ts";
import { Problem } from "../../../platform/problem.ts";
import { gatewayProblems } from "../problems.ts";
import { parsePrice, type Price } from "./price.ts";

const decimal = z.string().regex(/^\d{1,9}(\.\d{1,18})?$/, "an exact decimal in USD");
const listSchema = z.strictObject({
  version: z.string().min(1).max(64),
  models: z
    .array(
      z.strictObject({
        id: z.string().regex(/^[\w.-]+\/[\w.:-]+$/),
        name: z.string().min(1).max(200),
        created: z.int(),
        context_length: z.int().positive(),
        max_output_tokens: z.int().positive(),
        image_tokens: z.int().positive().nullable(),
        prices: z
          .strictObject({
            input: decimal,
            output: decimal,
            cache_read: decimal,
            cache_write: decimal,
            request: decimal,
          })
          .nullable(),
      }),
    )
    .min(1),
});

export type ModelRow = z.output<typeof listSchema>["models"][number];

export type Model = {
  id: string;
  row: ModelRow;
  contextLength: number;
  maxOutputTokens: number;
  /** The most an image can count; null where the model takes none. */
  imageTokens: number | null;
  /** Null while it has no active price: listed nowhere, refused with a reason. */
  price: Price | null;
  /** The price as OpenRouter's `provider.max_price`, as JSON: nobody dearer may serve the call. */
  maxPrice: string;
};

export type Catalogue = { version: string; models: ReadonlyMap<string, Model> };

/** A model that can be called. */
export type PricedModel = Model & { price: Price };

const MILLION = 1_000_000n;

/** Reads the price list; throws for one that breaks its schema. */
export function readCatalogue(text: unknown = list): Catalogue {
  const { version, models } = listSchema.parse(text);
  return { version, models: new Map(models.map((row) => [row.id, modelOf(version, row)])) };
}

function modelOf(version: string, row: ModelRow): Model {
  const price = row.prices && parsePrice(version, row.prices);
  const perMillion = (atto: bigint) => formatScaled(atto * MILLION, 18);
  return {
    id: row.id,
    row,
    contextLength: row.context_length,
    maxOutputTokens: row.max_output_tokens,
    imageTokens: row.image_tokens,
    price,
    maxPrice: price ? `{"prompt":${perMillion(price.input)},"completion":${perMillion(price.output)}}` : "{}",
  };
}

export const isAllowed = (allowed: readonly string[], id: string): boolean =>
  allowed.length === 0 || allowed.includes(id);

/** The model to call. 404 for one that is not listed or not allowed, 400 for one without a price. */
export function chooseModel(catalogue: Catalogue, id: string, allowed: readonly string[] = []): PricedModel {
  const model = catalogue.models.get(id);
  if (!model || !isAllowed(allowed, id)) throw new Problem(gatewayProblems.model_not_found);
  if (!model.price) throw new Problem(gatewayProblems.price_unknown);
  return model as PricedModel;
}
