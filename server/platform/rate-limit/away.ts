import type { Counts, Counted } from "./counts.ts";
import { judge, type Rule, type Taking } from "./rule.ts";

const isGuarded = ({ kind }: Rule): boolean => kind === "auth" || kind === "payment";

/** One process's part of each limit, at least 1. */
const shareOf = (takings: readonly Taking[], processes: number): Taking[] =>
  takings.map((taking) => {
    const windows = taking.rule.windows.map(({ limit, seconds }) => ({
      limit: Math.max(1, Math.floor(limit / processes)),
      seconds,
    }));
    return { ...taking, rule: { ...taking.rule, windows } };
  });

/**
 * Counting without Redis: what guards sign-in and payment in PostgreSQL, the rest here at limit ÷ live processes. Nothing
 * is taken from PostgreSQL for a request that has no room here.
 */
export function countsWithoutRedis(
  inMemory: Counts,
  inPostgres: Counts,
  processes: () => number,
): (takings: readonly Taking[], take: boolean) => Promise<Counted> {
  return async (takings, take) => {
    const guarded = takings.filter(({ rule }) => isGuarded(rule));
    const plain = shareOf(
      takings.filter(({ rule }) => !isGuarded(rule)),
      processes(),
    );
    if (guarded.length === 0) return { takings: plain, tallies: await inMemory.count(plain, take) };
    const here = await inMemory.count(plain, false);
    const room = plain.length === 0 || judge(plain, here).allowed;
    const there = await inPostgres.count(guarded, take && room);
    if (take && room && plain.length > 0 && judge(guarded, there).allowed) await inMemory.count(plain, true);
    return { takings: [...guarded, ...plain], tallies: [...there, ...here] };
  };
}
