import type { Redis } from "../redis/index.ts";
import type { Counts } from "./counts.ts";
import { windowsOf } from "./rule.ts";

/**
 * One list of instants per window, oldest first, by Redis's own time so that processes need not agree on theirs; ARGV[1]
 * is another one, or empty. Runs as a whole or not at all: nobody counts in between.
 */
const SCRIPT = `
local t = redis.call('TIME')
local now = tonumber(ARGV[1]) or t[1] * 1000 + math.floor(t[2] / 1000)
local allowed, out = true, {}
for i, key in ipairs(KEYS) do
  local limit, window = tonumber(ARGV[1 + 2 * i]), tonumber(ARGV[2 + 2 * i])
  local oldest = redis.call('LINDEX', key, 0)
  while oldest and tonumber(oldest) <= now - window do
    redis.call('LPOP', key)
    oldest = redis.call('LINDEX', key, 0)
  end
  local count = redis.call('LLEN', key)
  local frees = oldest
  if count >= limit then
    allowed = false
    frees = redis.call('LINDEX', key, count - limit)
  end
  out[#out + 1] = count
  out[#out + 1] = frees and tonumber(frees) + window - now or window
end
if allowed and ARGV[2] == '1' then
  for i, key in ipairs(KEYS) do
    redis.call('RPUSH', key, string.format('%.0f', now))
    redis.call('PEXPIRE', key, ARGV[2 + 2 * i])
  end
end
return out`;

type Scripted = Redis & { countTakes(keys: number, ...rest: (string | number)[]): Promise<number[]> };

/** Counts in Redis: one round trip, exact for all processes. In a cluster one server counts all of them, so that a request takes whole. Rejects when it does not answer. */
export function redisCounts(redis: Redis, prefix: string, testNow: () => number | null): Counts {
  redis.defineCommand("countTakes", { lua: SCRIPT });
  return {
    async count(takings, take) {
      const windows = windowsOf(takings);
      const keys = windows.map(
        ({ rule, seconds, subject }) => `{${prefix}}:limit:${rule.name}:${seconds}:${subject}`,
      );
      const sizes = windows.flatMap(({ limit, seconds }) => [limit, seconds * 1_000]);
      const flat = await (redis as Scripted).countTakes(
        keys.length,
        ...keys,
        testNow() ?? "",
        take ? 1 : 0,
        ...sizes,
      );
      return windows.map((_, at) => ({ count: Number(flat[2 * at]), freesInMs: Number(flat[2 * at + 1]) }));
    },
  };
}
