import { Problem } from "../../../platform/problem.ts";
import { formatAtto } from "../../../platform/money.ts";
import { publishedText } from "./price.ts";
import { gatewayProblems } from "../problems.ts";
import { findModel, isAllowed, type Catalogue, type Model, type PricedModel } from "./catalogue.ts";

const isCallable = (model: Model | undefined, allowed: readonly string[]): model is PricedModel =>
  model !== undefined && model.price !== null && !model.row.paused && isAllowed(allowed, model.id);

/** The models that can be called, as OpenAI lists them, with window and price: the dearest of their providers'. */
export function listModels(catalogue: Catalogue, allowed: readonly string[] = []) {
  const models = [...catalogue.models.values()].filter((model) => isCallable(model, allowed));
  return { object: "list" as const, data: models.map(shown) };
}

/** 404 for one that does not exist, has no price or is not allowed. */
export function getModel(catalogue: Catalogue, id: string, allowed: readonly string[] = []) {
  const model = findModel(catalogue, id);
  if (!isCallable(model, allowed)) throw new Problem(gatewayProblems.model_not_found);
  return shown(model);
}

function shown({ id, row, price, contextLength, maxOutputTokens, candidates }: PricedModel) {
  return {
    id,
    object: "model" as const,
    created: row.created,
    owned_by: id.slice(0, id.indexOf("/")),
    name: row.name,
    task: row.task,
    context_length: contextLength,
    max_output_tokens: maxOutputTokens,
    pricing: {
      prompt: formatAtto(price.input),
      completion: formatAtto(price.output),
      input_cache_read: formatAtto(price.cacheRead),
      input_cache_write: formatAtto(price.cacheWrite),
      input_cache_write_1h: formatOwn(price.cacheWrite1h),
      internal_reasoning: formatOwn(price.reasoning),
      audio_second: formatAtto(price.audioSecond),
      tiers: tiersOf(candidates),
    },
    providers: candidates.map(({ provider }) => provider.id),
  };
}

const formatOwn = (atto: bigint | null): string | null => (atto === null ? null : formatAtto(atto));

/** What some calls cost instead, by provider; the later ones of a provider win, line by line. */
const tiersOf = (candidates: PricedModel["candidates"]) =>
  candidates.flatMap(({ provider, price }) =>
    publishedText(price).tiers.map(({ prices, ...condition }) => ({
      provider: provider.id,
      ...condition,
      prompt: prices.input ?? null,
      completion: prices.output ?? null,
      input_cache_read: prices.cache_read ?? null,
      input_cache_write: prices.cache_write ?? null,
      input_cache_write_1h: prices.cache_write_1h ?? null,
      internal_reasoning: prices.reasoning ?? null,
      audio_second: prices.audio_second ?? null,
    })),
  );
