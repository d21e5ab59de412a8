/** Entries are kept seven years. */
export const KEPT_MS = 7 * 366 * 86_400_000;
