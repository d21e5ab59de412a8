/** A seal and how its hash comes about. Pure. */
import { createHash, type Hash } from "node:crypto";

export type Seal = {
  number: bigint;
  /** Everything posted before it and in no earlier seal is in this one. */
  sealedBefore: Date;
  previousHash: Buffer;
  hash: Buffer;
  transactionCount: bigint;
  entryCount: bigint;
  sealedAt: Date;
};

/** What the first seal follows. */
export const NOTHING_BEFORE = Buffer.alloc(32);

/**
 * SHA-256 over the previous seal's hash, the JSON array `[number, sealed_before]` (RFC 3339, with milliseconds) and the
 * hashes of its transactions, by id.
 */
export function startSeal({
  number,
  sealedBefore,
  previousHash,
}: Pick<Seal, "number" | "sealedBefore" | "previousHash">): Hash {
  const head = JSON.stringify([Number(number), sealedBefore.toISOString()]);
  return createHash("sha256").update(previousHash).update(head);
}

const HASH_BYTES = 32;

/** The first entry whose hash is not what was sealed, by position; null when all are. */
export function firstAltered(
  sealed: Buffer,
  { entries, positions }: { entries: Buffer; positions: readonly number[] },
): number | null {
  const count = Math.max(sealed.length, entries.length) / HASH_BYTES;
  for (let at = 0; at < count; at += 1) {
    const bytes = (hashes: Buffer) => hashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES);
    if (!bytes(sealed).equals(bytes(entries))) return missingAt(sealed, entries, positions, at);
  }
  return null;
}

/** Positions are 0, 1, 2 …: where one is left out, that one is gone. */
function missingAt(sealed: Buffer, entries: Buffer, positions: readonly number[], at: number): number {
  if (entries.length >= sealed.length) return positions[at] ?? at;
  const gap = positions.findIndex((position, index) => position !== index);
  return gap === -1 ? at : gap;
}
