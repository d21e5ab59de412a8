import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../test/harness/database.ts";
import { redisInstalled, startRedis, type TestRedis } from "../../../test/harness/redis.ts";
import { createBus } from "../bus/index.ts";
import { offsetClock, systemClock } from "../clock.ts";
import { createDb, type Db, withSystemTx } from "../db/index.ts";
import { createLogger } from "../telemetry/index.ts";
import { createCache, queryKey, type Cache } from "./index.ts";
import { purgeStats } from "./purge.ts";
import { readStats } from "./read-stats.ts";
import { soon } from "../../../test/harness/soon.ts";

const logger = createLogger("silent");
let database: TestDatabase;
let db: Db;
let redis: TestRedis | null = null;
let open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  [database, redis] = await Promise.all([createTestDatabase(), redisInstalled ? startRedis() : null]);
  db = createDb({ url: database.url, max: 4 });
});
afterEach(async () => {
  for (const each of open.toReversed()) await each.close();
  open = [];
});
afterAll(async () => {
  await redis?.kill();
  await db.close();
  await database.drop();
});

/** Caches as so many processes have them. */
async function processes(count: number, redisUrl: string | null): Promise<Cache[]> {
  const config = redisUrl ? { url: redisUrl, prefix: "test" } : null;
  const made = Array.from({ length: count }, () => {
    const bus = createBus({ db, directUrl: database.url, redis: config, logger });
    const shared = { db, clock: systemClock, logger };
    const cache = createCache({ bus, redis: config, cascades: { organization: ["users"] }, shared });
    open.push(bus, cache);
    return { bus, cache };
  });
  await soon(() => {
    expect(made.map(({ bus }) => bus.healthy())).toEqual(made.map(() => true));
    expect(made.map(({ cache }) => cache.state().l2)).toEqual(made.map(() => (config ? "up" : "off")));
  });
  return made.map(({ cache }) => cache);
}

/** A row in the database of the test: its value, and how often it was loaded. */
function row(tags: string[] = [`row:${randomUUID()}`]) {
  let value = "old";
  let loads = 0;
  let gate: Promise<void> = Promise.resolve();
  const entry = { resource: "row", org: "org_1", key: randomUUID(), tags, ttlSeconds: 300 };
  return {
    tags,
    entry,
    set: (to: string) => void (value = to),
    loads: () => loads,
    /** Loads from now on have read their value, and end only when told. */
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
    read: (cache: Cache) =>
      cache.get(entry, async () => {
        loads += 1;
        const read = value;
        await gate;
        return read;
      }),
  };
}

