import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../../test/harness/database.ts";
import { createDb, createLane, type Db, type Statements } from "./index.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let db: Db;
let lane: Statements;

beforeAll(async () => {
  database = await createTestDatabase();
  db = createDb({ url: database.url });
  lane = createLane(db);
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

const run = <Row>(name: string, text: string) => lane.run<Row>({ name, text, values: [] });
const WHO = "select pg_backend_pid() as pid, pg_current_xact_id()::text as xact from pg_sleep(0.05)";

test("statements under way share a connection, each in a transaction of its own, and give it back", async () => {
  type Who = { pid: number; xact: string };
  const all = (await Promise.all([1, 2, 3].map(() => run<Who>("l_who", WHO)))).flat();
  expect([new Set(all.map(({ pid }) => pid)).size, new Set(all.map(({ xact }) => xact)).size]).toEqual([
    1, 3,
  ]);
  expect([db.pool.totalCount, db.pool.idleCount]).toEqual([1, 1]);
});

test("a statement that is refused takes none of the others with it", async () => {
  const all = [run("l_one", "select 1"), run("l_zero", "select 1 / 0"), run("l_one", "select 1")];
  const ends = await Promise.allSettled(all);
  expect(ends.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(await run("l_two", "select 2 as two")).toEqual([{ two: 2 }]);
});

test("a connection that breaks fails all that are under way on it; the next statement gets another", async () => {
  const kill = "select pg_terminate_backend(pg_backend_pid())";
  const ends = await Promise.allSettled([run("l_kill", kill), run("l_one", "select 1")]);
  expect(ends.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await run("l_two", "select 2 as two")).toEqual([{ two: 2 }]);
  expect([db.pool.totalCount, db.pool.idleCount]).toEqual([1, 1]);
});

test("without a database it is the documented 503, each time anew", async () => {
  const nowhere = createDb({ url: "postgres://nobody@127.0.0.1:9/none" });
  const away = createLane(nowhere);
  for (let n = 0; n < 2; n += 1)
    await expect(away.run({ name: "l_one", text: "select 1", values: [] })).rejects.toMatchObject({
      kind: { code: "database_unavailable" },
    });
  await nowhere.close();
});
