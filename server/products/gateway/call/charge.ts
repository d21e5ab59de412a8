/** What a call costs, once the provider has said so or cannot say so. Pure. */
import type { Basis } from "../../../kernel/ledger/index.ts";
import type { Usage } from "../../../vendors/llm/index.ts";
import { costOf, listedCostOf, type Price } from "../models/price.ts";
import { markUp } from "../models/rates.ts";
import type { RelayEnd } from "./relay/outcome.ts";

export type Charge = {
  outcome: Outcome;
  basis: Basis;
  /** What the caller pays, in 10⁻¹⁸ USD. */
  costAtto: bigint;
  usage: Usage;
  /** What the provider bills us, where it says so. */
  providerCostAtto: bigint | null;
  /** The provider's books are asked again later. */
  askAgain: boolean;
};

/** The price of a call, and when it began. */
export type Priced = { price: Price; at: Date };

/** How a request ended, as its row says. */
export type Outcome =
  | "ok"
  | "empty"
  | "broken_off"
  | "disconnected"
  | "died"
  | "upstream_failed"
  | "upstream_timeout"
  | "no_provider_available"
  | "provider_refused_request";

/** Nothing was delivered, and not by the caller's doing: the caller pays nothing, the provider's bill is our loss. */
export const FREE: ReadonlySet<string> = new Set<Outcome>([
  "empty",
  "upstream_failed",
  "upstream_timeout",
  "no_provider_available",
  "provider_refused_request",
]);

export const NO_USAGE: Usage = {
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  costAtto: null,
};

/** All tokens of a call, as rates count them. */
export const tokensOf = (usage: Usage): number =>
  usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens + usage.outputTokens;

export function outcomeOf(end: RelayEnd): Outcome {
  if (end.end === "left") return "disconnected";
  if (end.end === "failed")
    return end.content ? "broken_off" : ((end.fault?.kind.code ?? "upstream_failed") as Outcome);
  return end.content || (end.usage?.outputTokens ?? 0) > 0 ? "ok" : "empty";
}

/** What we are billed: the provider's own figure, else counts × the price of a call that began then. */
export const billed = (price: Price, usage: Usage, at: Date): bigint =>
  price.own ? 0n : (usage.costAtto ?? listedCostOf(price, usage, at));

/**
 * What the caller pays for it: the bill with the markup on top, or counts × price where there is no bill or the operator
 * prefers the table.
 */
const charged = (price: Price, usage: Usage, at: Date): bigint =>
  price.byTable || usage.costAtto === null
    ? costOf(price, usage, at)
    : markUp(usage.costAtto, price.markupPercent);

/** A report of nothing for something: honoured, but looked up where that is possible. */
export function isSuspect({ price, at }: Priced, usage: Usage, content: boolean): boolean {
  const nothing = tokensOf(usage) === 0 && !usage.audioMs;
  return content && (nothing || (billed(price, usage, at) === 0n && costOf(price, usage, at) > 0n));
}

/** The charge for what the provider reports, in the stream (`reported`) or on asking (`reconciled`). */
export function chargeReported(
  { price, at }: Priced,
  outcome: Outcome,
  usage: Usage,
  basis: "reported" | "reconciled",
): Charge {
  return {
    outcome,
    basis,
    costAtto: FREE.has(outcome) ? 0n : charged(price, usage, at),
    usage,
    providerCostAtto: billed(price, usage, at),
    askAgain: false,
  };
}

/** What nobody pays of the provider's bill, as far as it is known, in 10⁻¹⁸ USD. */
export const lossOf = ({ outcome, providerCostAtto }: Charge): bigint =>
  FREE.has(outcome) ? (providerCostAtto ?? 0n) : 0n;

/** No charge. `askAgain` when there is a generation whose bill is our loss. */
export function chargeNothing(outcome: Outcome, askAgain: boolean): Charge {
  return { outcome, basis: "none", costAtto: 0n, usage: NO_USAGE, providerCostAtto: null, askAgain };
}

export function chargeEstimated(
  { price, at }: Priced,
  outcome: Outcome,
  used: { prompt: number; output: number } & Pick<
    Usage,
    "audioMs" | "images" | "audioInTokens" | "audioOutTokens" | "webSearches"
  >,
  askAgain: boolean,
): Charge {
  const { prompt, output, ...rest } = used;
  const usage = { ...NO_USAGE, inputTokens: prompt, outputTokens: output, ...rest };
  return {
    outcome,
    basis: "estimated",
    costAtto: costOf(price, usage, at),
    usage,
    providerCostAtto: null,
    askAgain,
  };
}
