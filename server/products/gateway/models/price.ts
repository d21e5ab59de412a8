import { formatAtto, parseAtto } from "../../../platform/money.ts";
import { assert } from "../../../platform/problem.ts";
import type { Usage } from "../../../vendors/llm/index.ts";
import type { Lines } from "./lines.ts";
import { clockOf, holds, type Condition, type TierText } from "./tiers/tier.ts";

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

/** Prices that are put over the standing ones where its conditions hold. */
type Tier = Condition & { rates: Partial<Rates>; base: Partial<Rates> };

/** Prices of one model in one version, as callers pay them: the standing ones, and those of some calls alone. */
export type Price = Rates & {
  version: string;
  /** Counts are priced by this table whatever figure the provider names. */
  byTable: boolean;
  /** What callers pay on top of the provider's bill. */
  markupPercent: bigint;
  /** By a key of the caller's organization: nobody here is billed. */
  own?: true;
  /** As the provider lists them; the same without a markup. */
  base: Rates;
  /** The later ones win. */
  tiers: readonly Tier[];
  /** Whose dearest this is; absent where it is one provider's. */
  of?: readonly Price[];
};

/** As the provider's list has them, and what is put on top. */
export type PriceText = Lines & { tiers: readonly TierText[]; markup_percent: number };

const HUNDRED = 100n;

/** `atto` and so many percent on top, rounded up to 10⁻¹⁸ USD. */
export function markUp(atto: bigint, percent: bigint): bigint {
  return percent === 0n ? atto : (atto * (HUNDRED + percent) + HUNDRED - 1n) / HUNDRED;
}

export function parsePrice(version: string, text: PriceText, byTable = false): Price {
  const markupPercent = BigInt(text.markup_percent);
  const base = parsed(text);
  return {
    version,
    byTable,
    markupPercent,
    base,
    ...markedUp(base, markupPercent),
    tiers: text.tiers.map(({ prices, ...condition }) => {
      const listed = parsedSome(prices);
      return { ...condition, base: listed, rates: markedUp(listed, markupPercent) };
    }),
  };
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

const parsedSome = (lines: Partial<Lines>): Partial<Rates> =>
  Object.fromEntries(
    KEYS.flatMap((key) => {
      const usd = lines[NAMES[key]];
      return usd === undefined ? [] : [[key, parseAtto(usd)]];
    }),
  );
const parsed = (lines: Lines): Rates => ({ ...NONE_OF_THEIR_OWN, ...parsedSome(lines) }) as Rates;

const markedUp = <R extends Partial<Rates>>(rates: R, percent: bigint): R =>
  Object.fromEntries(
    Object.entries(rates).map(([key, atto]) => [key, atto === null ? null : markUp(atto, percent)]),
  ) as R;

const formatted = <R extends Partial<Rates>>(rates: R): Partial<Lines> =>
  Object.fromEntries(
    KEYS.flatMap((key) => {
      const atto = rates[key] ?? undefined;
      return atto === undefined ? [] : [[NAMES[key], formatAtto(atto)]];
    }),
  );

/** What callers pay, as exact decimals in USD. */
export function publishedText(price: Price): { prices: Lines; tiers: TierText[] } {
  return {
    prices: formatted(price) as Lines,
    tiers: price.tiers.map(({ above_prompt_tokens, from_utc, to_utc, rates }) => ({
      above_prompt_tokens,
      from_utc,
      to_utc,
      prices: formatted(rates),
    })),
  };
}

/** The one price of calls that begin then with a prompt of so many tokens, cached ones included. */
export function priceFor(price: Price, promptTokens: number, at: Date): Price {
  if (price.tiers.length === 0) return price;
  if (price.of) return price.of.map((each) => priceFor(each, promptTokens, at)).reduce(dearer);
  const clock = clockOf(at);
  const those = price.tiers.filter((tier) => holds(tier, promptTokens, clock));
  return Object.assign({}, price, ...those.map(({ rates }) => rates), {
    base: Object.assign({}, price.base, ...those.map(({ base }) => base)) as Rates,
    tiers: [],
  }) as Price;
}

/** The prices that a call may turn out to have which begins then, with a prompt of no more tokens than this. */
export function reachable(price: Price, promptTokens: number, at: Date): readonly Price[] {
  if (price.tiers.length === 0) return [price];
  const bounds = new Set(price.tiers.map(({ above_prompt_tokens: above }) => above ?? -1));
  const sizes = [
    0,
    ...[...bounds].filter((above) => above >= 0 && above < promptTokens).map((above) => above + 1),
  ];
  return sizes.map((size) => priceFor(price, size, at));
}

/** All tokens of a prompt, wherever they were read from. */
export const promptOf = (
  usage: Pick<Usage, "inputTokens" | "cacheReadTokens" | "cacheWriteTokens">,
): number => usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;

/** What these counts of a call that began then cost, as callers pay it. */
export const costOf = (price: Price, usage: Usage, at: Date): bigint =>
  sumOf(priceFor(price, promptOf(usage), at), usage);

/** The same as the provider bills it by its list. */
export const listedCostOf = (price: Price, usage: Usage, at: Date): bigint =>
  sumOf(priceFor(price, promptOf(usage), at).base, usage);

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

/**
 * The most that a call which begins then can cost: at the dearest tier that it can reach, each token of its prompt as the dearest
 * kind that it can be.
 */
export const worstCost = (price: Price, most: Most, at: Date): bigint =>
  reachable(price, most.promptTokens + (most.foundTokens ?? 0), at)
    .map((each) => mostOf(each, most))
    .reduce(larger);

/** The same at one tier. */
export function mostOf(rates: Rates, most: Most): bigint {
  const { promptTokens, outputTokens, audioMs = 0, searches = 0, foundTokens = 0, speaks = false } = most;
  const { keepsHour = false, images = 0, imageTokens = 0, audioTokens = 0 } = most.prompt ?? {};
  const input = dearestInput(rates, keepsHour);
  return (
    rates.request +
    input * BigInt(promptTokens + foundTokens) +
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

/** A price that none of these exceeds in any line; it bounds a call that any of them may serve. */
export function dearest(prices: readonly Price[]): Price {
  const [first, ...rest] = prices;
  assert(first, "somebody has a price");
  if (rest.length === 0) return first;
  const tiers = prices.flatMap((price) => price.tiers);
  return { ...rest.reduce(dearer, first), tiers, ...(tiers.length > 0 && { of: prices }) };
}

function dearer(a: Price, b: Price): Price {
  if (a === b) return a;
  return {
    version: a.version,
    byTable: a.byTable,
    markupPercent: larger(a.markupPercent, b.markupPercent),
    base: dearerRates(a.base, b.base),
    tiers: [],
    ...dearerRates(a, b),
  };
}

const dearerRates = (a: Rates, b: Rates): Rates =>
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

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const above = (own: bigint | null, other: bigint): bigint => (own === null || own < other ? 0n : own - other);

const NOTHING: Rates = {
  input: 0n,
  output: 0n,
  cacheRead: 0n,
  cacheWrite: 0n,
  request: 0n,
  audioSecond: 0n,
  ...NONE_OF_THEIR_OWN,
};

/** The price of a call by a key of the organization's own: it costs nothing here. */
export const ownPrice = ({ version }: Pick<Price, "version">): Price => ({
  version,
  byTable: true,
  markupPercent: 0n,
  own: true,
  base: NOTHING,
  tiers: [],
  ...NOTHING,
});
