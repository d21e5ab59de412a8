import { setTimeout as delay } from "node:timers/promises";
import type { LanguageModels, TokenCounter, Usage } from "../../../../vendors/llm/index.ts";
import {
  chargeEstimated,
  chargeNothing,
  chargeReported,
  isSuspect,
  outcomeOf,
  tokensOf,
  type Charge,
  type Outcome,
  type Priced,
} from "../charge.ts";
import type { Sound } from "../chat.ts";
import type { RelayEnd } from "../relay/outcome.ts";
import { spokenOf, spokenWithin } from "./heard.ts";
import { soundUsed } from "./sound.ts";

export type Measuring = Priced & {
  llm: LanguageModels;
  tokens: TokenCounter;
  promptTexts: readonly string[];
  /** Tokens of the prompt beside its texts. */
  frames: number;
  /** Something asked to be kept in the provider's cache for an hour. */
  keepsHour: boolean;
  /** Of the prompt. */
  images: number;
  /** How many tokens its sound most likely counts; null without any. */
  heard: (() => Promise<number>) | null;
  /** A spoken answer was asked for. */
  speaks: boolean;
  /** Searches that were made at least, where nobody counts them. */
  searches: number;
  /** Of a transcription. */
  sound?: Sound | undefined;
};

/** Pauses before each look-up of a broken answer, in ms; nobody waits for its end. */
const NOT_WAITED_FOR = [0, 150, 600];
const COUNT_BUDGET_MS = 250;

/**
 * Finds out what a call cost. Null when it has to be asked again later before anything can be charged: the provider began,
 * and its books do not tell yet.
 */
export async function measure(from: Measuring, end: RelayEnd): Promise<Charge | null> {
  const outcome = outcomeOf(end);
  const usage = end.usage && (await filled(from, end.usage));
  const known = end.generationId !== null && from.llm.lookupPauses.length > 0;
  if (end.end === "failed" && !end.content) {
    return usage ? chargeReported(from, outcome, usage, "reported") : chargeNothing(outcome, known);
  }
  if (end.end === "left" && !end.sent) return chargeNothing(outcome, false);
  const suspect = usage !== null && isSuspect(from, usage, end.content);
  const whole = end.end === "complete" || end.drained === true;
  if (usage && whole && !suspect) return chargeReported(from, outcome, usage, "reported");

  const found = await lookUp(from.llm, end);
  if (found) return chargeReported(from, outcome, await filled(from, found), "reconciled");
  if (suspect)
    return { ...chargeReported(from, outcome, usage, "reported"), basis: "estimated", askAgain: known };
  if (known && end.end !== "complete") return null;
  return estimate(from, end, outcome, known);
}

/**
 * What nobody said: written tokens were kept as long as was asked, sound counts what it usually does, and the searches that were
 * asked for were made, one at least. A report of nothing is one.
 */
async function filled(from: Measuring, usage: Usage): Promise<Usage> {
  if (tokensOf(usage) === 0) return usage;
  const { keepsHour, images, searches, speaks, heard, price } = from;
  const hours = keepsHour && price.cacheWrite1h !== null && usage.cacheWrite1hTokens === undefined;
  const sound = heard && usage.audioInTokens === undefined ? await heard() : 0;
  const spoken = speaks && usage.audioOutTokens === undefined ? spokenWithin(usage.outputTokens) : 0;
  return {
    ...usage,
    ...(hours && { cacheWrite1hTokens: usage.cacheWriteTokens }),
    ...(images > 0 && { images }),
    ...(sound > 0 && {
      audioInTokens: Math.min(sound, usage.inputTokens - (usage.imageTokens ?? 0)),
    }),
    ...(spoken > 0 && { audioOutTokens: Math.min(spoken, usage.outputTokens - usage.reasoningTokens) }),
    ...(searches > 0 && usage.webSearches === undefined && { webSearches: searches }),
  };
}

async function lookUp(llm: LanguageModels, { generationId, end }: RelayEnd): Promise<Usage | null> {
  if (generationId === null) return null;
  if (llm.lookupPauses.length === 0) return null;
  for (const pauseMs of end === "complete" ? llm.lookupPauses : NOT_WAITED_FOR) {
    if (pauseMs > 0) await delay(pauseMs);
    const lookup = await llm.generation(generationId);
    if (lookup.state === "found") return lookup.usage;
  }
  return null;
}

/** From the prompt and what was delivered. */
async function estimate(
  from: Measuring,
  end: RelayEnd,
  outcome: Outcome,
  askAgain: boolean,
): Promise<Charge> {
  const { texts, sampledEvents } = end.said();
  const [prompt, sampled] = await Promise.all([
    from.tokens.count(from.promptTexts, COUNT_BUDGET_MS),
    from.tokens.count(texts, COUNT_BUDGET_MS),
  ]);
  const output = sampledEvents === 0 ? 0 : Math.ceil((sampled.tokens * end.events) / sampledEvents);
  if (from.sound) {
    const bySecond = from.price.base.audioSecond > 0n;
    const used = { ...soundUsed(from.sound, bySecond), output: bySecond ? 0 : output };
    return chargeEstimated(from, outcome, used, askAgain);
  }
  const { images, searches: webSearches, speaks, heard } = from;
  const audioInTokens = heard ? await heard() : 0;
  const used = {
    prompt: prompt.tokens + from.frames + audioInTokens,
    ...(speaks ? spokenOf(output) : { output }),
    images,
    audioInTokens,
    webSearches,
  };
  return chargeEstimated(from, outcome, used, askAgain);
}
