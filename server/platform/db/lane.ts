import type pg from "pg";
import { connect, type Db } from "./pool.ts";
import { send, type Statement } from "./send.ts";

/** Where single statements run, each a transaction of its own: done when it resolves, undone when it rejects, or unknown. */
export type Statements = { run<Row>(statement: Statement): Promise<Row[]> };

/** On whichever connection is free. */
export const anyConnection = (db: Pick<Db, "pool">): Statements => ({
  async run<Row>(statement: Statement): Promise<Row[]> {
    const client = await connect(db);
    let failed = true;
    try {
      const { rows } = await send(client, statement);
      failed = false;
      return rows as Row[];
    } finally {
      client.release(failed);
    }
  },
});

type Lease = { client: Promise<pg.PoolClient>; underWay: number; failed: boolean };

/**
 * On one connection, each sent without waiting for the answers of those before it: the server runs them in order, and begins
 * one while this process has yet to read that the last is done. The connection is the pool's again when nothing is under way.
 * After a failure whatever comes next gets another; 503 `database_unavailable` when there is none.
 */
export function createLane(db: Db): Statements {
  let current: Lease | null = null;
  return {
    async run<Row>(statement: Statement): Promise<Row[]> {
      const lease = (current ??= { client: connect(db), underWay: 0, failed: false });
      lease.underWay += 1;
      try {
        const client = await lease.client;
        return (await send(client, statement)).rows as Row[];
      } catch (error) {
        lease.failed = true;
        throw error;
      } finally {
        lease.underWay -= 1;
        if (current === lease && (lease.failed || lease.underWay === 0)) current = null;
        if (lease.underWay === 0)
          lease.client.then(
            (client) => client.release(lease.failed),
            () => undefined,
          );
      }
    },
  };
}
