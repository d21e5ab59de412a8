/** When a message is tried again. Pure. */
import { addMs } from "../../../../platform/clock.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** After the first attempt, which is made at once: about three days in all. */
const WAITS = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
] as const;
const SPREAD = 0.1;
/** A receiver may ask for this long and no longer. */
const LONGEST_ASKED_MS = 24 * HOUR;

/** An endpoint that only failed for that long is turned off. */
export const FAILING_MS = 5 * 24 * HOUR;

/**
 * When to try after `attempts` failures: ±10 % by `random` in [0, 1), but not before the receiver's `Retry-After`. Null when
 * they are used up.
 */
export function nextAttemptAt(
  now: Date,
  attempts: number,
  { retryAfterMs, random }: { retryAfterMs: number | null; random: number },
): Date | null {
  const wait = WAITS[attempts - 1];
  if (wait === undefined) return null;
  const spread = wait * (1 + SPREAD * (2 * random - 1));
  return addMs(now, Math.round(Math.max(spread, Math.min(retryAfterMs ?? 0, LONGEST_ASKED_MS))));
}

/** `Retry-After` in milliseconds: seconds or an HTTP date; null for anything else. */
export function readRetryAfter(header: string | null, now: Date): number | null {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * SECOND;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - now.getTime());
}
