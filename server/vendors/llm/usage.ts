import { parseAtto } from "../../platform/money.ts";

/** What a provider says a call used. Counts are disjoint: each prompt token is in one of the first three. */
export type Usage = {
  inputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
  /** Of those the ones that are kept for an hour; left out where nobody says. */
  cacheWrite1hTokens?: number;
  /** Reasoning included. */
  outputTokens: number;
  reasoningTokens: number;
  /** Of the input those of images and of sound, of the output those of sound; left out where nobody says. */
  imageTokens?: number;
  audioInTokens?: number;
  audioOutTokens?: number;
  /** Images of the prompt, and searches of the web, where there are any. */
  images?: number;
  webSearches?: number;
  /** Milliseconds of sound, where those are what is counted; in no token. */
  audioMs?: number;
  /** The provider's own figure, exact, in 10⁻¹⁸ USD; null where it gives none. */
  costAtto: bigint | null;
};

type Fields = Record<string, unknown>;
const asFields = (value: unknown): Fields =>
  typeof value === "object" && value !== null ? (value as Fields) : {};

const count = (value: unknown): number =>
  Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : 0;

/** `usage` of an answer or chunk, where prompt counts include cached tokens; null for what is no usage. */
export function readUsage(value: unknown): Usage | null {
  const usage = asFields(value);
  if (!Number.isSafeInteger(usage["prompt_tokens"]) || !Number.isSafeInteger(usage["completion_tokens"]))
    return null;
  const prompt = asFields(usage["prompt_tokens_details"]);
  const completion = asFields(usage["completion_tokens_details"]);
  return disjoint({
    prompt: count(usage["prompt_tokens"]),
    cacheRead: count(prompt["cached_tokens"]),
    cacheWrite: count(prompt["cache_write_tokens"]),
    cacheWrite1h: prompt["cache_write_1h_tokens"],
    output: count(usage["completion_tokens"]),
    reasoning: count(completion["reasoning_tokens"]),
    image: prompt["image_tokens"],
    audioIn: prompt["audio_tokens"],
    audioOut: completion["audio_tokens"],
    searches: asFields(usage["server_tool_use_details"] ?? usage["server_tool_use"])["web_search_requests"],
    cost: usage["cost"] ?? usage["total_cost"],
  });
}

const LONGEST_SECONDS = 86_400;

/** `usage` of a transcription, by tokens or by seconds; null for what is no usage. */
export function readTranscriptionUsage(value: unknown): Usage | null {
  const usage = asFields(value);
  if (usage["type"] === "tokens")
    return readUsage({ prompt_tokens: usage["input_tokens"], completion_tokens: usage["output_tokens"] });
  const seconds = usage["seconds"];
  if (typeof seconds !== "number" || !(seconds >= 0 && seconds <= LONGEST_SECONDS)) return null;
  const nothing = disjoint({ prompt: 0, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0, cost: null });
  return { ...nothing, audioMs: Math.ceil(seconds * 1_000) };
}

/** Glama's completion request; null while its usage is not known there. */
export function readCompletionRequest(value: unknown): Usage | null {
  const request = asFields(value);
  const tokens = asFields(request["tokenUsage"]);
  if (!Number.isSafeInteger(tokens["promptTokens"]) || !Number.isSafeInteger(tokens["completionTokens"]))
    return null;
  return disjoint({
    prompt: count(tokens["promptTokens"]),
    cacheRead: count(tokens["cacheReadInputTokens"]),
    cacheWrite: count(tokens["cacheCreationInputTokens"]),
    output: count(tokens["completionTokens"]),
    reasoning: count(tokens["reasoningTokens"]),
    cost: request["totalCostUsd"],
  });
}

/** `data` of OpenRouter's `/generation`. */
export function readGeneration(value: unknown): Usage | null {
  const data = asFields(asFields(value)["data"]);
  if (typeof data["id"] !== "string") return null;
  return disjoint({
    prompt: count(data["native_tokens_prompt"] ?? data["tokens_prompt"]),
    cacheRead: count(data["native_tokens_cached"]),
    cacheWrite: 0,
    output: count(data["native_tokens_completion"] ?? data["tokens_completion"]),
    reasoning: count(data["native_tokens_reasoning"]),
    cost: data["total_cost"],
  });
}

type Counts = {
  prompt: number;
  cacheRead: number;
  cacheWrite: number;
  cacheWrite1h?: unknown;
  output: number;
  reasoning: number;
  image?: unknown;
  audioIn?: unknown;
  audioOut?: unknown;
  searches?: unknown;
  cost: unknown;
};

function disjoint(counts: Counts): Usage {
  const { prompt, output, cost } = counts;
  const read = Math.min(counts.cacheRead, prompt);
  const write = Math.min(counts.cacheWrite, prompt - read);
  const input = prompt - read - write;
  // Sound and images that were read from the cache are paid as that.
  const audioIn = Math.min(count(counts.audioIn), input);
  const reasoning = Math.min(counts.reasoning, output);
  return {
    inputTokens: input,
    cacheReadTokens: read,
    cacheWriteTokens: write,
    ...(counts.cacheWrite1h !== undefined && {
      cacheWrite1hTokens: Math.min(count(counts.cacheWrite1h), write),
    }),
    ...(isTold(counts.audioIn) && { audioInTokens: audioIn }),
    ...(isTold(counts.image) && { imageTokens: Math.min(count(counts.image), input - audioIn) }),
    outputTokens: output,
    reasoningTokens: reasoning,
    ...(isTold(counts.audioOut) && { audioOutTokens: Math.min(count(counts.audioOut), output - reasoning) }),
    ...(isTold(counts.searches) && { webSearches: count(counts.searches) }),
    costAtto: attoOrNull(cost),
  };
}

const isTold = (value: unknown): boolean => Number.isSafeInteger(value);

/** A number, or an exact decimal as text. */
export function attoOrNull(cost: unknown): bigint | null {
  if (typeof cost === "string") return /^\d{1,9}(\.\d{1,18})?$/.test(cost) ? parseAtto(cost) : null;
  return typeof cost === "number" && cost >= 0 && cost < 1e9 ? attoOf(cost) : null;
}

/** The shortest decimal that names this number, rounded up where it is finer than 10⁻¹⁸. */
function attoOf(cost: number): bigint {
  try {
    return parseAtto(String(cost));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return BigInt(Math.ceil(cost * 1e18));
  }
}
