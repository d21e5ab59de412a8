/** UTC days as the proof names them. Pure. */
export const DAY_MS = 86_400_000;

export type Day = {
  /** `2026-11-29`. */
  name: string;
  from: Date;
  /** Exclusive. */
  to: Date;
};

/** The day that an instant lies in. */
export function dayOf(at: Date): Day {
  const from = Math.floor(at.getTime() / DAY_MS) * DAY_MS;
  return { name: nameOf(from), from: new Date(from), to: new Date(from + DAY_MS) };
}

/** The day of that name; null for what is none. */
export function dayNamed(name: string): Day | null {
  const day = dayOf(new Date(`${name}T00:00:00Z`));
  return day.name === name ? day : null;
}

const nameOf = (ms: number): string => (Number.isNaN(ms) ? "" : new Date(ms).toISOString().slice(0, 10));
