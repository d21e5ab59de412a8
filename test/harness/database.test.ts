import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pendingMigrations } from "../../db/migrate.ts";
import { createTestDatabase, type TestDatabase } from "./database.ts";

let database: TestDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = new pg.Pool({ connectionString: database.url, max: 2 });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

test("a test database is at the newest migration", async () => {
  expect(await pendingMigrations(pool)).toEqual({ pending: [], unknown: [], edited: [] });
});

test("the app role of a test database owns nothing and cannot bypass row-level security", async () => {
  const { rows } = await pool.query(
    `SELECT current_user AS name, rolsuper, rolbypassrls, rolinherit, rolcreatedb, rolcreaterole,
            (SELECT count(*)::int FROM pg_class WHERE relowner = pg_roles.oid) AS owned
     FROM pg_roles WHERE rolname = current_user`,
  );
  expect(rows).toEqual([
    {
      name: "holdfast_app",
      rolsuper: false,
      rolbypassrls: false,
      rolinherit: false,
      rolcreatedb: false,
      rolcreaterole: false,
      owned: 0,
    },
  ]);
});

test("the app role may take on the operator's role for one transaction", async () => {
  const client = await pool.connect();
  try {
    await client.query("BEGIN; SET LOCAL ROLE holdfast_operator");
    expect((await client.query("SELECT current_user AS name")).rows).toEqual([{ name: "holdfast_operator" }]);
    await client.query("COMMIT");
    expect((await client.query("SELECT current_user AS name")).rows).toEqual([{ name: "holdfast_app" }]);
  } finally {
    client.release();
  }
});

test("two test databases share nothing", async () => {
  const other = await createTestDatabase();
  const names = [database.url, other.url].map((url) => new URL(url).pathname);
  expect(new Set(names).size).toBe(2);
  await other.drop();
  const late = new pg.Client({ connectionString: other.url });
  await expect(late.connect()).rejects.toMatchObject({ code: "3D000" });
});
