/** How much a fact matters: from 0 to 1. It grows by use and fades without. Pure. */
const REPEATED = 0.1;
const RECALLED = 0.05;
const FLOOR = 0.1;
const FADES = 0.95;
const DAY_MS = 86_400_000;
export const IDLE_MS = 7 * DAY_MS;
/** One that matters less than this, and was idle for so long, is forgotten. */
export const FORGOTTEN_BELOW = 0.2;
export const FORGOTTEN_AFTER_MS = 30 * DAY_MS;
/** Of a fact that says nothing of it. */
export const AT_FIRST = 0.5;

const grown = (importance: number, by: number): number => Math.min(1, importance + by);
export const repeated = (importance: number): number => grown(importance, REPEATED);
export const recalled = (importance: number): number => grown(importance, RECALLED);

export type Standing = { importance: number; usedAt: Date; fadedAt: Date };

/**
 * After 7 idle days 5 % less for each further whole day, never below 0.1. `fadedAt` is how far this was reckoned: however
 * often it is asked for, a day counts once.
 */
export function faded(
  { importance, usedAt, fadedAt }: Standing,
  now: Date,
): Pick<Standing, "importance" | "fadedAt"> {
  const from = Math.max(usedAt.getTime() + IDLE_MS, fadedAt.getTime());
  const days = Math.floor((now.getTime() - from) / DAY_MS);
  if (days <= 0) return { importance, fadedAt };
  const less = importance * FADES ** days;
  return {
    importance: Math.max(Math.min(importance, FLOOR), less),
    fadedAt: new Date(from + days * DAY_MS),
  };
}

export const isForgotten = (
  { importance, usedAt }: Pick<Standing, "importance" | "usedAt">,
  now: Date,
): boolean => importance < FORGOTTEN_BELOW && now.getTime() - usedAt.getTime() >= FORGOTTEN_AFTER_MS;
