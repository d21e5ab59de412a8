import { addMs, type Clock } from "../clock.ts";
import { type Db, withSystemTx } from "../db/index.ts";
import { quantile } from "./stats.ts";
import { sumStats } from "./store.ts";

const WINDOW_MS = { "1h": 3_600_000, "24h": 24 * 3_600_000 } as const;
export type StatsWindow = keyof typeof WINDOW_MS;

const ratio = (hits: number, misses: number) => (hits + misses === 0 ? null : hits / (hits + misses));

/** What all processes together read within the window, by resource. */
export async function readStats({ db, clock }: { db: Db; clock: Clock }, window: StatsWindow) {
  const since = addMs(clock.now(), -WINDOW_MS[window]);
  const all = await withSystemTx(db, (tx) => sumStats(tx, since));
  return all.map(({ latency, ...counts }) => ({
    ...counts,
    l1_hit_ratio: ratio(counts.l1_hits, counts.l1_misses),
    l2_hit_ratio: ratio(counts.l2_hits, counts.l2_misses),
    // Whoever joined a load under way missed L1, yet caused no load of its own.
    hit_ratio:
      counts.l1_hits + counts.l1_misses === 0
        ? null
        : 1 - (counts.loads + counts.load_errors) / (counts.l1_hits + counts.l1_misses),
    p50_ms: quantile(latency, 0.5),
    p95_ms: quantile(latency, 0.95),
    p99_ms: quantile(latency, 0.99),
  }));
}
