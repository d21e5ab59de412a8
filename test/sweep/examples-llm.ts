/** Calls about the providers of models. */
import type { Example } from "./examples.ts";

export const llmExamples: Record<string, Example> = {
  listLlmProviders: {},
  getLlmPolicy: {},
  putLlmPolicy: { given: () => ({ body: { routing: { sort: "price" }, allowed_models: null } }) },
};
