/**
 * Language models, reached in OpenRouter's shape. Owns the connections, the key, the reading of streams and of what the
 * provider says about usage and cost, and the tokenizer. The key and the provider's own words never leave this folder.
 */
export { createOpenRouter, type LanguageModels, type Lookup, type OpenRouterOptions } from "./openrouter.ts";
export type { AnswerHead, Break, CallListener, OpenCall } from "./open-call.ts";
export { ChatReader, type ChatSink } from "./chat-reader.ts";
export { textsIn, usageChunk, type Chunk } from "./chunk.ts";
export { readAnswer, generationIdIn, type Answer } from "./answer.ts";
export type { Usage } from "./usage.ts";
export { createTokenCounter, type TokenCount, type TokenCounter } from "./token-counter.ts";
