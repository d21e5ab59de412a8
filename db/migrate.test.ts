import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { databaseUrl, testServer, withAdmin } from "../test/harness/database-server.ts";
import { migrate, pendingMigrations, readMigrations } from "./migrate.ts";

const { adminUrl, prefix, appPassword } = testServer();
let dir: string;
let ownerUrl: string;
let made = 0;

beforeEach(async () => {
  dir = mkdtempSync(path.join(tmpdir(), "holdfast-migrations-"));
  file("0001_first.sql", "CREATE SCHEMA shop; CREATE TABLE shop.things (id int PRIMARY KEY);");
  file("0002_second.sql", "ALTER TABLE shop.things ADD COLUMN name text;");
  ownerUrl = await emptyDatabase();
});
afterEach(() => rmSync(dir, { recursive: true }));

function file(name: string, sql: string): void {
  writeFileSync(path.join(dir, name), sql);
}

async function emptyDatabase(): Promise<string> {
  made += 1;
  const name = `${prefix}_migrate_${process.pid}_${made}`;
  await withAdmin(adminUrl, (client) => client.query(`CREATE DATABASE ${name}`));
  return databaseUrl(adminUrl, name);
}

async function state() {
  return withAdmin(ownerUrl, (client) => pendingMigrations(client, dir));
}

test("files are applied once, in order, and a second run does nothing", async () => {
  expect((await state()).pending).toEqual(["0001_first", "0002_second"]);
  expect(await migrate({ ownerUrl, dir })).toEqual({ applied: ["0001_first", "0002_second"] });
  expect(await migrate({ ownerUrl, dir })).toEqual({ applied: [] });
  expect(await state()).toEqual({ pending: [], unknown: [], edited: [] });
});

test("a file edited after it was applied is refused", async () => {
  await migrate({ ownerUrl, dir });
  file("0001_first.sql", "CREATE SCHEMA shop;");
  expect((await state()).edited).toEqual(["0001_first"]);
  await expect(migrate({ ownerUrl, dir })).rejects.toThrow("edited after they were applied: 0001_first");
});

test("CRLF line ends of a checkout are no edit", async () => {
  file("0001_first.sql", "CREATE SCHEMA shop;\nCREATE TABLE shop.things (id int);\n");
  await migrate({ ownerUrl, dir });
  file("0001_first.sql", "CREATE SCHEMA shop;\r\nCREATE TABLE shop.things (id int);\r\n");
  expect((await state()).edited).toEqual([]);
});

test("a database from a newer build is refused", async () => {
  file("0003_third.sql", "SELECT 1");
  await migrate({ ownerUrl, dir });
  rmSync(path.join(dir, "0003_third.sql"));
  expect((await state()).unknown).toEqual(["0003_third"]);
  await expect(migrate({ ownerUrl, dir })).rejects.toThrow("does not know: 0003_third");
});

test("a failing file leaves nothing behind, and those before it stay", async () => {
  file("0003_third.sql", "CREATE TABLE shop.more (id int); SELECT 1 / 0;");
  await expect(migrate({ ownerUrl, dir })).rejects.toThrow(
    "0003_third failed and was rolled back: division by zero",
  );
  expect((await state()).pending).toEqual(["0003_third"]);
  await withAdmin(ownerUrl, async (client) => {
    expect((await client.query("SELECT to_regclass('shop.more') AS found")).rows).toEqual([{ found: null }]);
  });
});

test("four runners at once apply each file once", async () => {
  const runs = await Promise.all([1, 2, 3, 4].map(() => migrate({ ownerUrl, dir, appPassword })));
  expect(runs.flatMap(({ applied }) => applied)).toEqual(["0001_first", "0002_second"]);
});

test("databases of one server are migrated at once although they share the roles", async () => {
  const urls = await Promise.all([1, 2, 3, 4].map(emptyDatabase));
  const runs = await Promise.all(urls.map((url) => migrate({ ownerUrl: url, dir, appPassword })));
  expect(runs.map(({ applied }) => applied.length)).toEqual([2, 2, 2, 2]);
});

test(
  "a migration waits for a table in use no longer than the lock timeout",
  { timeout: 15_000 },
  async () => {
    await migrate({ ownerUrl, dir });
    file("0003_third.sql", "ALTER TABLE shop.things ADD COLUMN size int;");
    await withAdmin(ownerUrl, async (holder) => {
      await holder.query("BEGIN; LOCK TABLE shop.things");
      await expect(migrate({ ownerUrl, dir, lockTimeoutMs: 50 })).rejects.toThrow("lock timeout");
      await holder.query("ROLLBACK");
    });
  },
);

test("the app role signs in with the given password", async () => {
  await migrate({ ownerUrl, dir, appPassword });
  const client = new pg.Client(
    databaseUrl(ownerUrl, new URL(ownerUrl).pathname.slice(1), {
      user: "holdfast_app",
      password: appPassword,
    }),
  );
  await client.connect();
  expect((await client.query("SELECT current_user AS name")).rows).toEqual([{ name: "holdfast_app" }]);
  await client.end();
});

test.each([
  ["0004_gap.sql", "expected number 0003"],
  ["0002_twin.sql", "expected number 0003"],
  ["3_short.sql", "is named like"],
  ["0003-dash.sql", "is named like"],
])("%s is refused by its name", (name, message) => {
  file(name, "SELECT 1");
  expect(() => readMigrations(dir)).toThrow(message);
});
