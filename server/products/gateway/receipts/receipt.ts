/** What a model call cost and why, as it is signed. Pure: `bin/verify-receipt` recomputes it without a database. */
import { canonicalJson } from "../../../platform/crypto/index.ts";
import { ATTO_PER_MICRO, formatAtto, parseAtto } from "../../../platform/money.ts";
import { markUp } from "../models/rates.ts";
import { COUNTS, eachCount, type Count, type Counts } from "../counts.ts";
import type { Line, Lines, OwnLine } from "../models/lines.ts";
import { linesFor, type TierText } from "../models/tiers/tier.ts";

export const VERSION = 4;
/** Receipts of these are recomputed as well: version 2 did not tell how long a written token is kept, 3 no images, sound or searches. */
const OLDEST = 2;
const SINCE: Partial<Record<Count, number>> = {
  cache_write_1h_tokens: 3,
  images: 4,
  image_tokens: 4,
  audio_in_tokens: 4,
  audio_out_tokens: 4,
  web_searches: 4,
};

/** What a call may have cost at its version of prices, markup included: the standing prices, and those of some calls alone. */
export type Prices = { prices: Lines; tiers: readonly TierText[]; markup_percent: number };
export type ReceiptAttempt = Counts & {
  id: string;
  created_at: string;
  provider: string;
  model_served: string;
  price_version: string;
  basis: string;
  outcome: string;
  /** What it adds to the cost; a correction holds the difference. */
  cost_usd: string;
};
/** `quantity`: tokens, requests, images, searches, or milliseconds of sound. */
export type ReceiptLine = { line: string; quantity: number; price_usd: string; amount_usd: string };

export type ReceiptCompression = {
  tokens_before: number;
  tokens_after: number;
  /** Paid for a summary, in a call of its own. */
  summary_cost_micros: number;
  /** Below zero where the summary pays off in later calls alone. */
  net_saving_micros: number;
};

export type Receipt = {
  version: number;
  request_id: string;
  organization_id: string;
  mode: string;
  key_id: string | null;
  user_id: string | null;
  project_id: string | null;
  endpoint: string;
  model: string;
  provider: string;
  price_version: string;
  state: string;
  outcome: string | null;
  basis: string | null;
  created_at: string;
  finished_at: string | null;
  /** How its prompt was shortened, by our own count; null: it was sent as it came. */
  compression: ReceiptCompression | null;
  attempts: ReceiptAttempt[];
  counts: Counts;
  /** In USD, with the markup in them. Of the tiers whose conditions hold the later ones win, line by line. */
  prices: Lines;
  tiers: TierText[];
  /** Which of them hold, by the size of the whole prompt and the UTC time at which the call began; null: none. */
  tier: string | null;
  /** What is put on top of the provider's prices, or of its own figure. */
  markup_percent: number;
  /** Counts × prices; each token is in one line. */
  lines: ReceiptLine[];
  table_usd: string;
  /**
   * `table`: what the lines add up to; `provider`: the provider's own figure with the markup on top; `cache`: a share of what the answer cost when it
   * was first given; `nothing`: no charge.
   */
  cost_from: "table" | "provider" | "cache" | "nothing";
  /** The provider's own figure where that was charged. */
  provider_usd: string | null;
  cost_usd: string;
  /** In micro-credits of USD 10⁻⁸: paid, and borne by the house; a fraction is carried to the account's next settlement. */
  cost_micros: number;
  written_off_micros: number;
  hold: { id: string; amount_micros: number };
  txn_id: string | null;
};

/** Tokens of a kind with a price of its own are in a line of their own. */
type Part = readonly [line: OwnLine, quantity: number];

/** How much of each line was used. */
function quantitiesOf(counts: Counts, prices: Lines): (readonly [Line, number, string])[] {
  const own = (line: OwnLine, quantity: number | undefined): (readonly [Line, number, string])[] => {
    const usd = prices[line];
    return usd === undefined ? [] : [[line, quantity ?? 0, usd]];
  };
  const whole = (line: Exclude<Line, OwnLine>, quantity: number, parts: readonly Part[]) => {
    const apart = parts.flatMap(([part, some]) => own(part, some));
    const rest = apart.reduce((sum, [, some]) => sum - some, quantity);
    return [[line, rest, prices[line]] as const, ...apart];
  };
  return [
    ["request", 1, prices.request],
    ...whole("input", counts.input_tokens, [
      ["image_token", counts.image_tokens],
      ["audio_in", counts.audio_in_tokens],
    ]),
    ["cache_read", counts.cache_read_tokens, prices.cache_read],
    ...whole("cache_write", counts.cache_write_tokens, [["cache_write_1h", counts.cache_write_1h_tokens]]),
    ...whole("output", counts.output_tokens, [
      ["reasoning", counts.reasoning_tokens],
      ["audio_out", counts.audio_out_tokens],
    ]),
    ["audio_second", counts.audio_ms, prices.audio_second],
    ...own("image", counts.images),
    ...own("web_search", counts.web_searches),
  ];
}

const MS = 1_000n;

/** A price is per token; that of a second is for a thousand of its quantity, and rounded up to 10⁻¹⁸ USD. */
function amountOf(line: string, quantity: number, price: string): string {
  const whole = parseAtto(price) * BigInt(quantity);
  return formatAtto(line === "audio_second" ? (whole + MS - 1n) / MS : whole);
}

