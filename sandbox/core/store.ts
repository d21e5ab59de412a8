import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Row, Sql, Store } from "./company.ts";

/** A store with the handles that only the core needs. */
export type OpenStore = Store & {
  /** Runs inside each transaction just before its commit: counters kept in memory are written down here. */
  beforeCommit(fn: () => void): void;
  /** Opens the turn's transaction, so that `beforeCommit` will run. */
  touch(): void;
  flush(): void;
  close(): void;
};

/** Statements kept prepared per world; all sql in the sandbox is constant text, so this is never reached in practice. */
const MAX_STATEMENTS = 500;

/**
 * Opens the books of one world. With `synchronous = off` over a write-ahead log, what was committed survives
 * kill -9 of this process (the kernel has the pages) but not a power cut, which is all a sandbox needs.
 */
export function openStore(file: string): OpenStore {
  const db = new DatabaseSync(file);
  if (file !== ":memory:") db.exec("pragma journal_mode = wal; pragma synchronous = off;");
  db.exec("pragma temp_store = memory; pragma cache_size = -16000;");
  const statements = new Map<string, StatementSync>();
  const ensured = new Set<string>();
  const hooks: (() => void)[] = [];
  let waiting: (() => void)[] = [];
  let dirty = false;
  let closed = false;
  let depth = 0;

  const prepare = (sql: string): StatementSync => {
    let statement = statements.get(sql);
    if (statement === undefined) {
      if (statements.size >= MAX_STATEMENTS) statements.clear();
      statement = db.prepare(sql);
      statements.set(sql, statement);
    }
    return statement;
  };
  const flush = (): void => {
    if (!dirty) return;
    for (const hook of hooks) hook();
    prepare("commit").run();
    dirty = false;
    const callbacks = waiting;
    waiting = [];
    for (const callback of callbacks) callback();
  };
  const commitTurn = (): void => {
    if (!closed) flush();
  };
  const touch = (): void => {
    if (dirty) return;
    prepare("begin").run();
    dirty = true;
    setImmediate(commitTurn);
  };

  return {
    get dirty() {
      return dirty;
    },
    ensure(name, ddl) {
      if (ensured.has(name)) return;
      touch();
      db.exec(ddl);
      ensured.add(name);
    },
    run(sql: string, ...values: Sql[]): number {
      touch();
      return Number(prepare(sql).run(...values).changes);
    },
    get(sql: string, ...values: Sql[]): Row | null {
      return (prepare(sql).get(...values) as Row | undefined) ?? null;
    },
    all(sql: string, ...values: Sql[]): Row[] {
      return prepare(sql).all(...values) as Row[];
    },
    atomic<T>(fn: () => T): T {
      touch();
      const point = `p${depth++}`;
      prepare(`savepoint ${point}`).run();
      try {
        const result = fn();
        prepare(`release ${point}`).run();
        return result;
      } catch (error) {
        prepare(`rollback to ${point}`).run();
        prepare(`release ${point}`).run();
        throw error;
      } finally {
        depth--;
      }
    },
    afterCommit(fn) {
      if (dirty) waiting.push(fn);
      else fn();
    },
    beforeCommit(fn) {
      hooks.push(fn);
    },
    touch,
    flush,
    close() {
      if (closed) return;
      flush();
      closed = true;
      db.close();
    },
  };
}
