import { type Db, withSystemTx } from "../db/index.ts";
import type { Logger, Metrics } from "../telemetry/index.ts";
import { addStats, type Counted } from "./store.ts";

/** Upper ends of what a read took, in ms; the last class is open. */
export const LATENCY_MS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000] as const;
const FLUSH_EVERY_MS = 5_000;
const SLOT_MS = 5 * 60_000;

export type Layer = "l1" | "l2" | "load";
export type Stats = {
  count(resource: string, layer: Layer, hit: boolean): void;
  took(resource: string, ms: number): void;
  evicted(resource: string): void;
  flush(): Promise<void>;
  close(): Promise<void>;
};

const FIELD = {
  l1: ["l1_hits", "l1_misses"],
  l2: ["l2_hits", "l2_misses"],
  load: ["loads", "load_errors"],
} as const;

/** Counts for `/metrics`, and written down every five seconds for the operators' screen. */
export function createStats(
  shared: { db: Db; logger: Logger } | null,
  metrics: Metrics | undefined,
  now: () => number,
): Stats {
  const total = metrics?.counter("cache_requests_total", "Reads of the cache", [
    "layer",
    "resource",
    "outcome",
  ]);
  let noted = new Map<string, Counted>();
  const of = (resource: string): Counted => {
    const known = noted.get(resource) ?? {
      resource,
      l1_hits: 0,
      l1_misses: 0,
      l2_hits: 0,
      l2_misses: 0,
      loads: 0,
      load_errors: 0,
      evictions: 0,
      latency: [...LATENCY_MS.map(() => 0), 0],
    };
    noted.set(resource, known);
    return known;
  };
  const flush = async () => {
    if (!shared || noted.size === 0) return;
    const batch = [...noted.values()];
    noted = new Map();
    const slot = new Date(Math.floor(now() / SLOT_MS) * SLOT_MS);
    await withSystemTx(shared.db, (tx) => addStats(tx, slot, batch)).catch((err: unknown) =>
      shared.logger.warn({ err }, "cache statistics not written"),
    );
  };
  const timer = shared ? setInterval(() => void flush(), FLUSH_EVERY_MS) : undefined;
  return {
    count(resource, layer, hit) {
      const outcome = layer === "load" ? (hit ? "ok" : "error") : hit ? "hit" : "miss";
      total?.inc({ layer, resource, outcome });
      of(resource)[FIELD[layer][hit ? 0 : 1]] += 1;
    },
    took(resource, ms) {
      const at = LATENCY_MS.findIndex((end) => ms <= end);
      const { latency } = of(resource);
      const place = at === -1 ? LATENCY_MS.length : at;
      latency[place] = (latency[place] ?? 0) + 1;
    },
    evicted: (resource) => void (of(resource).evictions += 1),
    flush,
    async close() {
      clearInterval(timer);
      await flush();
    },
  };
}

/** The time within which this share of the reads was answered, from the counts of `LATENCY_MS`; null without any. */
export function quantile(latency: readonly number[], share: number): number | null {
  const all = latency.reduce((sum, count) => sum + count, 0);
  if (all === 0) return null;
  let below = 0;
  for (const [at, count] of latency.entries()) {
    if (below + count >= share * all && count > 0) {
      const from = at === 0 ? 0 : (LATENCY_MS[at - 1] as number);
      const to = LATENCY_MS[at] ?? from;
      return from + ((to - from) * (share * all - below)) / count;
    }
    below += count;
  }
  return LATENCY_MS.at(-1) as number;
}
