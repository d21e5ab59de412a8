/** The most that a call can cost, without a tokenizer. Pure. */
import { ATTO_PER_MICRO, microsCeil } from "../../../../platform/money.ts";
import type { PricedModel } from "../../models/catalogue.ts";
import { reachable, worstCost } from "../../models/price.ts";
import { dearestOutput, mostOf, readTokens } from "../../models/rates.ts";
import { bad, isFields, unpriced, type Chat, type Fields } from "../chat.ts";
import { soundBound } from "./sound.ts";

/** Everything that reaches the model as text, and what else counts as prompt. */
export type Prompt = {
  texts: string[];
  /** UTF-8 bytes of `texts`; no tokenizer makes more tokens of them. */
  textBytes: number;
  /** Tokens on top: 16 per message, structure of schemas, images at the model's cap. */
  otherTokens: number;
  /** Something asks to be kept in the provider's cache for an hour. */
  keepsHour: boolean;
  images: number;
  /** Of the tokens on top. */
  imageTokens: number;
  audioTokens: number;
};

export type Bound = {
  prompt: Prompt;
  /** When the call begins, which some prices depend on. */
  at: Date;
  promptTokens: number;
  /** Of one choice; sent upstream as the maximum. */
  maxTokens: number;
  /** Of all choices. */
  outputTokens: number;
  /** Milliseconds of sound that are paid by the second. */
  audioMs?: number;
  /** The answer may be spoken. */
  speaks?: boolean;
  /** Of the web, of all choices, and the tokens that are read on top because of them. */
  searches?: number;
  foundTokens?: number;
  micros: bigint;
  /** The maximum is lower than the call asks for, so that it can be paid. */
  fitted?: true;
};

export const PER_MESSAGE = 16;
/** What a message takes beside its texts, as OpenAI counts it, and what the beginning of an answer takes. */
export const TYPICAL_PER_MESSAGE = 4;
const BEGINNING = 3;
/** Quotes, colon, comma and the like around a member of a schema. */
const PER_MEMBER = 6;
const DEFAULT_MAX_TOKENS = 16_384;
/** A tokenizer other than the model's own may count less than the model's. */
const FOREIGN_TOKENIZER = 1.1;
/** What one search finds, as far as models are given it to read. */
const FOUND_TOKENS = 16_384;

/** Bounds the cost of a call that begins then by the bytes of the prompt and the maximum of the answer. */
export function boundCost(chat: Chat, model: PricedModel, at: Date): Bound {
  if (chat.sound) {
    const { otherTokens, ...rest } = soundBound(chat, chat.sound, model);
    const prompt = { ...emptyPrompt(), otherTokens };
    return withPrompt(model, otherTokens, { prompt, at, maxTokens: 0, ...rest });
  }
  const prompt = promptOf(chat, model);
  const limit = chat.maxTokens ?? DEFAULT_MAX_TOKENS;
  const maxTokens = Math.min(limit, model.maxOutputTokens);
  return withPrompt(model, prompt.textBytes + prompt.otherTokens, {
    prompt,
    at,
    maxTokens,
    outputTokens: maxTokens * chat.choices,
    ...(chat.speaks !== undefined && { speaks: true }),
    ...(chat.search && { searches: chat.search.most * chat.choices }),
  });
}

/** The same with the texts counted by a tokenizer. */
export function tightenBound(bound: Bound, model: PricedModel, countedTokens: number): Bound {
  const tokens = Math.min(Math.ceil(countedTokens * FOREIGN_TOKENIZER), bound.prompt.textBytes);
  return withPrompt(model, tokens + bound.prompt.otherTokens, bound);
}

/** Told by our tokenizer: beyond doubt, since others than OpenAI's may count less. */
export const isBeyondWindow = ({ id, contextLength }: PricedModel, countedTokens: number): boolean =>
  countedTokens > contextLength * (id.startsWith("openai/") ? 1 : FOREIGN_TOKENIZER);

/** A fitted answer has at least so many tokens a choice. */
export const LEAST_FITTED_TOKENS = 256;

/** The same with an answer so short that it can be paid; null when that would be less than 256 tokens. */
export function fitBound(bound: Bound, model: PricedModel, availableMicros: bigint): Bound | null {
  if (bound.maxTokens === 0) return null;
  const choices = bound.outputTokens / bound.maxTokens;
  const available = availableMicros * ATTO_PER_MICRO;
  let maxTokens = bound.maxTokens;
  for (const price of reachable(model.price, readTokens(bound), bound.at)) {
    const perToken = dearestOutput(price, bound.speaks ?? false) * BigInt(choices);
    const left = available - mostOf(price, { ...bound, outputTokens: 0 });
    if (left < 0n) return null;
    if (perToken > 0n && left / perToken < maxTokens) maxTokens = Number(left / perToken);
  }
  if (maxTokens < LEAST_FITTED_TOKENS || maxTokens >= bound.maxTokens) return null;
  const rest = { ...bound, maxTokens, outputTokens: maxTokens * choices };
  return { ...withPrompt(model, bound.promptTokens, rest), fitted: true };
}

