/** The database's own catalogue: which rows the server's role could ever see. */
import { readFileSync } from "node:fs";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newId } from "../../server/platform/ids.ts";
import { NO_TENANT, openTables } from "../check/tenant-tables.ts";
import { createTestDatabase, type TestDatabase } from "../harness/database.ts";

let database: TestDatabase;
let owner: pg.Client;
let server: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  owner = new pg.Client({ connectionString: database.ownerUrl });
  server = new pg.Client({ connectionString: database.url });
  await Promise.all([owner.connect(), server.connect()]);
});
afterAll(async () => {
  await Promise.all([owner.end(), server.end()]);
  await database.drop();
});

type Table = { name: string; row_security: boolean; forced: boolean; policies: number };
const tenantTables = async (): Promise<Table[]> => {
  const { rows } = await owner.query<Table>(
    `select n.nspname || '.' || c.relname as name, c.relrowsecurity as row_security, c.relforcerowsecurity as forced,
       (select count(*)::int from pg_policy p where p.polrelid = c.oid
          and 'holdfast_app'::regrole::oid = any(p.polroles)
          and pg_get_expr(p.polqual, p.polrelid) like '%current_setting(''app.org''%'
          and pg_get_expr(p.polwithcheck, p.polrelid) like '%current_setting(''app.org''%') as policies
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'public')
       and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped)
     order by 1`,
  );
  return rows;
};

test("every table with an org_id is walled by tenant, or is named above", async () => {
  const tables = await tenantTables();
  expect(tables.length).toBeGreaterThan(15);
  for (const { name, ...wall } of tables)
    expect([name, NO_TENANT.has(name) || wall]).toEqual([
      name,
      NO_TENANT.has(name) || { row_security: true, forced: true, policies: 1 },
    ]);
  expect(tables.map(({ name }) => name)).toEqual(expect.arrayContaining([...NO_TENANT]));
});

test("org_id leads the primary key of every walled table", async () => {
  const { rows } = await owner.query<{ name: string; first: string }>(
    `select i.indrelid::regclass::text as name, a.attname as first from pg_index i
     join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0] where i.indisprimary`,
  );
  const first = new Map(rows.map(({ name, first: column }) => [name, column]));
  const walled = (await tenantTables()).map(({ name }) => name).filter((name) => !NO_TENANT.has(name));
  expect(walled.filter((name) => first.get(name) !== "org_id")).toEqual([]);
});

test("only the tenant's rows are seen and written: none without a tenant, none of another", async () => {
  const [mine, theirs] = [newId("org"), newId("org")];
  for (const org of [mine, theirs])
    await owner.query("insert into tenancy.organizations values ($1, 'x', false, now())", [org]);
  const seen = async (org: string | null) => {
    await server.query("begin");
    if (org !== null) await server.query("select set_config('app.org', $1, true)", [org]);
    const { rows } = await server.query("select org_id from tenancy.organizations");
    await server.query("rollback");
    return rows;
  };
  expect(await seen(null)).toEqual([]);
  expect(await seen("")).toEqual([]);
  expect(await seen(mine)).toEqual([{ org_id: mine }]);
  await server.query("begin");
  await server.query("select set_config('app.org', $1, true)", [mine]);
  const moved = server.query("update tenancy.organizations set org_id = $1", [theirs]);
  await expect(moved).rejects.toMatchObject({ code: "42501" });
  await server.query("rollback");
});

test("every read of a walled table is filtered by the tenant", async () => {
  const tables = (await tenantTables()).filter(({ name }) => !NO_TENANT.has(name));
  for (const { name } of tables) {
    // A partition is reached through its whole alone.
    const { rows: may } = await server.query("select 1 where has_table_privilege($1, 'select')", [name]);
    if (may.length === 0) continue;
    const { rows } = await server.query<{ "QUERY PLAN": string }>(
      `explain (costs off) select 1 from ${name}`,
    );
    expect([name, rows.map((row) => row["QUERY PLAN"]).join(" ")]).toEqual([
      name,
      expect.stringContaining("current_setting('app.org'"),
    ]);
  }
});

test("the server's role owns nothing and cannot go around the walls", async () => {
  const { rows } = await owner.query(
    `select rolsuper or rolbypassrls or rolcreaterole or rolcreatedb as mighty,
       (select count(*)::int from pg_class where relowner = r.oid) as owned,
       (select array_agg(g.rolname::text order by 1) from pg_auth_members m join pg_roles g on g.oid = m.roleid
        where m.member = r.oid) as granted
     from pg_roles r where rolname = 'holdfast_app'`,
  );
  expect(rows).toEqual([{ mighty: false, owned: 0, granted: ["holdfast_operator"] }]);
});

test("the operator's role owns nothing, cannot go around the walls, and writes to no walled table", async () => {
  const { rows } = await owner.query<{ mighty: boolean; owned: number }>(
    `select rolsuper or rolbypassrls or rolcanlogin as mighty,
       (select count(*)::int from pg_class where relowner = r.oid) as owned
     from pg_roles r where rolname = 'holdfast_operator'`,
  );
  expect(rows).toEqual([{ mighty: false, owned: 0 }]);
  for (const { name } of await tenantTables()) {
    const { rows: rights } = await owner.query<{ writes: boolean }>(
      "select has_table_privilege('holdfast_operator', $1, 'insert, update, delete, truncate') as writes",
      [name],
    );
    if (!NO_TENANT.has(name)) expect([name, rights[0]?.writes]).toEqual([name, false]);
  }
});

test("no view or function runs with its owner's rights", async () => {
  const { rows } = await owner.query(
    `select n.nspname || '.' || p.proname as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
       where p.prosecdef and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
     union all
     select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('v', 'm') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
         and not coalesce(c.reloptions::text like '%security_invoker=true%', false)`,
  );
  // They make and drop months: of the audit trail, and of attempts, whose rows may move into a month made late.
  expect(rows.map(({ name }) => name).toSorted()).toEqual([
    "gateway.drop_attempt_months",
    "gateway.make_attempt_months",
    "identity.keep_audit_partitions",
  ]);
});

test("bin/check finds a tenant table whose wall is missing, not forced, or open without a tenant", () => {
  const schema = readFileSync(new URL("../../db/schema.sql", import.meta.url), "utf8");
  expect(openTables(schema)).toEqual([]);
  const wall = "ALTER TABLE tenancy.overrides ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;";
  const setting = "NULLIF(current_setting('app.org'::text, true), ''::text)";
  expect(schema).toContain(wall);
  for (const broken of [
    schema.replace(wall, ""),
    schema.replace(wall, wall.replace(", FORCE ROW LEVEL SECURITY", "")),
    schema.replace(/(CREATE POLICY tenant ON tenancy\.overrides .*USING \().*(\) WITH CHECK)/, "$1true$2"),
    schema.replace(/(CREATE POLICY tenant ON tenancy\.overrides .*WITH CHECK \().*\);/, "$1true);"),
    schema.replace(
      /CREATE POLICY tenant ON tenancy\.overrides .*;/,
      (policy) => `${policy}\nCREATE POLICY wide ON tenancy.overrides FOR ALL TO holdfast_app USING (true);`,
    ),
  ])
    expect(openTables(broken)).toEqual(["tenancy.overrides"]);
  expect(openTables(schema.replaceAll(setting, "''"))).toContain("tenancy.organizations");
});
