import type { Clock } from "../../../platform/clock.ts";

const WINDOWS = [
  { name: "sign-in", most: 5, seconds: 60 },
  { name: "sign-in-long", most: 10, seconds: 300 },
] as const;
const KEPT = 10;
/** Beyond that the subject that was quiet the longest is forgotten. */
const MAX_SUBJECTS = 100_000;

/** Written as the `RateLimit-Policy` header. */
export const attemptsPolicy = WINDOWS.map(
  ({ name, most, seconds }) => `"${name}";q=${most};w=${seconds}`,
).join(", ");

export type AttemptVerdict = {
  allowed: boolean;
  /** Of the window nearest to its end. */
  name: string;
  remaining: number;
  /** Waiting that long always suffices. */
  resetSeconds: number;
};

export type Attempts = {
  /** Counts one try for all subjects when each has one left in each window; a refused try is not counted. */
  take(subjects: readonly string[]): AttemptVerdict;
};

/** Tries to sign in: at most 5 in any minute and 10 in any five minutes. In this process's memory. */
export function createAttempts(clock: Clock, maxSubjects = MAX_SUBJECTS): Attempts {
  const tries = new Map<string, number[]>();
  return {
    take(subjects) {
      const now = clock.now().getTime();
      const verdicts = subjects.flatMap((subject) => weigh(tries.get(subject) ?? [], now));
      const tightest = verdicts.reduce((a, b) =>
        b.remaining < a.remaining || (b.remaining === a.remaining && b.resetSeconds > a.resetSeconds) ? b : a,
      );
      if (tightest.remaining === 0) return { ...tightest, allowed: false };
      for (const subject of subjects) {
        const kept = [...(tries.get(subject) ?? []), now].slice(-KEPT);
        // Deleted first, so that the map stays in the order of last use.
        tries.delete(subject);
        tries.set(subject, kept);
      }
      for (const oldest of tries.keys()) {
        if (tries.size <= maxSubjects) break;
        tries.delete(oldest);
      }
      return { ...tightest, allowed: true, remaining: tightest.remaining - 1 };
    },
  };
}

function weigh(times: readonly number[], now: number): Omit<AttemptVerdict, "allowed">[] {
  return WINDOWS.map(({ name, most, seconds }) => {
    const inside = times.filter((at) => at > now - seconds * 1000);
    const frees = inside.length < most ? inside[0] : inside[inside.length - most];
    const resetSeconds = frees === undefined ? seconds : Math.ceil((frees + seconds * 1000 - now) / 1000);
    return { name, remaining: most - inside.length, resetSeconds };
  });
}