/** All tokens of the prompt, wherever they were read from. */
const promptOf = (counts: Counts): number =>
  counts.input_tokens + counts.cache_read_tokens + counts.cache_write_tokens;

/** Lines of these counts at these prices, without those of nothing. */
function linesOf(counts: Counts, prices: Lines): ReceiptLine[] {
  return quantitiesOf(counts, prices)
    .map(([line, quantity, price_usd]) => ({
      line,
      quantity,
      price_usd,
      amount_usd: amountOf(line, quantity, price_usd),
    }))
    .filter(({ quantity, amount_usd: amount }) => quantity > 0 && amount !== "0");
}

const sumUsd = (amounts: readonly string[]): bigint =>
  amounts.reduce((sum, amount) => sum + parseAtto(amount), 0n);

const isFigure = (usd: string | null, percent: number, cost: bigint): boolean =>
  usd !== null && markUp(parseAtto(usd), BigInt(percent)) === cost;

/** `provider_usd`: the provider's own figure, where it gave one. */
export function arithmeticOf(
  call: Pick<Receipt, "created_at" | "attempts" | "provider_usd">,
  { prices, tiers, markup_percent }: Prices,
  cached = false,
) {
  const { attempts } = call;
  const counts = eachCount((name) => attempts.reduce((sum, attempt) => sum + attempt[name], 0));
  const counted = linesFor({ prices, tiers }, promptOf(counts), new Date(call.created_at));
  const lines = linesOf(counts, counted.prices);
  const table = sumUsd(lines.map(({ amount_usd: amount }) => amount));
  const cost = sumUsd(attempts.map(({ cost_usd: amount }) => amount));
  const from: Receipt["cost_from"] =
    cost === 0n ? "nothing" : cached ? "cache" : cost === table ? "table" : "provider";
  return {
    counts,
    prices,
    tiers: [...tiers],
    tier: counted.tier,
    markup_percent,
    lines,
    table_usd: formatAtto(table),
    cost_from: from,
    provider_usd:
      from === "provider" && isFigure(call.provider_usd, markup_percent, cost) ? call.provider_usd : null,
    cost_usd: formatAtto(cost),
  };
}

/** What is signed. */
export const bytesOf = (receipt: Receipt): Buffer => Buffer.from(canonicalJson(receipt));

/** A settlement takes whole micro-credits; each carries less than one over, a correction as well. */
const CARRIED_MICROS = 2n;

/** Recomputes a receipt from its own figures; what does not add up, in words. */
export function faultsOf(receipt: Receipt): string[] {
  const faults: string[] = [];
  const { version } = receipt;
  if (version < OLDEST || version > VERSION) return [`version ${version} is not known here`];
  for (const name of COUNTS) {
    if ((SINCE[name] ?? 0) > version) continue;
    const sum = receipt.attempts.reduce((total, attempt) => total + attempt[name], 0);
    if (sum !== receipt.counts[name]) faults.push(`${name}: the attempts add up to ${sum}`);
  }
  for (const line of receipt.lines) {
    const amount = amountOf(line.line, line.quantity, line.price_usd);
    if (amount !== line.amount_usd)
      faults.push(`${line.line}: ${line.quantity} × ${line.price_usd} is ${amount}`);
  }
  faults.push(...priceFaults(receipt));
  const table = sumUsd(receipt.lines.map(({ amount_usd: amount }) => amount));
  if (formatAtto(table) !== receipt.table_usd) faults.push(`the lines add up to ${formatAtto(table)} USD`);
  const cost = sumUsd(receipt.attempts.map(({ cost_usd: amount }) => amount));
  if (formatAtto(cost) !== receipt.cost_usd) faults.push(`the attempts add up to ${formatAtto(cost)} USD`);
  if (receipt.cost_from === "table" && cost !== table)
    faults.push("the cost is not what the lines add up to");
  if (receipt.provider_usd !== null) {
    const charged = markUp(parseAtto(receipt.provider_usd), BigInt(receipt.markup_percent));
    if (charged !== cost)
      faults.push(
        `${receipt.provider_usd} USD with ${receipt.markup_percent} % are ${formatAtto(charged)} USD`,
      );
  }
  const paid = BigInt(receipt.cost_micros) + BigInt(receipt.written_off_micros);
  const apart = paid * ATTO_PER_MICRO - cost;
  if ((apart < 0n ? -apart : apart) >= CARRIED_MICROS * ATTO_PER_MICRO)
    faults.push(`${paid} micro-credits are not ${receipt.cost_usd} USD`);
  return faults;
}

/** Whether the lines are what the counts make, priced as the size of the prompt and the beginning of the call have it. */
function priceFaults({ counts, created_at: at, lines, prices, tiers, tier }: Receipt): string[] {
  const counted = linesFor({ prices, tiers }, promptOf(counts), new Date(at));
  if (counted.tier !== tier) return [`the tier is ${counted.tier ?? "none"}`];
  const expected = linesOf(counts, counted.prices);
  const told = (some: readonly ReceiptLine[]) =>
    some.map(({ line, quantity, price_usd: usd }) => `${quantity} ${line} at ${usd}`).join(", ");
  return told(expected) === told(lines) ? [] : [`the lines are ${told(expected)}`];
}
