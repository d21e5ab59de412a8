import { Problem } from "../../../platform/problem.ts";
import { gatewayProblems } from "../problems.ts";
import type { Catalogue, Model } from "./catalogue.ts";

/** The models that can be called, as OpenAI lists them, with window and price. */
export function listModels(catalogue: Catalogue, provider: string) {
  const callable = [...catalogue.models.values()].filter(({ price }) => price !== null);
  return { object: "list" as const, data: callable.map((model) => shown(model, provider)) };
}

/** 404 for one that does not exist or has no price. */
export function getModel(catalogue: Catalogue, id: string, provider: string) {
  const model = catalogue.models.get(id);
  if (!model?.price) throw new Problem(gatewayProblems.model_not_found);
  return shown(model, provider);
}

function shown({ id, row }: Model, provider: string) {
  return {
    id,
    object: "model" as const,
    created: row.created,
    owned_by: id.slice(0, id.indexOf("/")),
    name: row.name,
    context_length: row.context_length,
    max_output_tokens: row.max_output_tokens,
    pricing: {
      prompt: row.prices?.input ?? "",
      completion: row.prices?.output ?? "",
      input_cache_read: row.prices?.cache_read ?? "",
    },
    providers: [provider],
  };
}
