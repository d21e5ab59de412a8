/** Attempts by month: made ahead, filled whatever comes, dropped once summed up; and what reads them leaves other months alone. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { migrate, migrationsDir, readMigrations } from "../../../../db/migrate.ts";
import { databaseUrl, testServer, withAdmin } from "../../../../test/harness/database-server.ts";
import { createTestDatabase, type TestDatabase } from "../../../../test/harness/database.ts";
import {
  createDb,
  withOperatorTx,
  withSystemTx,
  withTx,
  type Db,
  type Tx,
} from "../../../platform/db/index.ts";
import { newId } from "../../../platform/ids.ts";
import { sumBills } from "../drift/store.ts";
import { attemptSumsOf, sumAttempts } from "../proof/attempts-store.ts";
import { listAttempts } from "../receipts/store.ts";
import { sumUsage } from "../usage/store.ts";
import { keepMonths } from "./keep-months.ts";
import { keptFrom } from "./kept.ts";
import { makeMonths } from "./store.ts";

const DAY_MS = 86_400_000;
const org = newId("org");
let database: TestDatabase;
let db: Db;
let owner: pg.Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  db = createDb({ url: database.url, max: 4 });
  owner = new pg.Pool({ connectionString: database.ownerUrl, max: 2 });
});
afterAll(async () => {
  await Promise.all([db.close(), owner.end()]);
  await database.drop();
});

const now = new Date();
const monthsAgo = (months: number) =>
  new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months, 15, 12));
const nameOf = (at: Date) => `gateway.attempts_${at.toISOString().slice(0, 7).replace("-", "")}`;
const INSERT = `insert into gateway.attempts (org_id, id, request_id, provider, model_served, price_version, input_tokens,
    cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost_usd, basis, outcome, created_at, cost_micros)
  values ($1, $2, $3, 'openrouter', 'sandbox/echo', 'v1', 1, 0, 0, 1, 0, 0.01, 'reported', 'ok', $4, 1000000)`;
const rowAt = (at: Date, requestId: string = newId("req")) => [org, newId("att"), requestId, at];
const write = (at: Date) => withTx(db, org, (tx) => tx.query("t_write", INSERT, rowAt(at)));
const keep = (at: Date) => keepMonths({ deps: { db, clock: { now: () => at } } as never });
const places = async () => {
  const { rows } = await owner.query<{ at: string; rows: number }>(
    "select tableoid::regclass::text as at, count(*)::int as rows from gateway.attempts group by 1 order by 1",
  );
  return Object.fromEntries(rows.map((row) => [row.at, row.rows]));
};
const sumUp = () =>
  owner.query("update gateway.usage_cursor set upto = pg_snapshot_xmax(pg_current_snapshot())::text::bigint");

test("the day 25 months ago, and all of its month, is kept", () => {
  expect(keptFrom(new Date("2026-11-29T23:59:59Z")).toISOString()).toBe("2024-10-01T00:00:00.000Z");
  expect(keptFrom(new Date("2026-01-31T12:00:00Z")).toISOString()).toBe("2023-12-01T00:00:00.000Z");
});

test("what finds no month is written all the same and moves into its own, behind the wall, also for an owner who is no superuser", async () => {
  const role = `plain_owner_${process.pid}`;
  await owner.query(`create role ${role}; grant usage, create on schema gateway to ${role};
    grant select on gateway.usage_cursor to ${role};
    alter table gateway.attempts owner to ${role}; alter table gateway.attempts_rest owner to ${role};
    alter function gateway.make_attempt_month owner to ${role}; alter function gateway.make_attempt_months owner to ${role};
    alter function gateway.drop_attempt_months owner to ${role}`);
  try {
    const dates = [monthsAgo(30), monthsAgo(30), monthsAgo(0), monthsAgo(-9)];
    for (const at of dates) await write(at);
    expect(await places()).toEqual({ "gateway.attempts_rest": 4 });
    await expect(keep(now)).rejects.toThrow("attempts are summed up before they go");
    expect(await places()).toEqual({
      [nameOf(monthsAgo(30))]: 2,
      [nameOf(monthsAgo(0))]: 1,
      [nameOf(monthsAgo(-9))]: 1,
    });
    await sumUp();
    expect(await keep(now)).toEqual({ made: 0, dropped: 1 });
    expect(await places()).toEqual({ [nameOf(monthsAgo(0))]: 1, [nameOf(monthsAgo(-9))]: 1 });
    const { rows } = await owner.query<{ walled: boolean; policies: number }>(
      `select relrowsecurity and relforcerowsecurity as walled,
         (select count(*)::int from pg_policy where polrelid = c.oid and polname = 'tenant') as policies
       from pg_class c where relnamespace = 'gateway'::regnamespace and relname ~ '^attempts(_|$)' and relkind in ('r', 'p')`,
    );
    // The whole, what finds no month, this month with three ahead, and the one far ahead.
    expect(rows).toEqual(Array.from({ length: 7 }, () => ({ walled: true, policies: 1 })));
  } finally {
    await owner.query(`reassign owned by ${role} to current_user; drop owned by ${role}; drop role ${role}`);
  }
});

test("the months ahead are there before they come, as the clock moves on", async () => {
  for (const ahead of [1, 2, 3]) {
    const at = monthsAgo(-ahead);
    expect((await keep(at)).made).toBe(1);
    await write(new Date(at.getTime() + 62 * DAY_MS));
  }
  expect(Object.keys(await places())).not.toContain("gateway.attempts_rest");
  expect(await keep(monthsAgo(-3))).toEqual({ made: 0, dropped: 0 });
});

test("calls are written while months are made, none is lost", async () => {
  const before = Object.values(await places()).reduce((sum, rows) => sum + rows, 0);
  const far = Array.from({ length: 12 }, (_, at) => monthsAgo(-20 - at));
  const making = [-20, -24, -28].map((ago) => withSystemTx(db, (tx) => makeMonths(tx, monthsAgo(ago))));
  const done = await Promise.allSettled([...making, ...far.map(write)]);
  // A maker may give up, and is tried again; no call ever does.
  expect(done.slice(making.length).map(({ status }) => status)).toEqual(far.map(() => "fulfilled"));
  await withSystemTx(db, (tx) => makeMonths(tx, now));
  const after = await places();
  expect(Object.values(after).reduce((sum, rows) => sum + rows, 0)).toBe(before + far.length);
  expect(after["gateway.attempts_rest"]).toBeUndefined();
});

test("the server's role adds and reads: it changes and deletes nothing, enters no month directly, drops nothing young", async () => {
  for (const text of [
    "delete from gateway.attempts",
    "update gateway.attempts set cost_micros = 0",
    `select 1 from ${nameOf(monthsAgo(0))}`,
    `drop table ${nameOf(monthsAgo(0))}`,
    "select gateway.make_attempt_month('2020-01-01')",
  ])
    await expect(withTx(db, org, (tx) => tx.query(`t_${text}`, text))).rejects.toMatchObject({
      code: "42501",
    });
  const before = await places();
  await withSystemTx(db, (tx) =>
    tx.query("t_young", "select gateway.drop_attempt_months(current_date + 1000)"),
  );
  expect(await places()).toEqual(before);
});

test("receipts, usage, drift and the proof read the months that they need", async () => {
  await withSystemTx(db, (tx) => makeMonths(tx, now));
  for (const ago of [24, 18, 12, 6, 1]) await write(monthsAgo(ago));
  await withSystemTx(db, (tx) => makeMonths(tx, now));
  const request = { id: newId("req"), created_at: monthsAgo(6) };
  await owner.query("update gateway.usage_cursor set since = now() - interval '1 day'");
  await owner.query("analyze gateway.attempts");
  const read = async (tx: Tx, act: (explained: Tx) => Promise<unknown>) => {
    const plans: string[] = [];
    const query: Tx["query"] = async (name, text, values) => {
      const lines = await tx.query<{ "QUERY PLAN": string }>(
        `explained.${name}`,
        `explain (analyze, costs off, timing off, summary off) ${text}`,
        values,
      );
      plans.push(...lines.map((line) => line["QUERY PLAN"]));
      return [];
    };
    await act({ query } as Tx);
    const scans = plans.filter(
      (line) => /Scan.* on attempts_/.test(line) && !line.includes("never executed"),
    );
    return [...new Set(scans.map((line) => / on (attempts_\w+?)(?:_\w+_idx)? /.exec(line)?.[1]))].toSorted();
  };
  const since = (at: Date) => (names: (string | undefined)[]) =>
    names.every((name) => name === "attempts_rest" || `gateway.${name}` >= nameOf(at));
  const day = { from: new Date(now.getTime() - DAY_MS), to: now };
  const scope = {
    org,
    mode: "test",
    from: monthsAgo(20),
    to: now,
    model: null,
    credentialId: null,
    userId: null,
    provider: null,
    projectId: null,
    own: null,
    outcome: null,
  } as const;
  expect(await withTx(db, org, (tx) => read(tx, (t) => listAttempts(t, org, request)))).toSatisfy(
    since(request.created_at),
  );
  expect(
    await withTx(db, org, (tx) => read(tx, (t) => sumUsage(t, scope, ["day"]).catch(() => null))),
  ).toSatisfy(since(day.from));
  expect(await withOperatorTx(db, (tx) => read(tx, (t) => sumBills(t, day)))).toSatisfy(since(day.from));
  expect(await withOperatorTx(db, (tx) => read(tx, (t) => sumAttempts(t, day)))).toSatisfy(since(day.from));
  // Nobody's requests: no month is entered at all.
  expect(await withOperatorTx(db, (tx) => read(tx, (t) => attemptSumsOf(t, org, [newId("req")])))).toEqual(
    [],
  );
});

test("an installation from before keeps every attempt, each in its month, with the sums as far as they were", async () => {
  const { adminUrl, prefix } = testServer();
  const name = `${prefix}_before_${process.pid}`;
  await withAdmin(adminUrl, (client) => client.query(`create database ${name}`));
  const ownerUrl = databaseUrl(adminUrl, name);
  const dir = mkdtempSync(join(tmpdir(), "migrations-"));
  try {
    const before = readMigrations();
    const at = before.findIndex((migration) => migration.name.endsWith("_gateway_attempt_months"));
    for (const migration of before.slice(0, at))
      cpSync(join(migrationsDir, `${migration.name}.sql`), join(dir, `${migration.name}.sql`));
    await migrate({ ownerUrl, dir });
    await withAdmin(ownerUrl, async (client) => {
      for (const ago of [27, 13, 13, 0, -2]) await client.query(INSERT, rowAt(monthsAgo(ago)));
    });
    const all = "select id, xid, created_at, cost_usd from gateway.attempts order by id";
    const written = await withAdmin(ownerUrl, async (client) => (await client.query(all)).rows);
    await migrate({ ownerUrl });
    await withAdmin(ownerUrl, async (client) => {
      expect((await client.query(all)).rows).toEqual(written);
      const { rows } = await client.query(
        "select distinct tableoid::regclass::text as at from gateway.attempts order by 1",
      );
      expect(rows.map((row: { at: string }) => row.at)).toEqual(
        [27, 13, 0, -2].map((ago) => nameOf(monthsAgo(ago))),
      );
    });
  } finally {
    rmSync(dir, { recursive: true });
    await withAdmin(adminUrl, (client) => client.query(`drop database if exists ${name} with (force)`));
  }
});
