/** Calls of this long are looked at, and this many at least before anything is concluded. */
const WINDOW_MS = 30_000;
const LEAST_CALLS = 20;
const FAILED_SHARE = 0.5;
/** An open breaker lets one call through after this time, to see whether the company is back. */
const PROBE_MS = 5_000;
/** Calls remembered at most; the oldest go first. */
const MAX_CALLS = 1_000;

export type Breaker = {
  /** False while the company is taken to be down: do not call. */
  allows(): boolean;
  /** Tells how a call ended; one that the company refused has worked. */
  ended(ok: boolean): void;
};

/**
 * Opens at half of 20 or more calls failed within 30 s. Then one call each 5 s is let through; the first that works closes
 * it and starts the count anew. A clock that is set back holds nobody off: what lies ahead of it counts as past.
 */
export function createBreaker(nowMs: () => number = () => performance.now()): Breaker {
  let calls: { at: number; ok: boolean }[] = [];
  let openedAt: number | null = null;
  return {
    allows() {
      if (openedAt === null) return true;
      const now = nowMs();
      if (isWithin(now - openedAt, PROBE_MS)) return false;
      openedAt = now;
      return true;
    },
    ended(ok) {
      const now = nowMs();
      if (openedAt !== null) {
        if (ok) {
          openedAt = null;
          calls = [];
        }
        return;
      }
      calls.push({ at: now, ok });
      if (calls.length > MAX_CALLS) calls.shift();
      calls = calls.filter(({ at }) => isWithin(now - at, WINDOW_MS + 1));
      const failed = calls.filter((call) => !call.ok).length;
      if (calls.length >= LEAST_CALLS && failed >= calls.length * FAILED_SHARE) openedAt = now;
    },
  };
}

const isWithin = (passedMs: number, ms: number): boolean => passedMs >= 0 && passedMs < ms;
