/**
 * Requests per minute of one subject in one class. Counted in Redis or Valkey when configured, so that all processes share
 * one count; in this process's memory otherwise, and while Redis does not answer.
 */
import { Redis } from "ioredis";
import {
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
  type RateLimiterAbstract,
} from "rate-limiter-flexible";
import { context } from "../telemetry/index.ts";

export type Limit = { name: string; perMinute: number };
export type Verdict = { allowed: boolean; limit: number; remaining: number; resetSeconds: number };

export type Limiter = {
  take(limit: Limit, subject: string): Promise<Verdict>;
  /** "memory", or Redis's answer to PING. */
  probe(): Promise<string>;
  close(): void;
};

const WINDOW_SECONDS = 60;

/** A limiter per class and rate, made at first use. `redisUrl` null: memory alone. */
export function createLimiter(redisUrl: string | null = null): Limiter {
  const redis = redisUrl ? connect(redisUrl) : null;
  const limiters = new Map<string, RateLimiterAbstract>();
  const of = ({ name, perMinute }: Limit) => {
    const keyPrefix = `limit:${name}:${perMinute}`;
    const known = limiters.get(keyPrefix);
    if (known) return known;
    const base = { keyPrefix, points: perMinute, duration: WINDOW_SECONDS };
    const memory = new RateLimiterMemory(base);
    const made = redis
      ? new RateLimiterRedis({ ...base, storeClient: redis, insuranceLimiter: memory })
      : memory;
    limiters.set(keyPrefix, made);
    return made;
  };
  return {
    async take(limit, subject) {
      const answer = await of(limit)
        .consume(subject)
        .catch((error: unknown) => {
          if (error instanceof RateLimiterRes) return error;
          throw error;
        });
      return {
        allowed: answer.consumedPoints <= limit.perMinute,
        limit: limit.perMinute,
        remaining: Math.max(0, answer.remainingPoints),
        resetSeconds: Math.ceil(answer.msBeforeNext / 1000),
      };
    },
    probe: async () => (redis ? `redis ${await redis.ping()}` : "memory"),
    close: () => redis?.disconnect(),
  };
}

function connect(url: string): Redis {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: 500,
    connectTimeout: 2_000,
  });
  // A loss is expected: the limiter counts in memory meanwhile, and the probe shows it to operators.
  redis.on("error", () => context()?.note("redis_lost", true));
  return redis;
}
