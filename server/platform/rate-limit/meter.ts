import type { Redis } from "../redis/index.ts";
import {
  amountOf,
  gauge,
  inWindow,
  refusing,
  type Bucket,
  type Gauged,
  type Measure,
  type Measures,
} from "./measure.ts";
import { redisMeasures } from "./redis-measures.ts";

/** What was taken, or why not. */
export type Metered = {
  allowed: boolean;
  refused: Measure | null;
  /** Refused: waiting that long suffices for every measure. */
  resetSeconds: number;
  /** Each measure before this taking, in order. */
  gauged: readonly Gauged[];
  /** Adds to what was taken, per measure in order (below zero gives back, at most what was taken). Never rejects. */
  correct(by: readonly number[]): Promise<void>;
};

export type Meter = {
  /** Takes every amount when all have room, else nothing. */
  take(measures: readonly Measure[]): Promise<Metered>;
  look(measures: readonly Measure[]): Promise<readonly Gauged[]>;
};

export type MeterOptions = {
  redis: { client: Redis; prefix: string } | null;
  now: () => number;
  /** Null: Redis goes by its own time. */
  testNow: () => number | null;
  processes: () => number;
};

const REST_MS = 1_000;
/** Beyond these the subject that was quiet the longest is forgotten. */
const MAX_SUBJECTS = 100_000;

/** In Redis while it answers, exact for all processes; else in this process at limit ÷ live processes. */
export function createMeter({ redis, now, testNow, processes }: MeterOptions): Meter {
  const shared = redis ? redisMeasures(redis.client, redis.prefix, testNow) : null;
  const own = memoryMeasures(now);
  let restUntil = -Infinity;
  const share = (measures: readonly Measure[]): readonly Measure[] =>
    measures.map((measure) => ({
      ...measure,
      limit: Math.max(1, Math.floor(measure.limit / processes())),
    }));
  const count = async (measures: readonly Measure[], take: boolean) => {
    if (shared && performance.now() >= restUntil)
      try {
        return { from: shared, measures, ...(await shared.count(measures, take)) };
      } catch {
        // Shown by the limiter's gauge; for a second nobody waits for it again.
        restUntil = performance.now() + REST_MS;
      }
    const mine = share(measures);
    return { from: own, measures: mine, ...(await own.count(mine, take)) };
  };
  return {
    async take(asked) {
      const { from, measures, second, gauged } = await count(asked, true);
      const worst = refusing(gauged);
      const taken = measures.map((measure) => (worst === null ? amountOf(measure) : 0));
      return {
        allowed: worst === null,
        refused: worst === null ? null : (asked[worst] ?? null),
        resetSeconds: worst === null ? 0 : (gauged[worst]?.freesInSeconds ?? 1),
        gauged,
        async correct(by) {
          if (worst !== null) return;
          await Promise.all(
            measures.map(async (measure, at) => {
              const amount = Math.max(by[at] ?? 0, -(taken[at] ?? 0));
              if (amount === 0) return;
              taken[at] = (taken[at] ?? 0) + amount;
              // Lost with Redis: the amount then counts as it was taken until its window is over.
              await from.add(measure, second, amount).catch(() => undefined);
            }),
          );
        },
      };
    },
    look: async (measures) => (measures.length === 0 ? [] : (await count(measures, false)).gauged),
  };
}

const keyOf = ({ name, seconds, subject }: Measure): string => `${name} ${seconds} ${subject}`;

/** In this process. Bounded: the quietest subject gives way. */
function memoryMeasures(now: () => number): Measures {
  const kept = new Map<string, Bucket[]>();
  const read = (measure: Measure, second: number) =>
    inWindow(kept.get(keyOf(measure)) ?? [], measure.seconds, second);
  const write = (measure: Measure, buckets: Bucket[]) => {
    const key = keyOf(measure);
    // Deleted first, so that the map stays in the order of last use.
    kept.delete(key);
    if (buckets.length > 0) kept.set(key, buckets);
    if (kept.size <= MAX_SUBJECTS) return;
    const [quietest] = kept.keys();
    if (quietest !== undefined) kept.delete(quietest);
  };
  return {
    async count(measures, take) {
      const second = Math.floor(now() / 1_000);
      const all = measures.map((measure) => read(measure, second));
      const gauged = measures.map((measure, at) => gauge(measure, all[at] ?? [], second));
      if (take && refusing(gauged) === null)
        for (const [at, measure] of measures.entries()) {
          const buckets = all[at] ?? [];
          const last = buckets.at(-1);
          if (last?.second === second) last.amount += amountOf(measure);
          else buckets.push({ second, amount: amountOf(measure) });
          write(measure, buckets);
        }
      return { second, gauged };
    },
    async add(measure, second, amount) {
      const bucket = kept.get(keyOf(measure))?.find((each) => each.second === second);
      if (bucket) bucket.amount += amount;
    },
  };
}
