/**
 * One life of the process under test. At the point that was drawn for it the life ends as by `kill -9`: its database
 * connections break off, its calls to companies are made or not made but never heard of, and nothing it still runs reaches
 * anybody. Points lie before and after each statement and each call.
 */
import { createDb, socketOf, type Db } from "../../server/platform/db/index.ts";

export class Crashed extends Error {
  override readonly name = "Crashed";
}

export type Lifeline = {
  readonly dead: boolean;
  /** The life ends at this many points from now. */
  arm(points: number): void;
  /** One await of the process; throws `Crashed` when its time has come, and ever after. */
  point(where: string): void;
  onDeath(act: () => void): void;
  /** Where it died, and after how many points. */
  readonly epitaph: string | null;
};

export function createLifeline(): Lifeline {
  let left = Number.POSITIVE_INFINITY;
  let epitaph: string | null = null;
  const last: (() => void)[] = [];
  return {
    get dead() {
      return epitaph !== null;
    },
    get epitaph() {
      return epitaph;
    },
    arm(points) {
      left = points;
    },
    point(where) {
      left -= 1;
      if (epitaph === null && left <= 0) {
        epitaph = where;
        for (const act of last) act();
      }
      if (epitaph !== null) throw new Crashed(`died at ${epitaph}`);
    },
    onDeath: (act) => void last.push(act),
  };
}

/** A statement as the server hands it to the driver. */
type Asked = { callback(error: unknown, result?: unknown): void };

/** A pool whose every statement is a point of this life. */
export function mortalDb(url: string, life: Lifeline): Db {
  const db = createDb({ url, max: 6 });
  db.pool.on("connect", (client) => {
    life.onDeath(() => socketOf(client).destroy());
    const send = client.query.bind(client) as (asked: Asked) => unknown;
    const mortal = (asked: Asked) => {
      const { callback: told } = asked;
      const passes = (where: string): boolean => {
        try {
          life.point(where);
          return true;
        } catch (error) {
          told(error);
          return false;
        }
      };
      if (!passes("a statement, unsent")) return;
      asked.callback = (error, result) => {
        if (error) told(error);
        else if (passes("a statement, its answer unread")) told(null, result);
      };
      send(asked);
    };
    Object.assign(client, { query: mortal });
  });
  return db;
}

/** The same for a company's client: before each call, and after it, when the act is done and unheard of. */
export function mortalCalls<Api extends object>(api: Api, life: Lifeline): Api {
  const mortal =
    (name: string, call: (...args: unknown[]) => Promise<unknown>) =>
    async (...args: unknown[]): Promise<unknown> => {
      life.point(`${name}, not called`);
      const answer = await call(...args);
      life.point(`${name}, its answer unread`);
      return answer;
    };
  const entries = Object.entries(api).map(([name, value]) => [
    name,
    typeof value === "function" ? mortal(name, value.bind(api) as never) : (value as unknown),
  ]);
  return Object.fromEntries(entries) as Api;
}
