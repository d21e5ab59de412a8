import { Problem } from "../../../platform/problem.ts";
import { gatewayProblems } from "../problems.ts";
import { isAllowed, type Catalogue, type Model } from "./catalogue.ts";

/** The models that can be called, as OpenAI lists them, with window and price. */
export function listModels(catalogue: Catalogue, provider: string, allowed: readonly string[] = []) {
  const callable = [...catalogue.models.values()].filter(
    ({ id, price }) => price !== null && isAllowed(allowed, id),
  );
  return { object: "list" as const, data: callable.map((model) => shown(model, provider)) };
}

/** 404 for one that does not exist or has no price. */
export function getModel(
  catalogue: Catalogue,
  id: string,
  provider: string,
  allowed: readonly string[] = [],
) {
  const model = catalogue.models.get(id);
  if (!model?.price || !isAllowed(allowed, id)) throw new Problem(gatewayProblems.model_not_found);
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
