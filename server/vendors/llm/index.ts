/**
 * Language models, reached in OpenRouter's shape. Owns the connections, the key, the reading of streams and of what the
 * provider says about usage and cost. The key never leaves this folder; the provider's words never leave it either.
 */
export { createOpenRouter, type LanguageModels, type OpenRouterOptions } from "./openrouter.ts";