/** Tokens of a chat's prompt beside its texts, most likely. */
export const framesOf = ({ task, body }: Pick<Chat, "task" | "body">): number =>
  task === "chat" ? (body["messages"] as unknown[]).length * TYPICAL_PER_MESSAGE + BEGINNING : 0;

/** UTF-8 bytes of one token, as texts go. */
const BYTES_PER_TOKEN = 4;

/** How many tokens a call may take, for rates that are put right when it has ended. */
export const guessTokens = ({ prompt, outputTokens }: Bound): number =>
  Math.ceil(prompt.textBytes / BYTES_PER_TOKEN) + prompt.otherTokens + outputTokens;

/** What remains when the prompt costs nothing: a call that cannot even pay this needs no count. */
export function outputMicros(bound: Bound, model: PricedModel): bigint {
  return microsCeil(worstCost(model.price, { ...bound, promptTokens: 0, foundTokens: 0 }, bound.at));
}

/** With each search the whole prompt is read again and all that was found, as far as there is room in the window. */
function foundTokens(promptTokens: number, searches: number, { contextLength }: PricedModel): number {
  let tokens = 0;
  for (let made = 1; made <= searches; made += 1)
    tokens += Math.max(Math.min(promptTokens + made * FOUND_TOKENS, contextLength), promptTokens);
  return tokens;
}

function withPrompt(
  model: PricedModel,
  promptTokens: number,
  rest: Omit<Bound, "promptTokens" | "foundTokens" | "micros">,
): Bound {
  const { searches = 0 } = rest;
  const read = { promptTokens, foundTokens: foundTokens(promptTokens, searches, model) };
  const micros = microsCeil(worstCost(model.price, { ...rest, ...read }, rest.at));
  return { ...rest, ...read, micros: micros > 0n ? micros : 1n };
}

const emptyPrompt = (): Prompt => ({
  texts: [],
  textBytes: 0,
  otherTokens: 0,
  keepsHour: false,
  images: 0,
  imageTokens: 0,
  audioTokens: 0,
});

function promptOf(chat: Chat, model: PricedModel): Prompt {
  const prompt = emptyPrompt();
  if (chat.task === "embedding") return addInput(prompt, chat.body["input"]);
  for (const [at, message] of (chat.body["messages"] as Fields[]).entries()) {
    prompt.otherTokens += PER_MESSAGE;
    for (const [name, value] of Object.entries(message)) {
      if (name === "role") continue;
      // What it said itself is heard again.
      if (name === "audio" && isFields(value)) addSound(prompt, model, `/messages/${at}/audio`);
      if (name === "content" && Array.isArray(value))
        addParts(prompt, value, model, `/messages/${at}/content`);
      else addValue(prompt, value);
    }
  }
  for (const name of ["tools", "functions", "response_format", "tool_choice", "cache_control"])
    addValue(prompt, chat.body[name]);
  return prompt;
}

/** A text, the tokens of one, or several of either. */
function addInput(prompt: Prompt, input: unknown): Prompt {
  if (typeof input === "string") addValue(prompt, input);
  else if (typeof input === "number") prompt.otherTokens += 1;
  else if (Array.isArray(input)) for (const each of input as unknown[]) addInput(prompt, each);
  return prompt;
}

function addParts(prompt: Prompt, parts: readonly Fields[], model: PricedModel, pointer: string): void {
  for (const [at, part] of parts.entries()) {
    switch (part["type"]) {
      case "image_url":
        if (model.imageTokens === null)
          bad(`${pointer}/${at}`, "is an image, which this model does not take");
        prompt.images += 1;
        prompt.imageTokens += model.imageTokens as number;
        prompt.otherTokens += model.imageTokens as number;
        addValue(prompt, part["cache_control"]);
        break;
      case "input_audio":
        if (!isFields(part["input_audio"]) || typeof part["input_audio"]["data"] !== "string")
          bad(`${pointer}/${at}/input_audio`, "must hold data and format");
        addSound(prompt, model, `${pointer}/${at}`);
        break;
      case "text":
      case "refusal":
        for (const [name, value] of Object.entries(part)) if (name !== "type") addValue(prompt, value);
        break;
      default:
        unpriced(`${pointer}/${at}/type`);
    }
  }
}

function addSound(prompt: Prompt, { audioTokens }: PricedModel, pointer: string): void {
  if (audioTokens === null) return bad(pointer, "is sound, which this model does not take");
  prompt.audioTokens += audioTokens;
  prompt.otherTokens += audioTokens;
}

/** All texts in a value. Its depth and number of members were bounded before it was parsed. */
function addValue(prompt: Prompt, value: unknown): void {
  if (typeof value === "string") {
    prompt.texts.push(value);
    prompt.textBytes += Buffer.byteLength(value);
  } else if (Array.isArray(value)) {
    for (const each of value) {
      prompt.otherTokens += 1;
      addValue(prompt, each);
    }
  } else if (isFields(value)) {
    for (const [name, each] of Object.entries(value)) {
      prompt.otherTokens += PER_MEMBER;
      addValue(prompt, name);
      addValue(prompt, each);
      if (name === "ttl" && each === "1h") prompt.keepsHour = true;
    }
  } else if (value !== undefined) prompt.otherTokens += String(value).length;
}
