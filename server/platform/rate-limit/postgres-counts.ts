import { type Db, withSystemTx } from "../db/index.ts";
import type { Counts } from "./counts.ts";
import { judge, tally, windowsOf } from "./rule.ts";
import { listTakes, lockTakes, saveTakes } from "./store.ts";

/** Counts in PostgreSQL: exact for all processes, for what is rare and must stay so. */
export function postgresCounts(db: Db, testNow: () => number | null): Counts {
  return {
    count: (takings, take) =>
      withSystemTx(db, async (tx) => {
        const windows = windowsOf(takings).map((window) => ({
          ...window,
          key: `${window.rule.name} ${window.seconds} ${window.subject}`,
        }));
        const keys = windows.map(({ key }) => key);
        if (take) await lockTakes(tx, keys);
        const { now: databaseNow, takes } = await listTakes(tx, keys);
        const now = testNow() ?? databaseNow;
        const tallies = windows.map((window) => tally(takes.get(window.key) ?? [], window, now));
        if (take && judge(takings, tallies).allowed)
          await saveTakes(
            tx,
            windows.map(({ key, seconds }) => ({
              key,
              taken: [...(takes.get(key) ?? []).filter((at) => at > now - seconds * 1_000), now],
              expiresAt: new Date(now + seconds * 1_000),
            })),
          );
        return tallies;
      }),
  };
}
