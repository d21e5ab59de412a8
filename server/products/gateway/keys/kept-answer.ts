/** The answer of a call under a key, as it is kept to be given again. Pure but for the sealing. */
import type { Sealer } from "../../../platform/crypto/index.ts";
import { usageChunk } from "../../../vendors/llm/index.ts";

/** Longer ones are not kept. */
export const MOST_KEPT_BYTES = 2 * 1024 * 1024;

/** What the end of a stream is written by; JSON. */
export type Tail = Record<string, unknown>;

/** What was answered: the whole JSON, or the events that went out before the end of a stream, with its tail. */
export type Kept = { streamed: boolean; bytes: Buffer; tail: Tail | null };

const placeOf = (org: string, requestId: string): string => `answer ${org} ${requestId}`;

export function sealAnswer(sealer: Sealer, org: string, requestId: string, kept: Kept): Buffer {
  const head = Buffer.from(`${JSON.stringify(kept.tail)}\n`);
  return sealer.seal(Buffer.concat([head, kept.bytes]), placeOf(org, requestId));
}

export function openAnswer(
  sealer: Sealer,
  org: string,
  requestId: string,
  { streamed, sealed }: { streamed: boolean; sealed: Buffer },
): Kept {
  const plain = sealer.open(sealed, placeOf(org, requestId));
  const end = plain.indexOf(10);
  const tail = JSON.parse(plain.toString("utf8", 0, end)) as Tail | null;
  return { streamed, tail, bytes: plain.subarray(end + 1) };
}

export type ToldCost = { micros: bigint; usd: string; basis: string };

const DONE = "data: [DONE]\n\n";

/** A comment in a stream, which clients skip. */
export const costComment = ({ micros, usd, basis }: ToldCost): string =>
  `: cost_micros=${micros} cost_usd=${usd} basis=${basis}\n\n`;

/** The end of a complete chat: the usage chunk where it was asked for, a comment with the cost, `[DONE]`. */
export function endOfStream(cost: ToldCost | null, usageHead: Tail | null): Buffer {
  if (!cost) return Buffer.from(DONE);
  const told = Buffer.from(costComment(cost) + DONE);
  return usageHead ? Buffer.concat([usageChunk(usageHead, cost), told]) : told;
}
