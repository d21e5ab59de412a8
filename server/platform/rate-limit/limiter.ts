import type { Bus } from "../bus/index.ts";
import { type Clock, systemClock } from "../clock.ts";
import type { Db } from "../db/index.ts";
import { connectRedis, type Redis } from "../redis/index.ts";
import type { Logger, Metrics } from "../telemetry/index.ts";
import { countsWithoutRedis } from "./away.ts";
import type { Counted } from "./counts.ts";
import { memoryCounts } from "./memory-counts.ts";
import { createMeter, type Meter } from "./meter.ts";
import { createOverrides, type Overrides } from "./overrides.ts";
import { postgresCounts } from "./postgres-counts.ts";
import { redisCounts } from "./redis-counts.ts";
import { createRefusals } from "./refusals.ts";
import { judge, type Taking, type Tally, type Verdict, windowsOf } from "./rule.ts";

export type Limiter = {
  /** Takes one from every window when all have room. */
  take(takings: readonly Taking[]): Promise<Verdict>;
  /** The windows as they are; nothing is taken. */
  look(takings: readonly Taking[]): Promise<Looked[]>;
  /** With the windows that operators set. */
  applied(takings: readonly Taking[]): readonly Taking[];
  readonly overrides: Overrides | null;
  /** Amounts, such as tokens a minute; not changed by operators. */
  readonly meter: Meter;
  /** Redis is configured and does not answer. */
  degraded(): boolean;
  /** Writes down who was refused since the last time; called by itself every 5 s. */
  flush(): Promise<void>;
  /** Where counts are kept: "memory", or Redis's answer to PING. */
  probe(): Promise<string>;
  close(): Promise<void>;
};
export type Looked = {
  class: string;
  limit: number;
  windowSeconds: number;
  remaining: number;
  resetsInSeconds: number;
};

export type LimiterOptions = {
  clock?: Clock;
  redis?: { url: string; prefix: string } | null;
  /** Everything that outlives a process: `auth` and `payment` without Redis, overrides, who was refused. */
  shared?: { db: Db; bus: Bus; logger: Logger };
  metrics?: Metrics;
  /** Leaves rules of kind `auth` and `ceiling` out; for tests. */
  relaxed?: boolean;
};

const REST_MS = 1_000;

const UNLIMITED: Verdict = { allowed: true, name: "none", limit: 0, remaining: 0, resetSeconds: 0 };

/** Without options: in this process's memory alone. */
export function createLimiter(options: LimiterOptions = {}): Limiter {
  const { clock, shared, metrics, relaxed = false } = options;
  const now = () => clock?.now().getTime() ?? Date.now();
  const redis = options.redis ? connectRedis(options.redis.url) : null;
  const { count, degraded } = createCounting(options, redis, now);
  const overrides = shared ? createOverrides(shared.db, shared.bus, shared.logger) : null;
  const refusals = createRefusals(shared ?? null, now);
  const limited = metrics?.counter("rate_limited_total", "Requests refused for their rate", ["class"]);
  watch(metrics, degraded);
  const meter = createMeter({
    redis: redis && options.redis ? { client: redis, prefix: options.redis.prefix } : null,
    now,
    // As of takes: Redis goes by its own time, unless a test has another.
    testNow: () => (clock && clock !== systemClock ? now() : null),
    processes: () => shared?.bus.processes() ?? 1,
  });

  const limiting = (takings: readonly Taking[]) =>
    relaxed ? takings.filter(({ rule }) => rule.kind !== "auth" && rule.kind !== "ceiling") : takings;
  const applied = (takings: readonly Taking[]) => overrides?.apply(limiting(takings)) ?? limiting(takings);
  return {
    async take(asked) {
      const takings = applied(asked);
      if (takings.length === 0) return UNLIMITED;
      const counted = await count(takings, true);
      const verdict = judge(counted.takings, counted.tallies);
      if (!verdict.allowed) {
        const { rule, subject } = tightestOf(counted);
        limited?.inc({ class: rule.name });
        refusals.note(rule.name, subject);
      }
      return verdict;
    },
    async look(asked) {
      const takings = applied(asked);
      return takings.length === 0 ? [] : lookedAt(await count(takings, false));
    },
    applied,
    meter,
    overrides,
    degraded,
    flush: () => refusals.flush(),
    probe: async () => (redis ? `redis ${await redis.ping()}` : "memory"),
    async close() {
      await refusals.close();
      redis?.disconnect();
    },
  };
}

/** Redis while it answers; then nobody asks it for a second, so that not every request waits for its timeout. */
function createCounting(
  { clock, redis: config, shared }: LimiterOptions,
  redis: Redis | null,
  now: () => number,
) {
  // Redis and the database go by their own time, unless a test has another.
  const testNow = () => (clock && clock !== systemClock ? now() : null);
  const inRedis = redis && config ? redisCounts(redis, config.prefix, testNow) : null;
  const inMemory = memoryCounts(now);
  const inPostgres = shared ? postgresCounts(shared.db, testNow) : inMemory;
  const withoutRedis = countsWithoutRedis(inMemory, inPostgres, () => shared?.bus.processes() ?? 1);
  let restUntil = -Infinity;
  const heardOfRedis = () =>
    shared?.bus.lines().every(({ name, lagMs }) => name !== "redis" || lagMs !== null) ?? true;
  return {
    degraded: () => redis !== null && (performance.now() < restUntil || !heardOfRedis()),
    async count(takings: readonly Taking[], take: boolean): Promise<Counted> {
      if (!inRedis || performance.now() < restUntil) return withoutRedis(takings, take);
      try {
        return { takings, tallies: await inRedis.count(takings, take) };
      } catch {
        // Shown by the gauge and the probe; what Redis may have counted of this request is lost with it.
        restUntil = performance.now() + REST_MS;
        return withoutRedis(takings, take);
      }
    },
  };
}

const lookedAt = ({ takings, tallies }: Counted): Looked[] =>
  windowsOf(takings).map(({ rule, limit, seconds }, at) => {
    const { count, freesInMs } = tallies[at] as Tally;
    return {
      class: rule.name,
      limit,
      windowSeconds: seconds,
      remaining: Math.max(0, limit - count),
      resetsInSeconds: count === 0 ? 0 : Math.max(1, Math.ceil(freesInMs / 1_000)),
    };
  });

/** The subject whose window refuses for the longest. */
function tightestOf({ takings, tallies }: Counted): Taking {
  const [first] = windowsOf(takings)
    .map((window, at) => ({ window, tally: tallies[at] as Tally }))
    .filter(({ window, tally }) => tally.count >= window.limit)
    .sort((a, b) => b.tally.freesInMs - a.tally.freesInMs);
  return (first?.window ?? takings[0]) as Taking;
}

function watch(metrics: Metrics | undefined, degraded: () => boolean): void {
  const gauge = metrics?.gauge("limiter_degraded", "1 while Redis does not answer", [], async () => {
    gauge?.set(degraded() ? 1 : 0);
  });
}
