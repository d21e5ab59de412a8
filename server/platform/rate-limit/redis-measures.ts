import type { Redis } from "../redis/index.ts";
import { amountOf, type Measure, type Measures } from "./measure.ts";

/**
 * One hash per measure, from second to amount, by Redis's own time; ARGV[1] is another one, or empty. Runs as a whole or not
 * at all: nobody counts in between.
 */
const COUNT = `
local t = redis.call('TIME')
local now = tonumber(ARGV[1]) or t[1] * 1000 + math.floor(t[2] / 1000)
local second = math.floor(now / 1000)
local allowed, out = true, { second }
for i, key in ipairs(KEYS) do
  local limit, seconds, amount = tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1]), tonumber(ARGV[3 * i + 2])
  local flat = redis.call('HGETALL', key)
  local used, buckets = 0, {}
  for j = 1, #flat, 2 do
    local at, taken = tonumber(flat[j]), tonumber(flat[j + 1])
    if at + seconds < second then
      redis.call('HDEL', key, flat[j])
    else
      used = used + taken
      buckets[#buckets + 1] = { at, taken }
    end
  end
  local over, frees = used + amount - limit, 0
  if over > 0 then
    allowed = false
    table.sort(buckets, function(a, b) return a[1] < b[1] end)
    for _, bucket in ipairs(buckets) do
      if over <= 0 then break end
      over = over - bucket[2]
      frees = bucket[1] + seconds + 1 - second
    end
  end
  out[#out + 1] = used
  out[#out + 1] = frees
end
if allowed and ARGV[2] == '1' then
  for i, key in ipairs(KEYS) do
    redis.call('HINCRBY', key, string.format('%.0f', second), ARGV[3 * i + 2])
    redis.call('EXPIRE', key, ARGV[3 * i + 1] + 2)
  end
end
return out`;

/** A second that counts no more stays away. */
const ADD = `
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then
  redis.call('HINCRBY', KEYS[1], ARGV[1], ARGV[2])
end`;

type Scripted = Redis & {
  countMeasures(keys: number, ...rest: (string | number)[]): Promise<number[]>;
  addMeasure(keys: number, ...rest: (string | number)[]): Promise<unknown>;
};

/** Amounts in Redis: one round trip for all, on one server of a cluster. Rejects when it does not answer. */
export function redisMeasures(redis: Redis, prefix: string, testNow: () => number | null): Measures {
  redis.defineCommand("countMeasures", { lua: COUNT });
  redis.defineCommand("addMeasure", { lua: ADD });
  const scripted = redis as Scripted;
  const keyOf = ({ name, seconds, subject }: Measure) => `{${prefix}}:measure:${name}:${seconds}:${subject}`;
  return {
    async count(measures, take) {
      const [second, ...flat] = await scripted.countMeasures(
        measures.length,
        ...measures.map(keyOf),
        testNow() ?? "",
        take ? 1 : 0,
        ...measures.flatMap((measure) => [measure.limit, measure.seconds, amountOf(measure)]),
      );
      const gauged = measures.map((_, at) => ({
        used: Number(flat[2 * at]),
        freesInSeconds: Number(flat[2 * at + 1]),
      }));
      return { second: Number(second), gauged };
    },
    async add(measure, second, amount) {
      await scripted.addMeasure(1, keyOf(measure), second, amount);
    },
  };
}
