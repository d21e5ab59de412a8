/** The answer of a call under a key, as it is kept to be given again. Pure but for the sealing. */
import type { Sealer } from "../../../platform/crypto/index.ts";
import { usageChunk } from "../../../vendors/llm/index.ts";

/** Longer ones are not kept. */
export const MOST_KEPT_BYTES = 2 * 1024 * 1024;

/** What was answered: the provider's JSON, or the chunks that went out before the end of a stream. */
export type Kept = {
  streamed: boolean;
  bytes: Buffer;
  /** Of a stream whose caller asked for usage: the provider's usage chunk. */
  usageHead: Record<string, unknown> | null;
};

const placeOf = (org: string, requestId: string): string => `answer ${org} ${requestId}`;

export function sealAnswer(sealer: Sealer, org: string, requestId: string, kept: Kept): Buffer {
  const head = Buffer.from(`${JSON.stringify(kept.usageHead)}\n`);
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
  const usageHead = JSON.parse(plain.toString("utf8", 0, end)) as Record<string, unknown> | null;
  return { streamed, usageHead, bytes: plain.subarray(end + 1) };
}

export type ToldCost = { micros: bigint; usd: string; basis: string };

const DONE = "data: [DONE]\n\n";

/** The end of a complete stream: the usage chunk where it was asked for, a comment with the cost, `[DONE]`. */
export function endOfStream(cost: ToldCost | null, usageHead: Record<string, unknown> | null): Buffer {
  if (!cost) return Buffer.from(DONE);
  const told = `: cost_micros=${cost.micros} cost_usd=${cost.usd} basis=${cost.basis}\n\n${DONE}`;
  return Buffer.concat([...(usageHead ? [usageChunk(usageHead, cost)] : []), Buffer.from(told)]);
}
