import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../test/harness/database.ts";
import { redisInstalled, startRedis, type TestRedis } from "../../../test/harness/redis.ts";
import { createDb, type Db, withSystemTx } from "../db/index.ts";
import { createLogger } from "../telemetry/index.ts";
import { createBus, type Bus } from "./index.ts";
import { soon } from "../../../test/harness/soon.ts";

let database: TestDatabase;
let db: Db;
let redis: TestRedis | null = null;
let open: Bus[] = [];

beforeAll(async () => {
  [database, redis] = await Promise.all([createTestDatabase(), redisInstalled ? startRedis() : null]);
  db = createDb({ url: database.url });
});
afterEach(async () => {
  await Promise.all(open.map((bus) => bus.close()));
  open = [];
});
afterAll(async () => {
  await redis?.kill();
  await db.close();
  await database.drop();
});

/** Buses that hear themselves and each other. */
async function buses(count: number, redisUrl: string | null, serving = true): Promise<Bus[]> {
  const made = Array.from({ length: count }, () =>
    createBus({
      db,
      directUrl: database.url,
      redis: redisUrl ? { url: redisUrl, prefix: "test" } : null,
      serving,
      logger: createLogger("silent"),
    }),
  );
  open.push(...made);
  await healthy(made);
  return made;
}
const healthy = (all: Bus[], is = true) =>
  soon(() => expect(all.map((bus) => bus.healthy())).toEqual(all.map(() => is)));
/** Everything a bus hears on the channel from now on. */
function heardBy(bus: Bus, channel = "c"): string[] {
  const texts: string[] = [];
  bus.subscribe(channel, (text) => void texts.push(text));
  return texts;
}
const hears = (texts: string[], ...expected: string[]) => soon(() => expect(texts).toEqual(expected));

const ways = [["NOTIFY", () => null] as const, ["Redis", () => redis?.url ?? null] as const];
describe.each(ways)("over %s", (name, url) => {
  test.skipIf(name === "Redis" && !redisInstalled)(
    "a text reaches its sender at once and the others on the channel",
    async () => {
      const [a, b] = (await buses(2, url())) as [Bus, Bus];
      const [own, other, elsewhere] = [heardBy(a), heardBy(b), heardBy(b, "d")];
      a.publish("c", "one two\nthree ü");
      expect(own).toEqual(["one two\nthree ü"]);
      await hears(other, "one two\nthree ü");
      expect(elsewhere).toEqual([]);
      expect(own).toHaveLength(1);
    },
  );

  test.skipIf(name === "Redis" && !redisInstalled)(
    "processes that answer requests are counted, and one that says goodbye is not",
    async () => {
      const [a, b] = (await buses(2, url())) as [Bus, Bus];
      await buses(1, url(), false);
      await soon(() => expect([a.processes(), b.processes()]).toEqual([2, 2]));
      await b.close();
      await soon(() => expect(a.processes()).toBe(1));
    },
  );
});

test("what leaves with a transaction arrives only when it commits", async () => {
  const [a, b] = (await buses(2, null)) as [Bus, Bus];
  const [own, other] = [heardBy(a), heardBy(b)];
  await withSystemTx(db, async (tx) => {
    await a.publishWith(tx, "c", "kept");
    expect(own).toEqual([]);
  });
  const failing = withSystemTx(db, async (tx) => {
    await a.publishWith(tx, "c", "undone");
    throw new Error("no");
  });
  await expect(failing).rejects.toThrow("no");
  expect(own).toEqual(["kept"]);
  a.publish("c", "after");
  await hears(other, "kept", "after");
});

test("a lost connection is told, and texts sent meanwhile leave by another", async () => {
  const [a, b] = (await buses(2, null)) as [Bus, Bus];
  const other = heardBy(b);
  let gaps = 0;
  b.onGap(() => void (gaps += 1));
  await db.pool.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'holdfast-listen' and datname = current_database()",
  );
  await healthy([a, b], false);
  await healthy([a, b]);
  expect(gaps).toBe(2);
  a.publish("c", "again");
  await hears(other, "again");
});

test.skipIf(!redisInstalled)("Redis frozen: the bus says so and NOTIFY carries on", async () => {
  const [a, b] = (await buses(2, redis?.url ?? null)) as [Bus, Bus];
  const other = heardBy(b);
  redis?.freeze();
  await healthy([a, b], false);
  a.publish("c", "by another way");
  await hears(other, "by another way");
  expect(a.processes()).toBe(2);
  redis?.thaw();
  await healthy([a, b]);
});

test.skipIf(!redisInstalled)("Redis killed and started again: the bus is whole again", async () => {
  const [a, b] = (await buses(2, redis?.url ?? null)) as [Bus, Bus];
  await redis?.kill();
  await healthy([a, b], false);
  await redis?.start();
  await healthy([a, b]);
  const other = heardBy(b);
  a.publish("c", "back");
  await hears(other, "back");
  expect(a.lines().map(({ name }) => name)).toEqual(["redis", "postgres"]);
});
