import type { Duplex } from "node:stream";
import pg from "pg";

/** Prepared once per connection under its name. */
export type Statement = { name: string; text: string; values: unknown[] };

/** The driver exposes its socket, but its types do not. */
export const socketOf = (client: pg.ClientBase): Duplex =>
  (client as unknown as { connection: { stream: Duplex } }).connection.stream;

/** A connection with statements on their way, and for how many looks in a row nothing has come back. */
type Line = { readonly client: pg.ClientBase; underWay: number; silent: number };

const lines = new WeakMap<pg.ClientBase, Line>();

/** The driver's own constructor takes what is to be called with the answer, which its types leave out. */
type Config = { text: string; callback: (error: Error | null, result: pg.QueryResult) => void };
const Query = pg.Query as unknown as new (config: Config) => pg.Submittable;

/**
 * Sends a statement, or a line of unprepared ones, and resolves with the answer. The driver's promises and its time-out per
 * statement hang each answer on a function that V8 puts into old memory at once, because it is assigned to a property: all
 * that belongs to a statement, its values above all, then stays until the next full collection. A callback of our own is
 * as young as the rest.
 */
export async function send(client: pg.ClientBase, statement: Statement | string): Promise<pg.QueryResult> {
  const line = lines.get(client);
  if (line) line.underWay += 1;
  try {
    return await new Promise<pg.QueryResult>((resolve, reject) => {
      const callback = (error: Error | null, result: pg.QueryResult) =>
        error ? reject(error) : resolve(result);
      client.query(
        new Query(typeof statement === "string" ? { text: statement, callback } : { ...statement, callback }),
      );
    });
  } catch (error) {
    // From here it leads back to who asked, not to the socket.
    if (error instanceof Error) Error.captureStackTrace(error);
    throw error;
  } finally {
    if (line) {
      line.underWay -= 1;
      line.silent = 0;
    }
  }
}

/**
 * Destroys connections of the pool on which nothing came for `timeoutMs` while statements were under way. Time is counted in
 * looks, so that a process that stood still does not blame the server. Returns what ends the watch.
 */
export function watchAnswers(pool: pg.Pool, timeoutMs: number): () => void {
  const everyMs = Math.min(1_000, timeoutMs / 4);
  const most = timeoutMs / everyMs;
  const watched = new Set<Line>();
  pool.on("connect", (client) => {
    const line: Line = { client, underWay: 0, silent: 0 };
    lines.set(client, line);
    watched.add(line);
  });
  pool.on("remove", (client) => {
    const line = lines.get(client);
    if (line) watched.delete(line);
  });
  const look = () => {
    for (const line of watched) {
      line.silent = line.underWay > 0 ? line.silent + 1 : 0;
      if (line.silent > most) socketOf(line.client).destroy(new Error("no answer from the database"));
    }
  };
  const timer = setInterval(look, everyMs).unref();
  return () => clearInterval(timer);
}
