/** After this long without a touch or a key, what a page asks by itself does not keep the session alive. */
const AWAY_MS = 60_000;

let touchedAt = Date.now();
for (const event of ["pointerdown", "keydown", "wheel"])
  addEventListener(event, () => void (touchedAt = Date.now()), { passive: true });

export const isAway = (): boolean => Date.now() - touchedAt > AWAY_MS;

/** After this long, what a screen that refreshes itself asks is no longer the answer to a touch or a key. */
const BY_ITSELF_MS = 3_000;

/** Options of a call that a screen repeats by itself: unless a person has just done something, it keeps no session alive. */
export const byItself = (): { headers?: Record<string, string> } =>
  Date.now() - touchedAt > BY_ITSELF_MS ? { headers: { "x-holdfast-background": "1" } } : {};
