/** What a model call cost and why, as it is signed. Pure: `bin/verify-receipt` recomputes it without a database. */
import { canonicalJson } from "../../../platform/crypto/index.ts";
import { ATTO_PER_MICRO, formatAtto, parseAtto } from "../../../platform/money.ts";

export const VERSION = 1;

type Counts = {
  input_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
  output_tokens: number;
  reasoning_tokens: number;
  /** Of sound that was paid by the second. */
  audio_ms: number;
};
/** Exact decimals in USD, per token, per request or per second of sound. */
export type Prices = {
  input: string;
  output: string;
  cache_read: string;
  cache_write: string;
  request: string;
  audio_second: string;
};
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
/** `quantity`: tokens, requests, or milliseconds of sound. */
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
  /** Counts × prices; each token is in one line. */
  lines: ReceiptLine[];
  table_usd: string;
  /**
   * `table`: what the lines add up to; `provider`: the provider's own figure; `cache`: a share of what the answer cost when it
   * was first given; `nothing`: no charge.
   */
  cost_from: "table" | "provider" | "cache" | "nothing";
  cost_usd: string;
  /** In micro-credits of USD 10⁻⁸: paid, and borne by the house; a fraction is carried to the account's next settlement. */
  cost_micros: number;
  written_off_micros: number;
  hold: { id: string; amount_micros: number };
  txn_id: string | null;
};

const COUNTED = [
  "input_tokens",
  "cache_read_tokens",
  "cache_write_tokens",
  "output_tokens",
  "reasoning_tokens",
  "audio_ms",
] as const;
const LINES = [
  ["input", "input_tokens"],
  ["cache_read", "cache_read_tokens"],
  ["cache_write", "cache_write_tokens"],
  ["output", "output_tokens"],
  ["audio_second", "audio_ms"],
] as const;

const MS = 1_000n;

/** A price is per token; that of a second is for a thousand of its quantity, and rounded up to 10⁻¹⁸ USD. */
function amountOf(line: string, quantity: number, price: string): string {
  const whole = parseAtto(price) * BigInt(quantity);
  return formatAtto(line === "audio_second" ? (whole + MS - 1n) / MS : whole);
}

/** Lines of these counts at these prices, without those of nothing. */
export function linesOf(counts: Counts, prices: Prices): ReceiptLine[] {
  const line = (name: string, quantity: number, price: string): ReceiptLine => ({
    line: name,
    quantity,
    price_usd: price,
    amount_usd: amountOf(name, quantity, price),
  });
  return [
    line("request", 1, prices.request),
    ...LINES.map(([name, count]) => line(name, counts[count], prices[name])),
  ].filter(({ quantity, amount_usd: amount }) => quantity > 0 && amount !== "0");
}

const sumUsd = (amounts: readonly string[]): bigint =>
  amounts.reduce((sum, amount) => sum + parseAtto(amount), 0n);

export function arithmeticOf(
  attempts: readonly ReceiptAttempt[],
  prices: Prices,
  cached = false,
): Pick<Receipt, "counts" | "lines" | "table_usd" | "cost_from" | "cost_usd"> {
  const counts = Object.fromEntries(
    COUNTED.map((name) => [name, attempts.reduce((sum, attempt) => sum + attempt[name], 0)]),
  ) as Counts;
  const lines = linesOf(counts, prices);
  const table = sumUsd(lines.map(({ amount_usd: amount }) => amount));
  const cost = sumUsd(attempts.map(({ cost_usd: amount }) => amount));
  return {
    counts,
    lines,
    table_usd: formatAtto(table),
    cost_from: cost === 0n ? "nothing" : cached ? "cache" : cost === table ? "table" : "provider",
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
  if (receipt.version !== VERSION) return [`version ${receipt.version} is not known here`];
  for (const name of COUNTED) {
    const sum = receipt.attempts.reduce((total, attempt) => total + attempt[name], 0);
    if (sum !== receipt.counts[name]) faults.push(`${name}: the attempts add up to ${sum}`);
  }
  for (const line of receipt.lines) {
    const amount = amountOf(line.line, line.quantity, line.price_usd);
    if (amount !== line.amount_usd)
      faults.push(`${line.line}: ${line.quantity} × ${line.price_usd} is ${amount}`);
    const count = LINES.find(([name]) => name === line.line)?.[1];
    if (count && receipt.counts[count] !== line.quantity)
      faults.push(`${line.line}: the counts say otherwise`);
  }
  const table = sumUsd(receipt.lines.map(({ amount_usd: amount }) => amount));
  if (formatAtto(table) !== receipt.table_usd) faults.push(`the lines add up to ${formatAtto(table)} USD`);
  const cost = sumUsd(receipt.attempts.map(({ cost_usd: amount }) => amount));
  if (formatAtto(cost) !== receipt.cost_usd) faults.push(`the attempts add up to ${formatAtto(cost)} USD`);
  if (receipt.cost_from === "table" && cost !== table)
    faults.push("the cost is not what the lines add up to");
  const paid = BigInt(receipt.cost_micros) + BigInt(receipt.written_off_micros);
  const apart = paid * ATTO_PER_MICRO - cost;
  if ((apart < 0n ? -apart : apart) >= CARRIED_MICROS * ATTO_PER_MICRO)
    faults.push(`${paid} micro-credits are not ${receipt.cost_usd} USD`);
  return faults;
}
