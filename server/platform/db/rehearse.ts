import type { OrgId } from "../ids.ts";
import { assert } from "../problem.ts";
import type { Db } from "./pool.ts";
import { isSameRow } from "./row.ts";
import { withSystemTx, withTx, type Tx } from "./transaction.ts";

type Columns = Record<string, unknown>;

/** A row that a transaction would have written or deleted. Binary columns are left out. */
export type Change = {
  /** With its schema. */
  table: string;
  op: "inserted" | "updated" | "deleted";
  key: Columns;
  before: Columns | null;
  after: Columns | null;
};

export type Rehearsal<T> = {
  value: T;
  changes: Change[];
  /**
   * Changes beyond what is listed: more than `MAX_ROWS` of one table, rows that this role may write and not read, or rows
   * deleted beside others that were locked.
   */
  more: boolean;
};

/** Listed rows of one table. */
const MAX_ROWS = 200;
const LOCK_TIMEOUT_MS = 2_000;
const STATEMENT_TIMEOUT_MS = 10_000;

type Table = {
  oid: number;
  name: string;
  /** Quoted, for SQL. */
  quoted: string;
  readable: boolean;
  /** Behind the tenants' wall. */
  tenant: boolean;
  /** Of the primary key; none: the whole row. */
  key: string[];
  written: number;
  deleted: number;
};
type Written = Table & { rows: Columns[] };

/** Carries the result out of a transaction that is thus rolled back. */
class RolledBack extends Error {
  readonly result: { value: unknown; tables: Written[]; xid: string };
  constructor(result: RolledBack["result"]) {
    super("rehearsed");
    this.result = result;
  }
}

/**
 * Runs `fn` in a transaction (of a tenant, or of none) that is rolled back, and tells which rows it would have changed. The
 * server counts what a transaction writes per table, and marks each row version with the transaction that wrote it: so
 * nothing is missed, whoever wrote it and by whatever statement. A row that was written as it was, or in none but the
 * columns `marks`, has not changed. Nothing of `fn` may reach out of its transaction; `afterCommit` never runs.
 */
export async function rehearse<T>(
  db: Db,
  org: OrgId | null,
  fn: (tx: Tx) => Promise<T>,
  marks: ReadonlySet<string> = new Set(),
): Promise<Rehearsal<T>> {
  const inTx = <V>(body: (tx: Tx) => Promise<V>) =>
    org === null ? withSystemTx(db, body) : withTx(db, org, body);
  const seen = await inTx((tx) => runAndLook(tx, fn)).catch((error: unknown) => {
    if (error instanceof RolledBack) return error.result;
    throw error;
  });
  const changes: Change[] = [];
  let more = false;
  await inTx(async (tx) => {
    for (const table of seen.tables) more = !(await compare(tx, table, seen.xid, changes, marks)) || more;
  });
  return { value: seen.value as T, changes, more };
}

async function runAndLook(tx: Tx, fn: (tx: Tx) => Promise<unknown>): Promise<RolledBack["result"]> {
  await tx.query(
    "rehearse.bounds",
    `select set_config('lock_timeout', '${LOCK_TIMEOUT_MS}', true), set_config('statement_timeout', '${STATEMENT_TIMEOUT_MS}', true)`,
  );
  const before = new Map((await countWritten(tx)).map((table) => [table.oid, table]));
  const value = await fn(tx);
  const [own] = await tx.query<{ xid: string }>(
    "rehearse.xid",
    "select pg_current_xact_id()::xid::text as xid",
  );
  assert(own, "a transaction has an id");
  const tables: Written[] = [];
  for (const table of await countWritten(tx)) {
    const written = table.written - (before.get(table.oid)?.written ?? 0);
    const deleted = table.deleted - (before.get(table.oid)?.deleted ?? 0);
    if (written + deleted === 0) continue;
    const rows = written > 0 && table.readable ? await versions(tx, table, "xmin", own.xid) : [];
    tables.push({ ...table, written, deleted, rows });
  }
  throw new RolledBack({ value, tables, xid: own.xid });
}

