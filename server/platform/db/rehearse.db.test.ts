import { afterAll, beforeAll, expect, test } from "vitest";
import pg from "pg";
import { createTestDatabase, type TestDatabase } from "../../../test/harness/database.ts";
import { newId } from "../ids.ts";
import { createDb, rehearse, withTx, type Db } from "./index.ts";

let database: TestDatabase;
let owners: pg.Pool;
let db: Db;
const [org, other] = [newId("org"), newId("org")];

beforeAll(async () => {
  database = await createTestDatabase();
  owners = new pg.Pool({ connectionString: database.ownerUrl, max: 1 });
  db = createDb({ url: database.url, max: 2 });
  await owners.query(`
    create schema t; grant usage on schema t to holdfast_app;
    create table t.rows (org_id text, id int, n int, secret bytea, primary key (org_id, id));
    alter table t.rows enable row level security, force row level security;
    create policy tenant on t.rows to holdfast_app using (org_id = nullif(current_setting('app.org', true), ''));
    create table t.blind (id int);
    grant select, insert, update, delete on t.rows to holdfast_app;
    grant insert on t.blind to holdfast_app;
    insert into t.rows select o, n, n, null from unnest(array['${org}', '${other}']) o, generate_series(1, 5) n`);
});
afterAll(async () => {
  await db.close();
  await owners.end();
  await database.drop();
});

const everything = async () =>
  (await owners.query("select * from t.rows order by org_id, id")).rows as unknown[];

test("what a transaction would insert and change is told, by whatever statement, and nothing stays", async () => {
  const before = await everything();
  // Counts of the transaction before on the same connection must not be taken for this one's.
  await withTx(db, org, (tx) => tx.query("t.noise", "update t.rows set n = n where id = 5"));
  let committed = false;
  const { value, changes, more } = await rehearse(db, org, async (tx) => {
    tx.afterCommit(() => (committed = true));
    await tx.query("t.lock", "select * from t.rows where id = 4 for update");
    await tx.query(
      "t.mixed",
      `with gone as (delete from t.rows where id = 1 returning 1), changed as (update t.rows set n = 20 where id = 2 returning 1)
       insert into t.rows values ($1, 9, 90, '\\x00112233445566778899')`,
      [org],
    );
    await tx.query("t.twice", "update t.rows set n = n + 1 where id = 9");
    return "done";
  });
  // The deleted row cannot be told from the one that was locked.
  expect([value, more, committed]).toEqual(["done", true, false]);
  expect(changes).toEqual([
    expect.objectContaining({
      table: "t.rows",
      op: "updated",
      key: { org_id: org, id: 2 },
      before: { org_id: org, id: 2, n: 2, secret: null },
      after: { org_id: org, id: 2, n: 20, secret: null },
    }),
    {
      table: "t.rows",
      op: "inserted",
      key: { org_id: org, id: 9 },
      before: null,
      after: { org_id: org, id: 9, n: 91 },
    },
  ]);
  expect(await everything()).toEqual(before);
});

test("rows deleted alone are told from rows that were only locked", async () => {
  const { changes } = await rehearse(db, org, (tx) => tx.query("t.gone", "delete from t.rows where id = 3"));
  expect(changes).toEqual([
    {
      table: "t.rows",
      op: "deleted",
      key: { org_id: org, id: 3 },
      before: { org_id: org, id: 3, n: 3, secret: null },
      after: null,
    },
  ]);
});

test("a row written as it was has not changed, nor one of which only the marks moved", async () => {
  const { changes, more } = await rehearse(
    db,
    org,
    async (tx) => {
      await tx.query("t.still", "update t.rows set n = n where id in (2, 3)");
      await tx.query("t.marked", "update t.rows set n = 40 where id = 4");
      await tx.query("t.told", "update t.rows set n = 50, secret = '\\x00' where id = 5");
    },
    new Set(["n"]),
  );
  expect([changes.map(({ key }) => key), more]).toEqual([[{ org_id: org, id: 5 }], false]);
});

test("a transaction that changes nothing has no changes; what cannot be read is said to be there", async () => {
  const nothing = await rehearse(db, org, (tx) => tx.query("t.look", "select * from t.rows for update"));
  expect([nothing.changes, nothing.more]).toEqual([[], false]);
  const blind = await rehearse(db, null, (tx) => tx.query("t.blind", "insert into t.blind values (1)"));
  expect([blind.changes, blind.more]).toEqual([[], true]);
});

test("what fails throws, and is rolled back", async () => {
  const before = await everything();
  await expect(
    rehearse(db, org, async (tx) => {
      await tx.query("t.some", "update t.rows set n = 0 where id = 5");
      throw new Error("no");
    }),
  ).rejects.toThrow("no");
  expect(await everything()).toEqual(before);
});

test("rehearsals at once that write one row each tell what it was before", async () => {
  const one = () =>
    rehearse(db, org, (tx) => tx.query("t.as_it_was", "update t.rows set n = n + 100 where id = 3"));
  const rehearsals = await Promise.all(Array.from({ length: 8 }, one));
  for (const { changes } of rehearsals)
    expect(changes).toMatchObject([{ op: "updated", before: { id: 3, n: 3 }, after: { id: 3, n: 103 } }]);
});
