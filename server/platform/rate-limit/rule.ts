import { createHash } from "node:crypto";

/** At most `limit` within any `seconds`. */
export type Window = { readonly limit: number; readonly seconds: number };

export type Rule = {
  /** The class: how headers, metrics and overrides name it. */
  readonly name: string;
  readonly windows: readonly Window[];
  /** `auth` and `payment` stay exact without Redis. AUTH_LIMITS=off leaves `auth` and `ceiling` out. */
  readonly kind?: "auth" | "payment" | "ceiling";
};

/** Who takes one: a user's, key's or organization's id, a network, or `personSubject`. */
export type Taking = { readonly rule: Rule; readonly subject: string };

/** One window of one subject, before anything is taken from it. */
export type Tally = {
  /** Taken within the window. */
  count: number;
  /** Until one more is free when it is used up; else until the oldest is given back, or the whole window. */
  freesInMs: number;
};

export type Verdict = {
  allowed: boolean;
  /** The window that is nearest to its end, after this request. */
  name: string;
  limit: number;
  remaining: number;
  /** Refused: waiting that long suffices for every window. Else: when the next is given back. */
  resetSeconds: number;
};

export const perMinute = (name: string, limit: number, kind?: Rule["kind"]): Rule => ({
  name,
  windows: [{ limit, seconds: 60 }],
  ...(kind ? { kind } : {}),
});

/** The subject that stands for an e-mail address: counts and screens do not hold the address itself. */
export const personSubject = (email: string): string =>
  `email_${createHash("sha256").update(email.normalize("NFKC").toLowerCase()).digest("hex").slice(0, 24)}`;

/** The first window has the class's name; headers need one each. */
const nameOf = (rule: Rule, at: number): string =>
  at === 0 ? rule.name : `${rule.name}-${rule.windows[at]?.seconds}s`;

/** The windows of what is taken, in order. */
export const windowsOf = (takings: readonly Taking[]) =>
  takings.flatMap(({ rule, subject }) =>
    rule.windows.map((window, at) => ({ ...window, rule, subject, name: nameOf(rule, at) })),
  );

/** How many of these instants (oldest first) lie within the window, and when it has room again. */
export function tally(times: readonly number[], { limit, seconds }: Window, now: number): Tally {
  const windowMs = seconds * 1_000;
  const first = times.findIndex((at) => at > now - windowMs);
  const count = first === -1 ? 0 : times.length - first;
  const frees = times[times.length - Math.min(count, Math.max(limit, 1))];
  return {
    count,
    freesInMs:
      count === 0 || frees === undefined
        ? windowMs
        : (count < limit ? (times[first] as number) : frees) + windowMs - now,
  };
}

/** Allowed when every window has one left; named after the one with the least left, then the longest wait. */
export function judge(takings: readonly Taking[], tallies: readonly Tally[]): Verdict {
  const windows = windowsOf(takings).map(({ name, limit }, at) => {
    const { count, freesInMs } = tallies[at] as Tally;
    return {
      name,
      limit,
      left: Math.max(0, limit - count),
      resetSeconds: Math.max(1, Math.ceil(freesInMs / 1_000)),
    };
  });
  const tightest = windows.reduce((a, b) =>
    b.left < a.left || (b.left === a.left && b.resetSeconds > a.resetSeconds) ? b : a,
  );
  const { name, limit, left, resetSeconds } = tightest;
  return { allowed: left > 0, name, limit, remaining: Math.max(0, left - 1), resetSeconds };
}

/** `RateLimit-Policy`: every window once. */
export const policyText = (takings: readonly Taking[]): string =>
  [
    ...new Set(windowsOf(takings).map(({ name, limit, seconds }) => `"${name}";q=${limit};w=${seconds}`)),
  ].join(", ");

/** `RateLimit`: what is left where the least is left. */
export const stateText = ({ name, remaining, resetSeconds }: Verdict): string =>
  `"${name}";r=${remaining};t=${resetSeconds}`;
