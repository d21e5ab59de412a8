/** When a mail is tried again. Pure. */
import { addMs } from "../../platform/clock.ts";

const MINUTE_MS = 60_000;
const FIRST_WAIT_MS = 2_000;
const SPREAD = 0.25;
export const ATTEMPTS = 5;
const DOWN_EVERY_MS = 15 * MINUTE_MS;
/** How long a mail waits for a company that is away. */
export const WAIT_LIMIT_MS = 24 * 60 * MINUTE_MS;

/**
 * After failed attempt `n` (1, 2, …) of a company that is away: 2 s × 2ⁿ⁻¹ ±25 % while attempts last, then every 15 minutes
 * until a day has passed since the mail was sent; null then. Never sooner than the company asked for.
 */
export function whenAway(
  mail: { createdAt: Date; attempts: number },
  now: Date,
  random: number,
  askedMs: number | null = null,
): Date | null {
  const end = addMs(mail.createdAt, WAIT_LIMIT_MS);
  if (now >= end) return null;
  const waitMs = mail.attempts < ATTEMPTS ? doubled(mail.attempts, random) : DOWN_EVERY_MS;
  const next = addMs(now, Math.max(waitMs, askedMs ?? 0));
  return next > end ? end : next;
}

/** After failed attempt `n` of our own making; null when all attempts are used up. */
export function afterFault(attempts: number, now: Date, random: number): Date | null {
  return attempts < ATTEMPTS ? addMs(now, doubled(attempts, random)) : null;
}

/** `random` in [0, 1) spreads by ±25 %. */
const doubled = (n: number, random: number): number =>
  FIRST_WAIT_MS * 2 ** (n - 1) * (1 - SPREAD + 2 * SPREAD * random);
