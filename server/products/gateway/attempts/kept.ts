/** How long attempts are kept. Pure. */

/** Then only their sums by the hour are. */
const KEPT_MONTHS = 25;

/** The first of a UTC month: whole months go, so what was written since then is kept. */
export const keptFrom = (now: Date): Date =>
  new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - KEPT_MONTHS, 1));
