import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../../test/harness/database.ts";
import { newId } from "../ids.ts";
import { asTenant, createDb, withOperatorTx, withSystemTx, withTx, type Db, type Tx } from "./index.ts";
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

test("visits to tenants may lie in each other, and each leads back to where it began", async () => {
  const seen = await withSystemTx(db, async (tx) => {
    const all: string[][] = [];
    const look = async () => void all.push(await ids(tx.query("t_all", names)));
    await asTenant(tx, a, async () => {
      await asTenant(tx, a, look);
      await look();
      await asTenant(tx, b, look);
      await look();
    });
    await look();
    return all;
  });
  expect(seen).toEqual([[a], [a], [b], [a], []]);
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

test("a transaction that has ended takes no more statements: they would run in somebody else's", async () => {
  let kept: Tx | undefined;
  const late = () => kept?.query("t_one", "select 1 as one");
  await withSystemTx(db, async (tx) => void (kept = tx));
  await expect(late()).rejects.toThrow("has ended");
  await withSystemTx(db, async (tx) => {
    kept = tx;
    throw new Error("no");
  }).catch(() => undefined);
  await expect(late()).rejects.toThrow("has ended");
});

test("what still runs beside a failed statement writes nothing after the rollback", async () => {
  const insert = "insert into tenancy.slug_directory (slug, org_id) values ($1, 'org')";
  const straggler = Promise.withResolvers<unknown>();
  const failed = Promise.withResolvers<void>();
  await expect(
    withSystemTx(db, async (tx) => {
      const slow = async () => {
        await tx.query("t_one", "select 1 as one");
        await failed.promise;
        await new Promise(setImmediate);
        await tx.query("t_slug", insert, ["late"]);
      };
      const other = slow();
      other.then(straggler.resolve, straggler.resolve);
      await Promise.all([other, tx.query("t_fault", "select 1 / 0").finally(failed.resolve)]);
    }),
  ).rejects.toThrow("division by zero");
  await straggler.promise;
  expect(await withSystemTx(db, (tx) => tx.query("t_slugs", "select 1 from tenancy.slug_directory"))).toEqual(
    [],
  );
});

test.each([
  ["57014", "a statement that took too long"],
  ["53100", "a full disk"],
  ["25006", "a server that became a standby"],
])("SQLSTATE %s, %s, is the documented 503", async (state) => {
  const raise = `do $$ begin raise exception 'no' using errcode = '${state}'; end $$`;
  await expect(withSystemTx(db, (tx) => tx.query(`t_raise_${state}`, raise))).rejects.toMatchObject({
    kind: { code: "database_unavailable" },
  });
});

test("a server that stops answering is given up, and its connection with it", async () => {
  const server = new URL(database.url);
  const sockets: Socket[] = [];
  const proxy = createServer((near) => {
    const far = connect(Number(server.port), server.hostname);
    sockets.push(near, far);
    for (const socket of [near, far]) socket.on("error", () => socket.destroy());
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const through = new URL(database.url);
  through.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const stalled = createDb({ url: through.href, answerTimeoutMs: 300 });
  expect(await withSystemTx(stalled, (tx) => tx.query("t_one", "select 1 as one"))).toEqual([{ one: 1 }]);
  for (const socket of sockets) socket.unpipe().pause();
  await expect(withSystemTx(stalled, (tx) => tx.query("t_one", "select 1 as one"))).rejects.toMatchObject({
    kind: { code: "database_unavailable" },
  });
  expect(stalled.pool.totalCount).toBe(0);
  for (const socket of sockets) socket.destroy();
  await stalled.close();
  await new Promise((resolve) => proxy.close(resolve));
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

test("statements handed to last commit with the transaction", async () => {
  await withTx(db, a, async (tx) => {
    tx.last(tx.query("t_member", MEMBER, [a, "last"]));
  });
  expect(await memberIds()).toContain("last");
});

test("a failing last statement rolls everything back and is thrown", async () => {
  const attempt = withTx(db, a, async (tx) => {
    tx.last(tx.query("t_member", MEMBER, [a, "beside"]));
    tx.last(tx.query("t_member", MEMBER, [b, "foreign"]));
  });
  await expect(attempt).rejects.toThrow("row-level security");
  expect(await memberIds()).not.toContain("beside");
});

test("a last statement that the driver refuses to send rolls back what went before it", async () => {
  const unsendable = {
    toPostgres() {
      throw new Error("cannot be sent");
    },
  };
  const attempt = withTx(db, a, async (tx) => {
    tx.last(tx.query("t_member", MEMBER, [a, "unsent"]));
    tx.last(tx.query("t_member", MEMBER, [a, unsendable]));
  });
  await expect(attempt).rejects.toThrow("cannot be sent");
  expect(await memberIds()).not.toContain("unsent");
});

test("a last statement in conflict is run again like any other", async () => {
  let runs = 0;
  const raise = "do $$ begin raise exception 'again' using errcode = '40P01'; end $$";
  const attempt = withSystemTx(db, async (tx) => {
    runs += 1;
    tx.last(tx.query("t_raise_deadlock", raise));
  });
  await expect(attempt).rejects.toThrow("again");
  expect(runs).toBe(3);
});

const MEMBER =
  "insert into tenancy.memberships (org_id, user_id, role, created_at) values ($1, $2, 'owner', now())";

const memberIds = () =>
  withTx(db, a, async (tx) =>
    (await tx.query<{ user_id: string }>("t_members", "select user_id from tenancy.memberships")).map(
      (row) => row.user_id,
    ),
  );
