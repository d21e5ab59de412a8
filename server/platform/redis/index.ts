/**
 * Redis or Valkey, one server (no cluster). What lies there may vanish at any time: counts, cached answers and messages
 * under way, never the only copy of anything.
 */
import { Redis } from "ioredis";
import { context } from "../telemetry/index.ts";

export type { Redis } from "ioredis";

/** A command that is not answered within this time has failed. */
const COMMAND_TIMEOUT_MS = 500;

/** Commands fail at once while the connection is away; it comes back by itself. */
export function connectRedis(url: string): Redis {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: 2_000,
    retryStrategy: (tries) => Math.min(tries * 100, 1_000),
  });
  // A loss is expected: whoever asks sees its command fail, and the health page shows it to operators.
  redis.on("error", () => context()?.note("redis_lost", true));
  return redis;
}
