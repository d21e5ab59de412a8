import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../test/harness/database.ts";
import { redisInstalled, startRedis, type TestRedis } from "../../../test/harness/redis.ts";
import { createBus, type Bus } from "../bus/index.ts";
import { offsetClock } from "../clock.ts";
import { createDb, type Db } from "../db/index.ts";
import { createLogger } from "../telemetry/index.ts";
import { createLimiter, perMinute, type Limiter, type Rule } from "./index.ts";
import { purgeLimits } from "./purge.ts";
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

/** Limiters as so many processes have them, once they know of each other. */
async function processes(count: number, redisUrl: string | null): Promise<Limiter[]> {
  const shared = redisUrl ? { url: redisUrl, prefix: "test" } : null;
  const buses: Bus[] = [];
  const limiters = Array.from({ length: count }, () => {
    const bus = createBus({ db, directUrl: database.url, redis: shared, logger });
    const limiter = createLimiter({ redis: shared, shared: { db, bus, logger } });
    buses.push(bus);
    open.push(bus, limiter);
    return limiter;
  });
  await soon(async () => {
    expect(buses.map((bus) => [bus.healthy(), bus.processes()])).toEqual(buses.map(() => [true, count]));
    await Promise.all(limiters.map((limiter) => limiter.probe()));
  });
  return limiters;
}

/** How many of so many calls at once get through, spread over the processes. */
async function passed(limiters: readonly Limiter[], rule: Rule, calls: number): Promise<number> {
  const verdicts = await Promise.all(
    Array.from({ length: calls }, (_, i) => limiters[i % limiters.length]?.take([{ rule, subject: "s" }])),
  );
  return verdicts.filter((verdict) => verdict?.allowed).length;
}

test.skipIf(!redisInstalled)("4 processes, 10 times the limit at once: exactly the limit pass", async () => {
  const limiters = await processes(4, redis?.url ?? null);
  for (const kind of [undefined, "auth"] as const)
    expect(await passed(limiters, perMinute(randomUUID(), 100, kind), 1_000)).toBe(100);
});

test.skipIf(!redisInstalled)(
  "Redis killed midway: at most twice the limit pass, and operators see it",
  async () => {
    const limiters = await processes(4, redis?.url ?? null);
    const rule = perMinute(randomUUID(), 100);
    const before = await passed(limiters, rule, 60);
    const [during] = await Promise.all([passed(limiters, rule, 500), redis?.kill()]);
    const after = await passed(limiters, rule, 500);
    expect(before).toBe(60);
    expect(before + during + after).toBeGreaterThanOrEqual(100);
    expect(before + during + after).toBeLessThanOrEqual(200);
    await soon(() => expect(limiters.every((limiter) => limiter.degraded())).toBe(true));
    await redis?.start();
    await soon(() => expect(limiters.some((limiter) => limiter.degraded())).toBe(false));
    expect(await passed(limiters, perMinute(randomUUID(), 100), 1_000)).toBe(100);
  },
);

test("without Redis sign-in and payment are exact for all processes, the rest is shared out", async () => {
  const limiters = await processes(4, null);
  for (const kind of ["auth", "payment"] as const)
    expect(await passed(limiters, perMinute(randomUUID(), 5, kind), 40)).toBe(5);
  expect(await passed(limiters, perMinute(randomUUID(), 100), 1_000)).toBe(100);
});

test("without Redis, too, a request takes from all of its windows or from none", async () => {
  const [limiter] = (await processes(1, null)) as [Limiter];
  const [tight, wide] = [perMinute(randomUUID(), 1, "auth"), perMinute(randomUUID(), 10)];
  const both = (subject: string) => [
    { rule: tight, subject },
    { rule: wide, subject: "all" },
  ];
  const allowed: boolean[] = [];
  for (const subject of ["a", "a", "a", "b"]) allowed.push((await limiter.take(both(subject))).allowed);
  expect(allowed).toEqual([true, false, false, true]);
  expect(await limiter.look([{ rule: wide, subject: "all" }])).toMatchObject([{ remaining: 8 }]);
});

test("an operator's limit for one subject holds in every process, and ends with its removal", async () => {
  const limiters = (await processes(2, null)) as [Limiter, Limiter];
  const rule = perMinute("own", 2, "auth");
  const override = { subject: "s", class: "own", limit: 6, windowSeconds: 10, createdAt: new Date() };
  const windows = () => limiters.map((limiter) => limiter.applied([{ rule, subject: "s" }])[0]?.rule.windows);
  const become = (limit: number, seconds: number) =>
    soon(() => expect(windows()).toEqual(limiters.map(() => [{ limit, seconds }])));
  await limiters[0].overrides?.put(override, async () => undefined);
  await become(6, 10);
  expect(await passed(limiters, rule, 40)).toBe(6);
  expect(await limiters[1].overrides?.remove("s", "own", async () => undefined)).toBe(true);
  await become(2, 60);
  expect(await limiters[1].overrides?.remove("s", "own", async () => undefined)).toBe(false);
});

test("counts whose windows are over and refusals of more than a day ago are deleted", async () => {
  const [limiter] = (await processes(1, null)) as [Limiter];
  const rule = perMinute(randomUUID(), 1, "auth");
  await passed([limiter], rule, 3);
  await limiter.flush();
  const rows = async () => {
    const { rows: all } = await db.pool.query<{ takes: number; refusals: number }>(
      `select (select count(*)::int from platform.limit_takes where key like $1 || '%') as takes,
         (select count(*)::int from platform.limit_refusals where class = $1) as refusals`,
      [rule.name],
    );
    return all[0];
  };
  const purgeAfter = (ms: number) => purgeLimits({ db, clock: offsetClock(ms) });
  expect(await rows()).toEqual({ takes: 1, refusals: 1 });
  await purgeAfter(0);
  expect(await rows()).toEqual({ takes: 1, refusals: 1 });
  await purgeAfter(61_000);
  expect(await rows()).toEqual({ takes: 0, refusals: 1 });
  await purgeAfter(27 * 3_600_000);
  expect(await rows()).toEqual({ takes: 0, refusals: 0 });
});
