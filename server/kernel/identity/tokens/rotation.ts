/** What is known of a refresh token that was shown. */
export type Shown = {
  /** When it was exchanged for its successor; null: not yet, it is the newest of its family. */
  usedAt: Date | null;
  successorUsed: boolean;
  /** The sealed successor was not wiped yet. */
  sealed: boolean;
};

/** A client that lost the answer may ask again for that long. */
export const REPEAT_MS = 30_000;

/**
 * What showing it means: `rotate`, it is the newest; `repeat`, an honest client lost the answer and gets the same successor;
 * `reuse`, two parties hold the family's tokens, and nobody can tell which one is the thief.
 */
export function judge({ usedAt, successorUsed, sealed }: Shown, now: Date): "rotate" | "repeat" | "reuse" {
  if (!usedAt) return "rotate";
  const inTime = now.getTime() - usedAt.getTime() <= REPEAT_MS;
  return inTime && sealed && !successorUsed ? "repeat" : "reuse";
}
