/** When an event is tried again. Pure. */
import { addMs } from "../../../platform/clock.ts";

const MINUTE_MS = 60_000;
const LONGEST_MIN = 60;
const SPREAD = 0.25;
const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 10 * MINUTE_MS;
/** How long an event waits for a company that is away or a parent that is missing. */
export const WAIT_LIMIT_MS = 3 * 24 * 60 * MINUTE_MS;

/** `random` in [0, 1) spreads by ±25 %. */
const spread = (ms: number, random: number) => ms * (1 - SPREAD + 2 * SPREAD * random);

/** After counted failure `n` (1, 2, …): min(2ⁿ⁻¹, 60) minutes. */
export function retryAt(now: Date, n: number, random: number): Date {
  return addMs(now, spread(Math.min(2 ** (n - 1), LONGEST_MIN) * MINUTE_MS, random));
}

/**
 * A wait that counts nothing: half as long as it has lasted so far, 5 s to 10 min. Null when it has lasted 3 days, unless it
 * is our own bound that holds the event up: what came in while no worker ran must not end over that.
 */
export function waitUntil(now: Date, queuedAt: Date, random: number, isOurs = false): Date | null {
  const ageMs = now.getTime() - queuedAt.getTime();
  if (ageMs >= WAIT_LIMIT_MS && !isOurs) return null;
  return addMs(now, spread(Math.min(Math.max(ageMs / 2, FIRST_WAIT_MS), LONGEST_WAIT_MS), random));
}
