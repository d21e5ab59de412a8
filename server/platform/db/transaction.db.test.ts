import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../../test/harness/database.ts";
import { newId } from "../ids.ts";
import { createDb, withOperatorTx, withSystemTx, withTx, type Db } from "./index.ts";
import { listen } from "./listen.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let db: Db;
const [a, b] = [newId("org"), newId("org")];

beforeAll(async () => {
  database = await createTestDatabase();
  db = createDb({ url: database.url });
  for (const org of [a, b]) {
    await withTx(db, org, (tx) =>
      tx.query(
        "t_org",
        "insert into tenancy.organizations (org_id, name, personal, created_at) values ($1, 'x', false, now())",
        [org],
      ),
    );
  }
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

const names = "select org_id from tenancy.organizations order by 1";
const ids = async (run: Promise<{ org_id: string }[]>) => (await run).map(({ org_id }) => org_id);

test("a tenant's transaction sees its own rows, one without a tenant none, the operator's all", async () => {
  expect(await ids(withTx(db, a, (tx) => tx.query("t_all", names)))).toEqual([a]);
  expect(await ids(withSystemTx(db, (tx) => tx.query("t_all", names)))).toEqual([]);
  expect(await ids(withOperatorTx(db, (tx) => tx.query("t_all", names)))).toEqual([a, b].toSorted());
});

test("the operator's role writes no tenant row, and the role does not outlive its transaction", async () => {
  await expect(
    withOperatorTx(db, (tx) => tx.query("t_op_write", "update tenancy.organizations set name = 'y'")),
  ).rejects.toThrow("permission denied");
  expect(await ids(withSystemTx(db, (tx) => tx.query("t_all", names)))).toEqual([]);
});

test("a row of another tenant cannot be written", async () => {
  await expect(
    withTx(db, a, (tx) =>
      tx.query(
        "t_foreign",
        "insert into tenancy.memberships (org_id, user_id, role, created_at) values ($1, 'u', 'owner', now())",
        [b],
      ),
    ),
  ).rejects.toThrow("row-level security");
});

test("a malformed tenant id never reaches the database", () => {
  expect(() => withTx(db, "org_x'; drop table x" as never, async () => 1)).toThrow("assertion failed");
});

test("a thrown error rolls back and runs no effect; a commit runs them in order", async () => {
  const seen: number[] = [];
  const insert =
    "insert into tenancy.memberships (org_id, user_id, role, created_at) values ($1, $2, 'owner', now())";
  await expect(
    withTx(db, a, async (tx) => {
      tx.afterCommit(() => seen.push(0));
      await tx.query("t_member", insert, [a, "u1"]);
      throw new Error("no");
    }),
  ).rejects.toThrow("no");
  await withTx(db, a, async (tx) => {
    tx.afterCommit(() => seen.push(1));
    tx.afterCommit(() => seen.push(2));
    await tx.query("t_member", insert, [a, "u2"]);
  });
  expect(seen).toEqual([1, 2]);
  expect(
    await withTx(db, a, (tx) => tx.query("t_members", "select user_id from tenancy.memberships")),
  ).toEqual([{ user_id: "u2" }]);
});

test("a serialization failure is run again, three times at most", async () => {
  let runs = 0;
  const raise = "do $$ begin raise exception 'again' using errcode = '40001'; end $$";
  await expect(
    withSystemTx(db, async (tx) => {
      runs += 1;
      await tx.query("t_raise", raise);
    }),
  ).rejects.toThrow("again");
  expect(runs).toBe(3);
});

test("a connection that breaks is the documented 503 and leaves the pool", async () => {
  const kill = "select pg_terminate_backend(pg_backend_pid())";
  await expect(withSystemTx(db, (tx) => tx.query("t_kill", kill))).rejects.toMatchObject({
    kind: { code: "database_unavailable" },
  });
  expect(await withSystemTx(db, (tx) => tx.query("t_one", "select 1 as one"))).toEqual([{ one: 1 }]);
});

test("a listener hears, and says that it may have missed something after a loss", async () => {
  const heard: string[] = [];
  let gaps = 0;
  const wanted = { gap: Promise.withResolvers<void>(), message: Promise.withResolvers<void>() };
  const listener = listen(
    database.url,
    "t_channel",
    (payload) => {
      heard.push(payload);
      wanted.message.resolve();
    },
    () => {
      gaps += 1;
      wanted.gap.resolve();
    },
  );
  await wanted.gap.promise;
  wanted.gap = Promise.withResolvers<void>();
  await db.pool.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'holdfast-listen' and datname = current_database()",
  );
  await wanted.gap.promise;
  await db.pool.query("select pg_notify('t_channel', 'hello')");
  await wanted.message.promise;
  expect(heard).toEqual(["hello"]);
  expect(gaps).toBe(2);
  await listener.close();
});
