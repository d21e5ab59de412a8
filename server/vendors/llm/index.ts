/**
 * Language models of several companies, all reached in OpenAI's shape. Owns the connections, the keys, the reading of
 * streams and of what a provider says about usage and cost, and the tokenizer. Keys and the providers' own words never
 * leave this folder.
 */
export {
  createProvider,
  type DayLookup,
  type LanguageModels,
  type Lookup,
  type ProviderOptions,
} from "./provider.ts";
export { KINDS, PROVIDER_KINDS, type ProviderKind } from "./kinds.ts";
export { WORDS, listsPrices, readPrices, type ListedPrice } from "./price-list.ts";
export { anthropicDetail, THOUGHTS_FORMAT, thinkingOf } from "./messages/thinking.ts";
export { findOf, findsOf, inOrder } from "./messages/finds.ts";
export { listsWays, readWays, type ThinkingWays } from "./messages/ways.ts";
export type { AnswerHead, Break, CallListener, OpenCall } from "./open-call.ts";
export { ChatReader, type ChatSink } from "./chat-reader.ts";
export { chunkOf, textsIn, usageChunk, type Chunk } from "./chunk.ts";
export { readAnswer, readEmbeddings, readTranscription, generationIdIn, type Answer } from "./answer.ts";
export type { CreditLookup } from "./credit.ts";
export type { DayBooks } from "./activity.ts";
export type { Form } from "./form.ts";
export type { Usage } from "./usage.ts";
export { createTokenCounter, type TokenCount, type TokenCounter } from "./token-counter.ts";
