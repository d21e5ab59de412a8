/**
 * Brings a database to the newest schema: numbered forward-only SQL files, each in one transaction with its row in
 * `ops.migrations`. A file is never edited once applied: its checksum is kept, and a difference refuses to go on, as does a
 * database that has a migration this build does not know.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import path from "node:path";
import pg from "pg";
import { appRole, ensureRoles } from "./roles.ts";

export type Migration = { version: number; name: string; checksum: string; sql: string };

export type MigrationState = {
  /** Files not yet applied, oldest first. */
  pending: string[];
  /** Applied, but not among our files: a newer or another build was here. */
  unknown: string[];
  /** Applied with another text than the file has now. */
  edited: string[];
};

type Queryable = { query: pg.ClientBase["query"] | pg.Pool["query"] };
type AppliedRow = { version: number; name: string; checksum: string };

export const migrationsDir = fileURLToPath(new URL("migrations", import.meta.url));

/** One migration at a time per database; the number is ours alone ("hold" in ASCII). */
const advisoryKey = 0x686f6c64;
/** How long one runner waits for another, and how long a migration may wait for a table that is in use. */
const turnTimeoutMs = 300_000;
const lockTimeoutMs = 5_000;

/** The files in order. Throws on a misnamed file, a number used twice, or a gap. */
export function readMigrations(dir: string = migrationsDir): Migration[] {
  const files = readdirSync(dir).filter((file) => file.endsWith(".sql"));
  return files.toSorted().map((file, index) => {
    const [, digits, name] = /^(\d{4})_([a-z0-9_]+)\.sql$/.exec(file) ?? [];
    if (!digits || !name) throw new Error(`${file}: a migration is named like 0042_ledger_add_hold.sql`);
    const version = Number(digits);
    if (version !== index + 1)
      throw new Error(`${file}: expected number ${String(index + 1).padStart(4, "0")} here`);
    // Git may have checked the file out with CRLF.
    const sql = readFileSync(path.join(dir, file), "utf8").replaceAll("\r\n", "\n");
    return {
      version,
      name: file.slice(0, -4),
      checksum: createHash("sha256").update(sql).digest("hex"),
      sql,
    };
  });
}

/** Names the state that our files leave behind: the same files, the same hash. */
export function migrationsHash(migrations: Migration[] = readMigrations()): string {
  const all = migrations.map(({ name, checksum }) => `${name} ${checksum}`).join("\n");
  return createHash("sha256").update(all).digest("hex").slice(0, 16);
}

/**
 * Applies what is missing, as the owner of the database, and returns its names. The roles are made where missing;
 * `appPassword` becomes the password of `holdfast_app`. Safe to run from several places at once: the others wait.
 */
export async function migrate(options: {
  ownerUrl: string;
  appPassword?: string;
  dir?: string;
  lockTimeoutMs?: number;
}): Promise<{ applied: string[] }> {
  const migrations = readMigrations(options.dir);
  const client = new pg.Client({ connectionString: options.ownerUrl, application_name: "holdfast migrate" });
  await client.connect();
  try {
    await client.query(`SET lock_timeout = ${turnTimeoutMs}`);
    await client.query("SELECT pg_advisory_lock($1)", [advisoryKey]);
    await client.query(`SET lock_timeout = ${options.lockTimeoutMs ?? lockTimeoutMs}`);
    await ensureRoles(client, options.appPassword);
    await ensureTable(client);
    const state = compare(migrations, await readApplied(client));
    refuse(state);
    const due = migrations.filter(({ name }) => state.pending.includes(name));
    for (const migration of due) await apply(client, migration);
    return { applied: due.map(({ name }) => name) };
  } finally {
    await client.end(); // and with the connection goes the advisory lock
  }
}

/** What stands between this database and our files; readable by the app role. All lists empty: they agree. */
export async function pendingMigrations(pool: Queryable, dir?: string): Promise<MigrationState> {
  const { rows } = await query<{ found: string | null }>(
    pool,
    "SELECT to_regclass('ops.migrations')::text AS found",
  );
  return compare(readMigrations(dir), rows[0]?.found ? await readApplied(pool) : []);
}

async function ensureTable(client: pg.Client): Promise<void> {
  const { rows } = await client.query(
    "SELECT FROM pg_tables WHERE schemaname = 'ops' AND tablename = 'migrations'",
  );
  if (rows.length > 0) return;
  await client.query(`
    BEGIN;
    CREATE SCHEMA IF NOT EXISTS ops;
    CREATE TABLE ops.migrations (
      version integer PRIMARY KEY,
      name text NOT NULL,
      checksum text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT now()
    );
    GRANT USAGE ON SCHEMA ops TO ${appRole};
    GRANT SELECT ON ops.migrations TO ${appRole};
    COMMIT`);
}

async function readApplied(db: Queryable): Promise<AppliedRow[]> {
  return (await query<AppliedRow>(db, "SELECT version, name, checksum FROM ops.migrations ORDER BY version"))
    .rows;
}

/** `pg` types the two `query` methods as overloads that do not unite. */
function query<Row extends pg.QueryResultRow>(db: Queryable, text: string): Promise<pg.QueryResult<Row>> {
  return (db as pg.ClientBase).query<Row>(text);
}

function compare(migrations: Migration[], applied: AppliedRow[]): MigrationState {
  const byVersion = new Map(migrations.map((migration) => [migration.version, migration]));
  const done = new Set(applied.map(({ version }) => version));
  return {
    pending: migrations.filter(({ version }) => !done.has(version)).map(({ name }) => name),
    unknown: applied.filter(({ version }) => !byVersion.has(version)).map(({ name }) => name),
    edited: applied
      .filter(
        ({ version, checksum }) => byVersion.has(version) && byVersion.get(version)?.checksum !== checksum,
      )
      .map(({ name }) => name),
  };
}

function refuse({ unknown, edited }: MigrationState): void {
  if (unknown.length > 0) {
    throw new Error(
      `this database has migrations this build does not know: ${unknown.join(", ")}. Run the newer build.`,
    );
  }
  if (edited.length > 0) {
    throw new Error(
      `these migrations were edited after they were applied: ${edited.join(", ")}. Restore them and add a new one.`,
    );
  }
}

async function apply(client: pg.Client, { version, name, checksum, sql }: Migration): Promise<void> {
  try {
    await client.query("BEGIN");
    await client.query(sql);
    await client.query("INSERT INTO ops.migrations (version, name, checksum) VALUES ($1, $2, $3)", [
      version,
      name,
      checksum,
    ]);
    await client.query("COMMIT");
  } catch (cause) {
    await client.query("ROLLBACK");
    throw new Error(`migration ${name} failed and was rolled back: ${(cause as Error).message}`, { cause });
  }
}
