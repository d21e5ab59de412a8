import { judge, tally, windowsOf, type Taking, type Tally } from "./rule.ts";
import type { Counts } from "./counts.ts";

/** Beyond these the subject that was quiet the longest is forgotten. */
const MAX_SUBJECTS = 100_000;
const MAX_TIMES = 2_000_000;

/** Counts in this process. Bounded: the quietest subject gives way. */
export function memoryCounts(now: () => number, maxSubjects = MAX_SUBJECTS): Counts {
  const takes = new Map<string, number[]>();
  let held = 0;

  const inWindow = (key: string, seconds: number, at: number): number[] => {
    const times = takes.get(key);
    if (!times) return [];
    const over = times.findIndex((each) => each > at - seconds * 1_000);
    const gone = over === -1 ? times.length : over;
    if (gone > 0) held -= times.splice(0, gone).length;
    if (times.length === 0) takes.delete(key);
    return times;
  };
  const add = (key: string, at: number) => {
    const times = takes.get(key) ?? [];
    times.push(at);
    held += 1;
    // Deleted first, so that the map stays in the order of last use.
    takes.delete(key);
    takes.set(key, times);
  };
  const trim = () => {
    for (const [oldest, times] of takes) {
      if (takes.size <= maxSubjects && held <= MAX_TIMES) break;
      held -= times.length;
      takes.delete(oldest);
    }
  };
  return {
    async count(takings: readonly Taking[], take: boolean): Promise<Tally[]> {
      const at = now();
      const windows = windowsOf(takings).map((window) => ({
        ...window,
        key: `${window.rule.name} ${window.seconds} ${window.subject}`,
      }));
      const tallies = windows.map((window) => tally(inWindow(window.key, window.seconds, at), window, at));
      if (take && judge(takings, tallies).allowed) {
        for (const { key } of windows) add(key, at);
        trim();
      }
      return tallies;
    },
  };
}