const ways = [
  { name: "alone", url: () => null },
  { name: "with Redis", url: () => redis?.url ?? null },
].filter(({ name }) => name === "alone" || redisInstalled);
describe.each(ways)("$name", ({ name, url }) => {
  test("200 misses at once make one load per process at most", async () => {
    const caches = await processes(2, url());
    const { read, loads } = row();
    const all = caches.flatMap((cache) => Array.from({ length: 200 }, () => read(cache)));
    expect(new Set(await Promise.all(all))).toEqual(new Set(["old"]));
    expect(loads()).toBeLessThanOrEqual(name === "with Redis" ? 1 : 2);
    await Promise.all(caches.map(read));
    expect(loads()).toBeLessThanOrEqual(name === "with Redis" ? 1 : 2);
  });

  test("a value changed during a slow load is not served later, in any process", async () => {
    const [here, there] = (await processes(2, url())) as [Cache, Cache];
    const { read, set, hold, loads, tags } = row();
    const release = hold();
    const slow = read(here);
    await soon(() => expect(loads()).toBe(1));
    set("new");
    await there.drop(tags);
    await soon(async () => {
      // Whoever asks now joins the slow load until its tag has fallen here.
      void read(here);
      expect(loads()).toBeGreaterThan(1);
    });
    release();
    expect(await slow).toBe("old");
    for (const cache of [here, there, here, there]) expect(await read(cache)).toBe("new");
  });

  test("a tag falls in every process once its change has committed, and with it what it cascades to", async () => {
    const caches = (await processes(2, url())) as [Cache, Cache];
    const id = randomUUID();
    const { read, set } = row([`users:${id}`]);
    await Promise.all(caches.map(read));
    await withSystemTx(db, async (tx) => {
      caches[0].invalidate(tx, [`organization:${id}`]);
      set("new");
      expect(await read(caches[1])).toBe("old");
    });
    expect(await read(caches[0])).toBe("new");
    await soon(async () => expect(await read(caches[1])).toBe("new"));
    const undone = withSystemTx(db, async (tx) => {
      caches[0].invalidate(tx, [`users:${id}`]);
      set("never committed");
      throw new Error("undone");
    });
    await expect(undone).rejects.toThrow("undone");
    expect(await read(caches[0])).toBe("new");
  });

  test("errors are shared by those who wait, and never kept", async () => {
    const [cache] = (await processes(1, url())) as [Cache];
    const { entry } = row();
    const failing = () => cache.get(entry, () => Promise.reject(new Error("no")));
    expect((await Promise.allSettled([failing(), failing()])).map(({ status }) => status)).toEqual([
      "rejected",
      "rejected",
    ]);
    expect(await cache.get(entry, async () => "fine")).toBe("fine");
  });

  test("every reader gets a copy of its own, dates, bigints and null included", async () => {
    const [cache] = (await processes(1, url())) as [Cache];
    const value = { at: new Date(0), amount: 2n ** 60n, none: null, list: [1] };
    const read = () => cache.get(row().entry, async () => value);
    const first = await read();
    first.list.push(2);
    expect(await read()).toEqual({ ...value, list: [1] });
    expect(await cache.get(row().entry, async () => null)).toBeNull();
  });
});

test.skipIf(!redisInstalled)(
  "what one process loaded the next finds in Redis, and counts say so",
  async () => {
    const [here, there] = (await processes(2, redis?.url ?? null)) as [Cache, Cache];
    const { read, loads } = row();
    await read(here);
    await read(there);
    await read(there);
    expect(loads()).toBe(1);
    await Promise.all([here.flush(), there.flush()]);
    const counted = (await readStats({ db, clock: systemClock }, "1h")).find(
      ({ resource }) => resource === "row",
    );
    expect(counted?.l2_hits).toBeGreaterThanOrEqual(1);
    expect(counted?.p50_ms).toBeGreaterThan(0);
    expect(counted?.hit_ratio).toBeGreaterThan(0);
    await purgeStats({ db, clock: offsetClock(27 * 3_600_000) });
    expect(await readStats({ db, clock: systemClock }, "24h")).toEqual([]);
  },
);

test.skipIf(!redisInstalled)(
  "Redis killed: reads and invalidations carry on, and its return brings nothing old back",
  async () => {
    const [here, there] = (await processes(2, redis?.url ?? null)) as [Cache, Cache];
    const { read, set, tags } = row();
    await Promise.all([read(here), read(there)]);
    await redis?.kill();
    set("new");
    await here.drop(tags);
    expect(await read(here)).toBe("new");
    await soon(async () => expect(await read(there)).toBe("new"));
    await redis?.start();
    await soon(() => expect([here.state().l2, there.state().l2]).toEqual(["up", "up"]));
    for (const cache of [here, there]) expect(await read(cache)).toBe("new");
  },
);

test.skipIf(!redisInstalled)("Redis frozen: a read waits for it once, not 200 times", async () => {
  const [cache] = (await processes(1, redis?.url ?? null)) as [Cache];
  redis?.freeze();
  const startedAt = performance.now();
  for (let i = 0; i < 200; i += 1) expect(await row().read(cache)).toBe("old");
  expect(performance.now() - startedAt).toBeLessThan(3_000);
  redis?.thaw();
});

test("a query's key does not depend on the order of its fields, and on every value", () => {
  expect(queryKey({ limit: 1, after: undefined, b: "x" })).toBe(queryKey({ b: "x", limit: 1 }));
  expect(queryKey({ limit: 1 })).not.toBe(queryKey({ limit: 2 }));
});
