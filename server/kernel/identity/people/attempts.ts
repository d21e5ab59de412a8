import type { Clock } from "../../../platform/clock.ts";

/** At most so many tries in any stretch of so many seconds. */
export type Window = { readonly name: string; readonly most: number; readonly seconds: number };

const SIGN_IN: readonly Window[] = [
  { name: "sign-in", most: 5, seconds: 60 },
  { name: "sign-in-long", most: 10, seconds: 300 },
];
/** Beyond that the subject that was quiet the longest is forgotten. */
const MAX_SUBJECTS = 100_000;

export type AttemptVerdict = {
  allowed: boolean;
  /** Of the window nearest to its end. */
  name: string;
  remaining: number;
  /** Waiting that long always suffices. */
  resetSeconds: number;
};

export type Attempts = {
  /** Written as the `RateLimit-Policy` header. */
  readonly policy: string;
  /** Counts one try for all subjects when each has one left in each window; a refused try is not counted. */
  take(subjects: readonly string[]): AttemptVerdict;
};

/** Tries, in this process's memory; unless told otherwise, those to sign in: 5 in any minute and 10 in any five minutes. */
export function createAttempts(clock: Clock, windows = SIGN_IN, maxSubjects = MAX_SUBJECTS): Attempts {
  const tries = new Map<string, number[]>();
  const kept = Math.max(...windows.map(({ most }) => most));
  return {
    policy: windows.map(({ name, most, seconds }) => `"${name}";q=${most};w=${seconds}`).join(", "),
    take(subjects) {
      const now = clock.now().getTime();
      const verdicts = subjects.flatMap((subject) => weigh(windows, tries.get(subject) ?? [], now));
      const tightest = verdicts.reduce((a, b) =>
        b.remaining < a.remaining || (b.remaining === a.remaining && b.resetSeconds > a.resetSeconds) ? b : a,
      );
      if (tightest.remaining === 0) return { ...tightest, allowed: false };
      for (const subject of subjects) {
        const latest = [...(tries.get(subject) ?? []), now].slice(-kept);
        // Deleted first, so that the map stays in the order of last use.
        tries.delete(subject);
        tries.set(subject, latest);
      }
      for (const oldest of tries.keys()) {
        if (tries.size <= maxSubjects) break;
        tries.delete(oldest);
      }
      return { ...tightest, allowed: true, remaining: tightest.remaining - 1 };
    },
  };
}

function weigh(
  windows: readonly Window[],
  times: readonly number[],
  now: number,
): Omit<AttemptVerdict, "allowed">[] {
  return windows.map(({ name, most, seconds }) => {
    const inside = times.filter((at) => at > now - seconds * 1000);
    const frees = inside.length < most ? inside[0] : inside[inside.length - most];
    const resetSeconds = frees === undefined ? seconds : Math.ceil((frees + seconds * 1000 - now) / 1000);
    return { name, remaining: most - inside.length, resetSeconds };
  });
}
