import type pg from "pg";
import { isId, type OrgId } from "../ids.ts";
import { assert, Problem, common } from "../problem.ts";
import { context } from "../telemetry/context.ts";
import { connect, type Db } from "./pool.ts";
import { send, socketOf } from "./send.ts";

declare const brand: unique symbol;

/** An open transaction. Stores demand it; nothing is ambient. */
export type Tx = {
  readonly [brand]: "tx";
  /** Whose rows it sees; null for those of a tenant-less or operator transaction. */
  readonly org: OrgId | null;
  /** Runs a statement, prepared once per connection under `name`. Returns its rows. */
  query<Row>(name: string, text: string, values?: readonly unknown[]): Promise<Row[]>;
  /**
   * Statements already sent, all of them, whose answers nobody waits for: COMMIT follows them in the same round trip. They
   * may fail only as statements do, which aborts the transaction; what our own code may refuse is awaited instead.
   */
  last(statements: Promise<unknown>): void;
  /** Counts what was done, once COMMIT was acknowledged: the counter's name and a label of few values. */
  count(counter: string, label: string): void;
  /** Runs when COMMIT was acknowledged, in order; must not throw and is never awaited. */
  afterCommit(effect: () => void): void;
};

const DATABASE = { "db.system.name": "postgresql" };
const RETRIED = new Set(["40001", "40P01"]);
const TRIES = 3;

/** One tenant's transaction: row-level security sees `org` and nothing else. */
export function withTx<T>(db: Db, org: OrgId, fn: (tx: Tx) => Promise<T>): Promise<T> {
  assert(isId("org", org), "tenant id is well formed");
  return run(db, `begin; select set_config('app.org', '${org}', true)`, org, fn);
}

/** A transaction without a tenant: tenant tables are empty to it, directories and the inbox are not. */
export function withSystemTx<T>(db: Db, fn: (tx: Tx) => Promise<T>): Promise<T> {
  return run(db, "begin", null, fn);
}

/** A transaction of the operator role: reads every tenant, writes no tenant row. */
export function withOperatorTx<T>(db: Db, fn: (tx: Tx) => Promise<T>): Promise<T> {
  return run(db, "begin; set local role holdfast_operator", null, fn);
}

/**
 * Lets a transaction of another kind write rows of this tenant, and only inside `fn`, e.g. the audit entry of a sign-in. A
 * transaction that sees the tenant already just runs `fn`.
 */
export async function asTenant<T>(tx: Tx, org: OrgId, fn: () => Promise<T>): Promise<T> {
  const before = visiting.get(tx) ?? tx.org;
  if (before === org) return fn();
  assert(isId("org", org), "tenant id is well formed");
  const see = async (id: OrgId | null) => {
    await tx.query("db_see_tenant", "select set_config('app.org', $1, true)", [id ?? ""]);
    visiting.set(tx, id);
  };
  await see(org);
  const value = await fn();
  await see(before);
  return value;
}

/** The tenant whose rows an open transaction sees now, where `asTenant` has changed it. */
const visiting = new WeakMap<Tx, OrgId | null>();

async function run<T>(db: Db, begin: string, org: OrgId | null, fn: (tx: Tx) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await once(db, begin, org, fn);
    } catch (error) {
      if (attempt >= TRIES || !RETRIED.has(sqlState(error) ?? "")) throw error;
    }
  }
}

async function once<T>(db: Db, begin: string, org: OrgId | null, fn: (tx: Tx) => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const client = await connect(db);
  let settled = false;
  const ending: Ending = { effects: [], lasts: [], refused: null };
  try {
    const result = await attemptBody(client, { begin, org, counted: db.counted }, ending, fn);
    if (ending.lasts.length > 0) await refusedHere(ending, client);
    const [written, committed] = await Promise.allSettled([
      Promise.all(ending.lasts),
      send(client, "commit"),
    ]);
    if (committed.status === "rejected") throw committed.reason;
    settled = true;
    if (written.status === "rejected") throw written.reason;
    assert(
      committed.value.command === "COMMIT",
      "the transaction was aborted by a statement that nobody awaited",
    );
    for (const effect of ending.effects) effect();
    return result;
  } catch (error) {
    if (error instanceof RolledBack) {
      settled = true;
      throw lost(error.cause);
    }
    throw lost(error);
  } finally {
    client.release(!settled);
    context()?.add("db_ms", performance.now() - startedAt);
  }
}

