/** What each line costs, and what counts cost by them. Pure. */
import { formatAtto, parseAtto } from "../../../platform/money.ts";
import type { Usage } from "../../../vendors/llm/index.ts";
import type { Lines } from "./lines.ts";

/** In 10⁻¹⁸ USD per token, request, second of sound, image or search. */
export type Rates = {
  input: bigint;
  output: bigint;
  cacheRead: bigint;
  cacheWrite: bigint;
  /** Kept for an hour; null: as any written one. */
  cacheWrite1h: bigint | null;
  /** Null: as any other of the output. */
  reasoning: bigint | null;
  request: bigint;
  audioSecond: bigint;
  /** Beside its tokens; null: those alone. */
  image: bigint | null;
  /** Null: as any other of the input. */
  imageToken: bigint | null;
  /** Null: no sound is taken. */
  audioIn: bigint | null;
  /** Null: nothing is spoken. */
  audioOut: bigint | null;
  /** Null: none is made. */
  webSearch: bigint | null;
};

const HUNDRED = 100n;

/** `atto` and so many percent on top, rounded up to 10⁻¹⁸ USD. */
export function markUp(atto: bigint, percent: bigint): bigint {
  return percent === 0n ? atto : (atto * (HUNDRED + percent) + HUNDRED - 1n) / HUNDRED;
}

/** Our names of the lines, and how lists and receipts call them. */
const NAMES = {
  input: "input",
  output: "output",
  cacheRead: "cache_read",
  cacheWrite: "cache_write",
  cacheWrite1h: "cache_write_1h",
  reasoning: "reasoning",
  request: "request",
  audioSecond: "audio_second",
  image: "image",
  imageToken: "image_token",
  audioIn: "audio_in",
  audioOut: "audio_out",
  webSearch: "web_search",
} as const satisfies Record<keyof Rates, keyof Lines>;
const KEYS = Object.keys(NAMES) as (keyof Rates)[];

/** Lines that a price may lack, and the one that then counts; null: nothing does. */
const OTHERWISE = {
  cacheWrite1h: "cacheWrite",
  reasoning: "output",
  image: null,
  imageToken: "input",
  audioIn: "input",
  audioOut: "output",
  webSearch: null,
} as const satisfies Partial<Record<keyof Rates, keyof Rates | null>>;
type Own = keyof typeof OTHERWISE;
const NONE_OF_THEIR_OWN = Object.fromEntries(Object.keys(OTHERWISE).map((key) => [key, null])) as Record<
  Own,
  null
>;

export const parsedSome = (lines: Partial<Lines>): Partial<Rates> =>
  Object.fromEntries(
    KEYS.flatMap((key) => {
      const usd = lines[NAMES[key]];
      return usd === undefined ? [] : [[key, parseAtto(usd)]];
    }),
  );
export const parsed = (lines: Lines): Rates => ({ ...NONE_OF_THEIR_OWN, ...parsedSome(lines) }) as Rates;

export const markedUp = <R extends Partial<Rates>>(rates: R, percent: bigint): R =>
  Object.fromEntries(
    Object.entries(rates).map(([key, atto]) => [key, atto === null ? null : markUp(atto, percent)]),
  ) as R;

export const formatted = <R extends Partial<Rates>>(rates: R): Partial<Lines> =>
  Object.fromEntries(
    KEYS.flatMap((key) => {
      const atto = rates[key] ?? undefined;
      return atto === undefined ? [] : [[NAMES[key], formatAtto(atto)]];
    }),
  );

/** Each token is priced once. */
export function sumOf(rates: Rates, usage: Usage): bigint {
  return (
    rates.request +
    within(rates.input, usage.inputTokens, [
      [rates.imageToken, usage.imageTokens],
      [rates.audioIn, usage.audioInTokens],
    ]) +
    rates.cacheRead * BigInt(usage.cacheReadTokens) +
    within(rates.cacheWrite, usage.cacheWriteTokens, [[rates.cacheWrite1h, usage.cacheWrite1hTokens]]) +
    within(rates.output, usage.outputTokens, [
      [rates.reasoning, usage.reasoningTokens],
      [rates.audioOut, usage.audioOutTokens],
    ]) +
    soundCost(rates, usage.audioMs ?? 0) +
    (rates.image ?? 0n) * BigInt(usage.images ?? 0) +
    (rates.webSearch ?? 0n) * BigInt(usage.webSearches ?? 0)
  );
}

