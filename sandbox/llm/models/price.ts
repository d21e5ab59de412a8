/**
 * Exact money arithmetic for the bill. A price is a decimal string in USD per token; every amount is held as
 * a bigint of 10⁻¹² USD, finer than any published price of one token, so sums never round; nine million USD fit
 * the integers of the books.
 */
const DIGITS = 12;

/** Units of 10⁻¹² USD in the decimal `text`. Throws for anything finer or not a plain decimal. */
export function parseUsd(text: string): bigint {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(text);
  if (!match) throw new Error(`not a decimal price: ${text}`);
  const fraction = (match[2] ?? "").replace(/0+$/, "");
  if (fraction.length > DIGITS) throw new Error(`price finer than 1e-${DIGITS} USD: ${text}`);
  return BigInt(match[1] + fraction.padEnd(DIGITS, "0"));
}

/** The shortest plain decimal of an amount; it is valid JSON, so it can be emitted as a number unrounded. */
export function formatUsd(amount: bigint): string {
  const digits = amount.toString().padStart(DIGITS + 1, "0");
  const fraction = digits.slice(-DIGITS).replace(/0+$/, "");
  return digits.slice(0, -DIGITS) + (fraction === "" ? "" : `.${fraction}`);
}

/** Without a price of its own a token that is written to the cache costs what any other does. */
export type Rates = {
  prompt: bigint;
  completion: bigint;
  cacheRead: bigint;
  cacheWrite?: bigint;
  /** Of tokens that are kept for an hour. */
  cacheWrite1h?: bigint;
  /** Those without a price cost nothing beside their tokens, or what any other token does. */
  request?: bigint;
  image?: bigint;
  imageToken?: bigint;
  audioIn?: bigint;
  audioOut?: bigint;
  webSearch?: bigint;
  /** Over these where the prompt is longer, or the call begins in a time of the UTC day; the later ones win. */
  overrides?: readonly Override[];
};
/** As `/models` lists it: the times are numbers of four digits, and the end is no part of them. */
export type Override = {
  min_prompt_tokens?: number;
  utc_start?: number;
  utc_end?: number;
  prompt?: string;
  completion?: string;
  input_cache_read?: string;
};
export type Counts = {
  prompt: number;
  cached: number;
  completion: number;
  written?: number;
  writtenHour?: number;
  images?: number;
  imageTokens?: number;
  audioIn?: number;
  audioOut?: number;
  searches?: number;
};

/**
 * What the counts cost. `prompt` includes `cached`, `written`, `imageTokens` and `audioIn`, `written` what is kept for an hour,
 * `completion` `audioOut`; each token is priced once.
 */
export function costOf(
  standing: Rates,
  counts: Counts,
  beganMs: number,
): { prompt: bigint; completion: bigint; total: bigint } {
  const rates = overridden(standing, counts.prompt, new Date(beganMs));
  const { written = 0, writtenHour = 0, images = 0, imageTokens = 0, audioIn = 0, audioOut = 0 } = counts;
  const writing = rates.cacheWrite ?? rates.prompt;
  const text = counts.prompt - counts.cached - written - imageTokens - audioIn;
  const prompt =
    rates.prompt * BigInt(text) +
    rates.cacheRead * BigInt(counts.cached) +
    writing * BigInt(written - writtenHour) +
    (rates.cacheWrite1h ?? writing) * BigInt(writtenHour) +
    (rates.imageToken ?? rates.prompt) * BigInt(imageTokens) +
    (rates.audioIn ?? rates.prompt) * BigInt(audioIn) +
    (rates.image ?? 0n) * BigInt(images);
  const completion =
    rates.completion * BigInt(counts.completion - audioOut) +
    (rates.audioOut ?? rates.completion) * BigInt(audioOut);
  const others = (rates.request ?? 0n) + (rates.webSearch ?? 0n) * BigInt(counts.searches ?? 0);
  return { prompt, completion, total: prompt + completion + others };
}

function overridden(rates: Rates, promptTokens: number, began: Date): Rates {
  const now = began.getUTCHours() * 100 + began.getUTCMinutes();
  let { prompt, completion, cacheRead } = rates;
  for (const each of rates.overrides ?? []) {
    const { min_prompt_tokens: least = -1, utc_start: start = 0, utc_end: end = 2400 } = each;
    const inTime = start < end ? start <= now && now < end : start <= now || now < end;
    if (promptTokens <= least || !inTime) continue;
    prompt = each.prompt === undefined ? prompt : parseUsd(each.prompt);
    completion = each.completion === undefined ? completion : parseUsd(each.completion);
    cacheRead = each.input_cache_read === undefined ? cacheRead : parseUsd(each.input_cache_read);
  }
  return { ...rates, prompt, completion, cacheRead };
}
