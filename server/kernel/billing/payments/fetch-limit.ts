import type { Clock } from "../../../platform/clock.ts";

/** Fetches of one account per second, below the company's own limit; the burst is one second's worth. */
const PER_SECOND = 20;

export type FetchLimit = { /** False when there is none left now. */ take(): boolean };

/** A bucket of fetches that fills steadily. */
export function createFetchLimit({ now }: Clock, perSecond = PER_SECOND): FetchLimit {
  let tokens = perSecond;
  let filledAt = now().getTime();
  return {
    take() {
      const at = now().getTime();
      tokens = Math.min(perSecond, tokens + (Math.max(0, at - filledAt) / 1000) * perSecond);
      filledAt = at;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