/** So many tokens, of which some may have a price of their own. */
function within(
  rate: bigint,
  tokens: number,
  parts: readonly (readonly [own: bigint | null, some: number | undefined])[],
): bigint {
  return parts.reduce(
    (sum, [own, some = 0]) => (own === null || some === 0 ? sum : sum + (own - rate) * BigInt(some)),
    rate * BigInt(tokens),
  );
}

const MS = 1_000n;

/** What so many milliseconds of sound cost, rounded up to 10⁻¹⁸ USD. */
const soundCost = ({ audioSecond }: Rates, ms: number): bigint => (audioSecond * BigInt(ms) + MS - 1n) / MS;

/** The most of everything that a call can use. */
export type Most = {
  promptTokens: number;
  outputTokens: number;
  audioMs?: number | undefined;
  /** Of the prompt. */
  prompt?: {
    keepsHour: boolean;
    images?: number;
    /** Of its tokens. */
    imageTokens?: number;
    audioTokens?: number;
  };
  /** It may be spoken. */
  speaks?: boolean;
  /** Of the web, and the tokens that are read on top because of them. */
  searches?: number;
  foundTokens?: number;
};

/** All tokens that are read, those that a search finds included. */
export const readTokens = ({ promptTokens, foundTokens = 0 }: Most): number => promptTokens + foundTokens;

/** The same at one tier. */
export function mostOf(rates: Rates, most: Most): bigint {
  const { outputTokens, audioMs = 0, searches = 0, speaks = false } = most;
  const { keepsHour = false, images = 0, imageTokens = 0, audioTokens = 0 } = most.prompt ?? {};
  const input = dearestInput(rates, keepsHour);
  return (
    rates.request +
    input * BigInt(readTokens(most)) +
    above(rates.imageToken, input) * BigInt(imageTokens) +
    above(rates.audioIn, input) * BigInt(audioTokens) +
    (rates.image ?? 0n) * BigInt(images) +
    dearestOutput(rates, speaks) * BigInt(outputTokens) +
    soundCost(rates, audioMs) +
    (rates.webSearch ?? 0n) * BigInt(searches)
  );
}

/** Of the kinds that a token of a prompt's text can be; kept for an hour only where that is asked for. */
const dearestInput = (rates: Rates, keepsHour: boolean): bigint =>
  [rates.cacheRead, rates.cacheWrite, (keepsHour && rates.cacheWrite1h) || 0n].reduce(larger, rates.input);
/** The same of an answer; spoken only where that is asked for. */
export const dearestOutput = ({ output, reasoning, audioOut }: Rates, speaks: boolean): bigint =>
  [reasoning ?? 0n, (speaks && audioOut) || 0n].reduce(larger, output);

export const dearerRates = (a: Rates, b: Rates): Rates =>
  Object.fromEntries(KEYS.map((key) => [key, dearerOf(a, b, key)])) as Rates;

/** Who has no price of their own asks what the others cost. */
function dearerOf(a: Rates, b: Rates, key: keyof Rates): bigint | null {
  if (a[key] === null && b[key] === null) return null;
  return larger(a[key] ?? otherwise(a, key), b[key] ?? otherwise(b, key));
}

function otherwise(rates: Rates, key: keyof Rates): bigint {
  const other = OTHERWISE[key as Own];
  return other === null ? 0n : rates[other];
}

export const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const above = (own: bigint | null, other: bigint): bigint => (own === null || own < other ? 0n : own - other);

export const NOTHING: Rates = {
  input: 0n,
  output: 0n,
  cacheRead: 0n,
  cacheWrite: 0n,
  request: 0n,
  audioSecond: 0n,
  ...NONE_OF_THEIR_OWN,
};
