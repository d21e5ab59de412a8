import { hash } from "node:crypto";
import type { World } from "../../core/company.ts";
import type { Chat, Message } from "../request.ts";
import { countText } from "./tokens.ts";

/** OpenAI's own accounting: each message costs 3 tokens and its role 1, the answer's beginning 3. */
const PER_MESSAGE = 4;
const PER_ANSWER = 3;
/** Tokens charged for an image, whatever its size. */
const PER_IMAGE = 85;

/** Prompts from this size are kept for prefix reads, in steps of 128 tokens, for 5 minutes of world time. */
const CACHE_FROM = 1_024;
const CACHE_STEP = 128;
const CACHE_MS = 5 * 60_000;
const HOUR_MS = 60 * 60_000;
/** Prefixes remembered per world. */
const KEPT_PREFIXES = 10_000;

export type PromptTokens = {
  prompt: number;
  cached: number;
  written?: number;
  writtenHour?: number;
  images?: number;
  /** Of `prompt`. */
  imageTokens?: number;
  audioIn?: number;
  /** Of the web; their results are in `prompt`. */
  searches?: number;
};

function textsOf(chat: Chat): string[] {
  const texts = chat.messages.flatMap(({ text, thought }) =>
    thought === undefined ? [text] : [text, thought],
  );
  if (chat.toolsText !== "") texts.push(chat.toolsText);
  if (chat.format.kind === "schema") texts.push(chat.format.text);
  return texts;
}

function extrasOf(message: Message, limit: number): number | Promise<number> {
  let fixed = PER_MESSAGE + message.images * PER_IMAGE + message.sound + (message.name === null ? 0 : 1);
  if (message.toolCalls.length === 0) return fixed;
  const text = message.toolCalls
    .map((call) => `${call.function.name}\n${call.function.arguments}`)
    .join("\n");
  fixed += 2 * message.toolCalls.length;
  const counted = countText(text, limit);
  return typeof counted === "number" ? counted + fixed : counted.then((count) => count + fixed);
}

/** Tokens of the whole prompt; a promise only when something in it is long. Beyond the window it stops counting. */
export function countPrompt(world: World, chat: Chat): PromptTokens | Promise<PromptTokens> {
  const limit = chat.model.contextLength;
  const parts = [
    ...chat.messages.map((message) => extrasOf(message, limit)),
    ...textsOf(chat).map((text) => countText(text, limit)),
  ];
  const finish = (counts: readonly number[]): PromptTokens => {
    const prompt = counts.reduce((sum, count) => sum + count, PER_ANSWER);
    const others = othersOf(chat);
    return chat.mark
      ? { prompt, ...readMark(world, chat.mark, prompt), ...others }
      : { prompt, cached: readCache(world, chat, prompt), ...others };
  };
  return parts.every((part) => typeof part === "number") ? finish(parts) : Promise.all(parts).then(finish);
}

/** What of the prompt is no text. */
function othersOf({ messages }: Chat): Pick<PromptTokens, "images" | "imageTokens" | "audioIn"> {
  const images = messages.reduce((sum, message) => sum + message.images, 0);
  const audioIn = messages.reduce((sum, message) => sum + message.sound, 0);
  return {
    ...(images > 0 && { images, imageTokens: images * PER_IMAGE }),
    ...(audioIn > 0 && { audioIn }),
  };
}

type Prefix = { tokens: number; until: number };

/**
 * Tokens read from the provider's prefix cache. A prefix is a whole number of messages, weighed by its share of
 * the prompt's bytes; every prefix of this prompt is then kept for the next one.
 */
function readCache(world: World, chat: Chat, prompt: number): number {
  if (!chat.model.cachesPrefixes || prompt < CACHE_FROM) return 0;
  let cache = world.memory.get("llm.prefixes") as Map<string, Prefix> | undefined;
  if (cache === undefined) world.memory.set("llm.prefixes", (cache = new Map<string, Prefix>()));
  const now = world.clock.now();
  const sizes = chat.messages.map((message) => Buffer.byteLength(message.text) + 16);
  const whole = sizes.reduce((sum, size) => sum + size, 0);
  let key = hash("sha1", `${chat.model.id}\n${chat.toolsText}`);
  let bytes = 0;
  let cached = 0;
  for (const [at, message] of chat.messages.entries()) {
    key = hash("sha1", `${key}\n${message.role}\n${message.text}`);
    bytes += sizes[at] ?? 0;
    const tokens = Math.floor((prompt * bytes) / whole / CACHE_STEP) * CACHE_STEP;
    if (tokens < CACHE_FROM) continue;
    const known = cache.get(key);
    if (known !== undefined && known.until > now) cached = Math.min(known.tokens, tokens);
    cache.delete(key);
    cache.set(key, { tokens, until: now + CACHE_MS });
  }
  while (cache.size > KEPT_PREFIXES) cache.delete(cache.keys().next().value ?? "");
  return Math.min(cached, Math.floor((prompt - 1) / CACHE_STEP) * CACHE_STEP);
}

/** A marked beginning is read while it is kept, for 5 minutes or an hour, else written; a short one is neither. */
function readMark(
  world: World,
  { text, share, hour }: NonNullable<Chat["mark"]>,
  prompt: number,
): Omit<PromptTokens, "prompt"> {
  const tokens = Math.floor(prompt * share);
  if (tokens < CACHE_FROM) return { cached: 0 };
  let cache = world.memory.get("llm.marks") as Map<string, number> | undefined;
  if (cache === undefined) world.memory.set("llm.marks", (cache = new Map<string, number>()));
  const key = hash("sha1", text);
  const now = world.clock.now();
  const kept = (cache.get(key) ?? 0) > now;
  cache.delete(key);
  cache.set(key, now + (hour ? HOUR_MS : CACHE_MS));
  while (cache.size > KEPT_PREFIXES) cache.delete(cache.keys().next().value ?? "");
  return kept ? { cached: tokens } : { cached: 0, written: tokens, ...(hour && { writtenHour: tokens }) };
}
