/** What bounds the cost of writing down sound. Pure. */
import type { PricedModel } from "../../models/catalogue.ts";
import { bad, unpriced, type Chat, type Sound } from "../chat.ts";

const MS = 1_000;
/** Tokens of a second of sound: about, and at most, as models that are paid by tokens count it. */
export const TYPICAL_PER_SECOND = 10;
const MOST_PER_SECOND = 20;

/**
 * Paid by the second: its seconds. By tokens: the most tokens they can be, and all that the model can say; such a model
 * answers as JSON or text, and takes no prompt, whose tokens have another price than the sound's.
 */
export function soundBound({ body }: Chat, { heldMs }: Sound, { price, maxOutputTokens }: PricedModel) {
  if (price.audioSecond > 0n) return { otherTokens: 0, outputTokens: 0, audioMs: heldMs };
  if (body["prompt"] !== undefined) unpriced("/prompt");
  const format = body["response_format"];
  if (format !== "json" && format !== "text") bad("/response_format", "must be json or text for this model");
  return { otherTokens: Math.ceil(heldMs / MS) * MOST_PER_SECOND, outputTokens: maxOutputTokens, audioMs: 0 };
}

/** What was most likely used, where nobody says so. */
export const soundUsed = ({ heldMs }: Sound, bySecond: boolean): { prompt: number; audioMs: number } =>
  bySecond ? { prompt: 0, audioMs: heldMs } : { prompt: (heldMs / MS) * TYPICAL_PER_SECOND, audioMs: 0 };
