import pg from "pg";
import { context } from "../telemetry/context.ts";
import { Problem, common } from "../problem.ts";
import { watchAnswers } from "./send.ts";

const INT8 = 20;
const types = {
  getTypeParser: ((oid: number, format?: "text" | "binary") =>
    oid === INT8 && format !== "binary"
      ? BigInt
      : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

export type DbOptions = {
  url: string;
  /** Connections at most; default 10. */
  max?: number;
  /** Shown in pg_stat_activity. */
  name?: string;
  /** A server that leaves a statement unanswered for that long is taken for dead; default 35 s. */
  answerTimeoutMs?: number;
  /** Told of what committed transactions counted (`Tx.count`). */
  counted?: (counter: string, label: string) => void;
};

export type Db = {
  readonly pool: pg.Pool;
  readonly url: string;
  readonly counted: DbOptions["counted"];
  /** Ends after the clients in use came back. */
  close(): Promise<void>;
};

/**
 * Opens a pool. `int8` arrives as bigint. Waiting for a connection is bounded by 2 s, a statement by 30 s; a connection on
 * which the answer stays out is destroyed.
 */
export function createDb(options: DbOptions): Db {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.max ?? 10,
    application_name: options.name ?? "holdfast",
    connectionTimeoutMillis: 2_000,
    statement_timeout: 30_000,
    idle_in_transaction_session_timeout: 60_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // Statements that do not wait for each other's answers share a round trip; the server runs them in order.
    pipeline: true,
    types,
  });
  // A connection that breaks says so here as well as in the query under way; unheard, it would end the process.
  pool.on("connect", (client) => client.on("error", () => context()?.note("db_connection_lost", true)));
  pool.on("error", () => context()?.note("db_connection_lost", true));
  const unwatch = watchAnswers(pool, options.answerTimeoutMs ?? 35_000);
  const close = async () => {
    await pool.end();
    unwatch();
  };
  return { pool, url: options.url, counted: options.counted, close };
}

/** A client of the pool, or the problem `database_unavailable` (503). */
export async function connect(db: Pick<Db, "pool">): Promise<pg.PoolClient> {
  try {
    return await db.pool.connect();
  } catch (cause) {
    throw new Problem(common.database_unavailable, { cause, retryAfter: 2 });
  }
}
