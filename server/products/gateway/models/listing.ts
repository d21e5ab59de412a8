import { Problem } from "../../../platform/problem.ts";
import { WORDS as OPENROUTERS_WORDS } from "../../../vendors/llm/index.ts";
import { LINES, type Line, type Lines, type OwnLine } from "./lines.ts";
import { publishedText } from "./price.ts";
import { gatewayProblems } from "../problems.ts";
import { findModel, isAllowed, type Catalogue, type Model, type PricedModel } from "./catalogue.ts";

const isCallable = (model: Model | undefined, allowed: readonly string[]): model is PricedModel =>
  model !== undefined && model.price !== null && !model.row.paused && isAllowed(allowed, model.id);

/** Between two ids, both left out; those next to `before_id` where there are more than `limit`. */
export type ModelsWanted = {
  limit?: number | undefined;
  after_id?: string | undefined;
  before_id?: string | undefined;
};

/** The models that can be called, by id, with window and price: the dearest of their providers'. */
export function listModels(
  catalogue: Catalogue,
  allowed: readonly string[] = [],
  { limit, after_id: after, before_id: before }: ModelsWanted = {},
) {
  const models = [...catalogue.models.values()]
    .filter((model) => isCallable(model, allowed))
    .filter(({ id }) => (after === undefined || id > after) && (before === undefined || id < before))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const most = limit ?? models.length;
  const data = before === undefined ? models.slice(0, most) : models.slice(Math.max(0, models.length - most));
  return { data: data.map(shown), has_more: data.length < models.length };
}

/** 404 for one that does not exist, has no price or is not allowed. */
export function getModel(catalogue: Catalogue, id: string, allowed: readonly string[] = []) {
  const model = findModel(catalogue, id);
  if (!isCallable(model, allowed)) throw new Problem(gatewayProblems.model_not_found);
  return shown(model);
}

export type ListedModel = ReturnType<typeof shown>;

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
    pricing: { ...worded(publishedText(price).prices), tiers: tiersOf(candidates) },
    providers: candidates.map(({ provider }) => provider.id),
  };
}

/** The lines in OpenRouter's words, and one of our own. */
export const WORDS = {
  ...OPENROUTERS_WORDS,
  audio_second: "audio_second",
} as const satisfies Record<Line, string>;
type Words = (typeof WORDS)[Line];

const worded = <L extends Partial<Lines>>(prices: L) =>
  Object.fromEntries(LINES.map((line) => [WORDS[line], prices[line] ?? null])) as Record<
    Words,
    string | null
  > &
    (L extends Lines ? Record<(typeof WORDS)[Exclude<Line, OwnLine>], string> : unknown);

/** What some calls cost instead, by provider; the later ones of a provider win, line by line. */
const tiersOf = (candidates: PricedModel["candidates"]) =>
  candidates.flatMap(({ provider, price }) =>
    publishedText(price).tiers.map(({ prices, ...condition }) => ({
      provider: provider.id,
      ...condition,
      ...worded(prices),
    })),
  );
