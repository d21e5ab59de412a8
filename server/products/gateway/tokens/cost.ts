/** What an amount is that a program names, or lets a model's prices say. Pure. */
import { ATTO_PER_MICRO, microsCeil } from "../../../platform/money.ts";
import { chooseModel, type Catalogue } from "../models/catalogue.ts";
import { costOf, worstCost } from "../models/price.ts";

/** Micro-credits, or the bound of a call. */
export type Asked = {
  amount_micros?: bigint | undefined;
  model?: string | undefined;
  prompt_tokens?: number | undefined;
  max_output_tokens?: number | undefined;
};
/** Micro-credits, or what a call used. */
export type Used = {
  amount_micros?: bigint | undefined;
  model?: string | undefined;
  usage?:
    | {
        input_tokens: number;
        cache_read_tokens: number;
        cache_write_tokens: number;
        output_tokens: number;
      }
    | undefined;
};

export type Priced = { model: string; version: string };
const atLeastOne = (micros: bigint): bigint => (micros > 0n ? micros : 1n);

/** The most that work which begins then can cost. 404 or 400 for a model that has no price. */
export function boundOf(
  catalogue: Catalogue,
  asked: Asked,
  at: Date,
): { micros: bigint; priced: Priced | null } {
  if (asked.amount_micros !== undefined) return { micros: asked.amount_micros, priced: null };
  const { id, price } = chooseModel(catalogue, asked.model ?? "");
  const worst = worstCost(
    price,
    { promptTokens: asked.prompt_tokens ?? 0, outputTokens: asked.max_output_tokens ?? 0 },
    at,
  );
  return { micros: atLeastOne(microsCeil(worst)), priced: { model: id, version: price.version } };
}

/** What work that began then did cost, exact, in 10⁻¹⁸ USD; `micros` covers it. */
export function costOfUse(
  catalogue: Catalogue,
  used: Used,
  at: Date,
): { atto: bigint; micros: bigint; priced: Priced | null } {
  if (used.amount_micros !== undefined)
    return { atto: used.amount_micros * ATTO_PER_MICRO, micros: used.amount_micros, priced: null };
  const { id, price } = chooseModel(catalogue, used.model ?? "");
  const counts = {
    inputTokens: used.usage?.input_tokens ?? 0,
    cacheReadTokens: used.usage?.cache_read_tokens ?? 0,
    cacheWriteTokens: used.usage?.cache_write_tokens ?? 0,
    outputTokens: used.usage?.output_tokens ?? 0,
    reasoningTokens: 0,
    costAtto: null,
  };
  const atto = costOf(price, counts, at);
  return { atto, micros: atLeastOne(microsCeil(atto)), priced: { model: id, version: price.version } };
}
