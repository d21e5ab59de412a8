import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../test/harness/database.ts";
import { redisInstalled, startRedisCluster } from "../../../test/harness/redis.ts";
import { soon } from "../../../test/harness/soon.ts";
import { createBus } from "../bus/index.ts";
import { createCache } from "../cache/index.ts";
import { systemClock } from "../clock.ts";
import { createDb, type Db } from "../db/index.ts";
import { createLimiter, perMinute } from "../rate-limit/index.ts";
import { createLogger } from "../telemetry/index.ts";

const logger = createLogger("silent");
let database: TestDatabase;
let db: Db;
let cluster: Awaited<ReturnType<typeof startRedisCluster>> | null = null;
let open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  [database, cluster] = await Promise.all([
    createTestDatabase(),
    redisInstalled ? startRedisCluster() : null,
  ]);
  db = createDb({ url: database.url, max: 4 });
});
afterEach(async () => {
  for (const each of open.toReversed()) await each.close();
  open = [];
});
afterAll(async () => {
  await cluster?.close();
  await db.close();
  await database.drop();
});

/** What a process has of the cluster, once it hears of the other. */
async function twoProcesses() {
  const redis = { url: cluster?.url ?? "", prefix: "test" };
  const made = [0, 1].map(() => {
    const bus = createBus({ db, directUrl: database.url, redis, logger });
    const limiter = createLimiter({ redis, shared: { db, bus, logger } });
    const cache = createCache({ bus, redis, cascades: {}, shared: { db, clock: systemClock, logger } });
    open.push(bus, limiter, cache);
    return { bus, limiter, cache };
  });
  await soon(async () => {
    const states = made.map(({ bus, cache }) => ({
      ...bus.lines()[0],
      healthy: bus.healthy(),
      l2: cache.state().l2,
    }));
    for (const state of states)
      expect(state).toMatchObject({
        name: "redis",
        lagMs: expect.any(Number) as number,
        healthy: true,
        l2: "up",
      });
    await Promise.all(made.map(({ limiter }) => limiter.probe()));
  });
  return made as [(typeof made)[0], (typeof made)[0]];
}
type Process = Awaited<ReturnType<typeof twoProcesses>>[0];

const passed = async (processes: readonly Process[], calls: number): Promise<number> => {
  const [one, other] = [perMinute(randomUUID(), 50), perMinute(randomUUID(), 80)];
  const verdicts = await Promise.all(
    Array.from({ length: calls }, (_, at) =>
      processes[at % 2]?.limiter.take([
        { rule: one, subject: "a" },
        { rule: other, subject: `b${at}` },
      ]),
    ),
  );
  return verdicts.filter((verdict) => verdict?.allowed).length;
};
/** Reads through the cache of a process; counts what was loaded. */
const reader = (value: () => string) => {
  let loads = 0;
  return {
    loads: () => loads,
    read: ({ cache }: Process, key: string, tags: string[]) =>
      cache.get({ resource: "row", org: "org_1", key, tags, ttlSeconds: 300 }, async () => {
        loads += 1;
        return value();
      }),
  };
};

test.skipIf(!redisInstalled)("counts are exact, whatever servers their subjects would lie on", async () => {
  expect(await passed(await twoProcesses(), 400)).toBe(50);
});

test.skipIf(!redisInstalled)(
  "entries over all servers are shared, and fall with any of their tags",
  async () => {
    const [here, there] = await twoProcesses();
    let value = "old";
    const rows = reader(() => value);
    const keys = Array.from({ length: 30 }, () => ({
      key: randomUUID(),
      tags: [randomUUID(), randomUUID()],
    }));
    for (const { key, tags } of keys) await rows.read(here, key, tags);
    for (const { key, tags } of keys) expect(await rows.read(there, key, tags)).toBe("old");
    expect(rows.loads()).toBe(30);
    value = "new";
    for (const { tags } of keys) await here.cache.drop(tags.slice(1));
    for (const { key, tags } of keys)
      await soon(async () => expect(await rows.read(there, key, tags)).toBe("new"));
  },
);

test.skipIf(!redisInstalled)(
  "a server away: answers go on, and all of it is used again at its return",
  async () => {
    const processes = await twoProcesses();
    const [here] = processes;
    await cluster?.servers[1]?.kill();
    const rows = reader(() => "value");
    const keys = Array.from({ length: 10 }, () => randomUUID());
    for (const key of keys) expect(await rows.read(here, key, [randomUUID()])).toBe("value");
    const through = await passed(processes, 200);
    expect(through).toBeGreaterThanOrEqual(50);
    expect(through).toBeLessThanOrEqual(100);
    await cluster?.servers[1]?.start();
    await soon(() => expect(processes.map(({ limiter }) => limiter.degraded())).toEqual([false, false]));
    await soon(async () => expect(await passed(processes, 200)).toBe(50));
  },
);
