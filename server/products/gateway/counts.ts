/** What a call used, as rows and receipts count it. Pure. */
import type { Usage } from "../../vendors/llm/index.ts";

export const COUNTS = [
  "input_tokens",
  "cache_read_tokens",
  "cache_write_tokens",
  /** Of the written ones those that are kept for an hour. */
  "cache_write_1h_tokens",
  "output_tokens",
  "reasoning_tokens",
  /** Of sound that was paid by the second. */
  "audio_ms",
  /** Of the prompt. */
  "images",
  /** Of the input, as the next one. */
  "image_tokens",
  "audio_in_tokens",
  /** Of the output. */
  "audio_out_tokens",
  "web_searches",
] as const;
export type Count = (typeof COUNTS)[number];
export type Counts<T = number> = Record<Count, T>;

export const eachCount = <T>(of: (count: Count) => T): Counts<T> =>
  Object.fromEntries(COUNTS.map((count) => [count, of(count)])) as Counts<T>;

export const countsOf = (usage: Usage): Counts => ({
  input_tokens: usage.inputTokens,
  cache_read_tokens: usage.cacheReadTokens,
  cache_write_tokens: usage.cacheWriteTokens,
  cache_write_1h_tokens: usage.cacheWrite1hTokens ?? 0,
  output_tokens: usage.outputTokens,
  reasoning_tokens: usage.reasoningTokens,
  audio_ms: usage.audioMs ?? 0,
  images: usage.images ?? 0,
  image_tokens: usage.imageTokens ?? 0,
  audio_in_tokens: usage.audioInTokens ?? 0,
  audio_out_tokens: usage.audioOutTokens ?? 0,
  web_searches: usage.webSearches ?? 0,
});

/** The other way round. */
export const usageOf = (counts: Counts): Usage => ({
  inputTokens: counts.input_tokens,
  cacheReadTokens: counts.cache_read_tokens,
  cacheWriteTokens: counts.cache_write_tokens,
  cacheWrite1hTokens: counts.cache_write_1h_tokens,
  outputTokens: counts.output_tokens,
  reasoningTokens: counts.reasoning_tokens,
  audioMs: counts.audio_ms,
  images: counts.images,
  imageTokens: counts.image_tokens,
  audioInTokens: counts.audio_in_tokens,
  audioOutTokens: counts.audio_out_tokens,
  webSearches: counts.web_searches,
  costAtto: null,
});
