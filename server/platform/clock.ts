/** The one source of "now". Tests and the simulator hand in their own. */
export type Clock = { now(): Date };

export const systemClock: Clock = { now: () => new Date() };

/** A clock that stands `offsetMs` beside the system's; never built from production configuration. */
export function offsetClock(offsetMs: number): Clock {
  return { now: () => new Date(Date.now() + offsetMs) };
}

/** A clock that moves only when told. */
export function manualClock(startAt: Date): Clock & { advance(ms: number): void } {
  let now = startAt.getTime();
  return { now: () => new Date(now), advance: (ms) => void (now += ms) };
}

export const addMs = (at: Date, ms: number): Date => new Date(at.getTime() + ms);