/** What this connection wrote and has not reported yet: of this transaction, and perhaps of the one before. */
function countWritten(tx: Tx): Promise<Table[]> {
  return tx.query<Table>(
    "rehearse.counts",
    `select s.relid::int as oid, s.schemaname || '.' || s.relname as name, format('%I.%I', s.schemaname, s.relname) as quoted,
       has_table_privilege(s.relid, 'select') as readable,
       c.relrowsecurity and exists
         (select 1 from pg_attribute a where a.attrelid = s.relid and a.attname = 'org_id') as tenant,
       coalesce((select array_agg(a.attname::text order by a.attnum) from pg_index i
         join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
         where i.indrelid = s.relid and i.indisprimary), '{}') as key,
       (s.n_tup_ins + s.n_tup_upd)::int as written, s.n_tup_del::int as deleted
     from pg_stat_xact_user_tables s join pg_class c on c.oid = s.relid
     where s.n_tup_ins + s.n_tup_upd + s.n_tup_del > 0 order by 2`,
  );
}

/** Row versions that the transaction made (`xmin`) or outdated (`xmax`); of a tenant's table its own rows only. */
async function versions(
  tx: Tx,
  { quoted, tenant }: Table,
  column: "xmin" | "xmax",
  xid: string,
): Promise<Columns[]> {
  const own = tenant && tx.org !== null;
  const rows = await tx.query<{ row: Columns }>(
    `rehearse.${column}.${own}.${quoted}`,
    `select to_jsonb(t) as row from ${quoted} t where t.${column} = $1::text::xid
     ${own ? "and t.org_id = $2" : "and $2::text is null"} limit ${MAX_ROWS}`,
    [xid, own ? tx.org : null],
  );
  return rows.map(({ row }) => row);
}

/** After the rollback, what was outdated is current again, and still carries the mark. False when not all could be listed. */
async function compare(
  tx: Tx,
  table: Written,
  xid: string,
  changes: Change[],
  marks: ReadonlySet<string>,
): Promise<boolean> {
  if (!table.readable) return false;
  const old = new Map<string, Columns>();
  for (const row of await versions(tx, table, "xmax", xid)) old.set(keyOf(table, row).text, row);
  for (const after of table.rows) {
    const { key, text } = keyOf(table, after);
    const before = old.get(text) ?? (await current(tx, table, key));
    old.delete(text);
    if (before && isSameRow(before, after, marks)) continue;
    const op = before ? "updated" : "inserted";
    changes.push({ table: table.name, op, key, before: shown(before), after: shown(after) });
  }
  const whole = table.rows.length < MAX_ROWS;
  if (table.deleted === 0) return whole;
  // A row that was only locked carries the mark as well: it is told from a deleted one by their number.
  if (old.size !== table.deleted) return false;
  for (const before of old.values()) {
    const { key } = keyOf(table, before);
    changes.push({ table: table.name, op: "deleted", key, before: shown(before), after: null });
  }
  return whole;
}

/** The row as it stands, whose mark another rehearsal may have taken meanwhile; null for one that is not there. */
async function current(tx: Tx, { quoted, key }: Table, named: Columns): Promise<Columns | null> {
  if (key.length === 0) return null;
  const [found] = await tx.query<{ row: Columns }>(
    `rehearse.current.${quoted}`,
    `select to_jsonb(t) as row from ${quoted} t join jsonb_populate_record(null::${quoted}, $1::jsonb) k
     on ${key.map((name) => `t."${name}" = k."${name}"`).join(" and ")}`,
    [JSON.stringify(named)],
  );
  return found?.row ?? null;
}

function keyOf({ key }: Table, row: Columns): { key: Columns; text: string } {
  const named = key.length > 0 ? Object.fromEntries(key.map((name) => [name, row[name]])) : row;
  return { key: named, text: JSON.stringify(named) };
}

const isBinary = (value: unknown): boolean => typeof value === "string" && /^\\x[0-9a-f]{16,}$/.test(value);

const shown = (row: Columns | null): Columns | null =>
  row && Object.fromEntries(Object.entries(row).filter(([, value]) => !isBinary(value)));
