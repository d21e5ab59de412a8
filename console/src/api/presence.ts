/** After this long without a touch or a key, what a page asks by itself does not keep the session alive. */
const AWAY_MS = 60_000;

let touchedAt = Date.now();
for (const event of ["pointerdown", "keydown", "wheel"])
  addEventListener(event, () => void (touchedAt = Date.now()), { passive: true });

export const isAway = (): boolean => Date.now() - touchedAt > AWAY_MS;