class RolledBack extends Error {}

type Ending = { effects: (() => void)[]; lasts: Promise<unknown>[]; refused: { cause: unknown } | null };

/**
 * A statement that the driver itself refuses (a value that cannot be sent) is not seen by the server, which would commit
 * the others. Such a refusal shows at once, before the next turn; the transaction is then rolled back.
 */
async function refusedHere(ending: Ending, client: pg.PoolClient): Promise<void> {
  await new Promise<void>((done) => process.nextTick(done));
  if (!ending.refused) return;
  await send(client, "rollback");
  throw new RolledBack("rolled back", ending.refused);
}

async function attemptBody<T>(
  client: pg.PoolClient,
  { begin, org, counted }: { begin: string; org: OrgId | null; counted: Db["counted"] },
  ending: Ending,
  fn: (tx: Tx) => Promise<T>,
): Promise<T> {
  let ended = false;
  const together = gather(client);
  // A statement is named in the trace; its text and values are not.
  const trace = context()?.trace;
  const tx = {
    org,
    query: async (name: string, text: string, values: readonly unknown[] = []) => {
      together();
      // What still runs beside a failed statement must not write on by itself, or in the client's next transaction.
      assert(!ended, `the transaction of ${name} has ended`);
      const span = trace?.child(name, DATABASE);
      try {
        const { rows } = await send(client, { name, text, values: values as unknown[] });
        span?.end();
        return rows;
      } catch (error) {
        span?.end(sqlState(error) ?? "error");
        throw error;
      }
    },
    last(statements: Promise<unknown>) {
      // Its failure is reported with the commit's; until then it must not count as unhandled.
      statements.catch((cause: unknown) => (ending.refused ??= { cause }));
      ending.lasts.push(statements);
    },
    count: (counter: string, label: string) => {
      if (counted) ending.effects.push(() => counted(counter, label));
    },
    afterCommit: (effect: () => void) => void ending.effects.push(effect),
  } as unknown as Tx;
  // BEGIN travels with the first statement. Should it fail, all that follow fail with it, in the same aborted block.
  together();
  const opened = send(client, begin);
  try {
    const [result] = await Promise.all([(async () => fn(tx))(), opened]);
    ended = true;
    return result;
  } catch (cause) {
    ended = true;
    await send(client, "rollback");
    throw new RolledBack("rolled back", { cause });
  }
}

/**
 * Statements issued in one turn of the event loop leave in one write to the socket. The driver does not
 * gather by itself.
 */
function gather(client: pg.PoolClient): () => void {
  const stream = socketOf(client);
  let gathering = false;
  return () => {
    if (gathering) return;
    gathering = true;
    stream.cork();
    process.nextTick(() => {
      gathering = false;
      stream.uncork();
    });
  };
}

/** SQLSTATE of a database error, wherever it sits in the cause chain's head. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && code.length === 5 ? code : undefined;
}

/** Connection lost, no resources left, a statement out of time, a standby: nothing that the caller did. */
const GONE_STATES = /^(08...|53...|57P..|57014|25006)$/;

/** A broken connection or a server that cannot work now is the documented 503, anything else stays as it is. */
function lost(error: unknown): unknown {
  const code = (error as { code?: unknown } | null)?.code;
  const state = sqlState(error);
  const gone =
    (typeof code === "string" && /^E[A-Z]+$/.test(code)) ||
    (state !== undefined && GONE_STATES.test(state)) ||
    (error instanceof Error &&
      /Connection terminated|Client has encountered a connection error|no answer from the database/.test(
        error.message,
      ));
  return gone ? new Problem(common.database_unavailable, { cause: error, retryAfter: 2 }) : error;
}
