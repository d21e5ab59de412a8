import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Row, Sql, Store } from "./company.ts";

/** Statements kept prepared per world; all sql in the sandbox is constant text, so this is never reached in practice. */
const MAX_STATEMENTS = 500;

/** The store with the handles that only the core needs. */
export class OpenStore implements Store {
  dirty = false;
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #ensured = new Set<string>();
  readonly #hooks: (() => void)[] = [];
  #waiting: (() => void)[] = [];
  #depth = 0;
  #closed = false;

  /**
   * Opens the books of one world. With `synchronous = off` over a write-ahead log, what was committed survives
   * kill -9 of this process (the kernel has the pages) but not a power cut, which is all a sandbox needs.
   */
  constructor(file: string) {
    this.#db = new DatabaseSync(file);
    if (file !== ":memory:") this.#db.exec("pragma journal_mode = wal; pragma synchronous = off;");
    this.#db.exec("pragma temp_store = memory; pragma cache_size = -16000;");
  }

  ensure(name: string, ddl: string): void {
    if (this.#ensured.has(name)) return;
    this.touch();
    this.#db.exec(ddl);
    this.#ensured.add(name);
  }

  run(sql: string, ...values: Sql[]): number {
    this.touch();
    return Number(this.#prepare(sql).run(...values).changes);
  }

  get(sql: string, ...values: Sql[]): Row | null {
    return (this.#prepare(sql).get(...values) as Row | undefined) ?? null;
  }

  all(sql: string, ...values: Sql[]): Row[] {
    return this.#prepare(sql).all(...values) as Row[];
  }

  atomic<T>(fn: () => T): T {
    this.touch();
    const point = `p${this.#depth++}`;
    this.#prepare(`savepoint ${point}`).run();
    try {
      const result = fn();
      this.#prepare(`release ${point}`).run();
      return result;
    } catch (error) {
      this.#prepare(`rollback to ${point}`).run();
      this.#prepare(`release ${point}`).run();
      throw error;
    } finally {
      this.#depth--;
    }
  }

  afterCommit(fn: () => void): void {
    if (this.dirty) this.#waiting.push(fn);
    else fn();
  }

  /** Runs inside each transaction just before its commit: counters kept in memory are written down here. */
  beforeCommit(fn: () => void): void {
    this.#hooks.push(fn);
  }

  /** Opens this turn's transaction, so that `beforeCommit` will run. */
  touch(): void {
    if (this.dirty) return;
    this.#prepare("begin").run();
    this.dirty = true;
    setImmediate(() => this.flush());
  }

  flush(): void {
    if (!this.dirty || this.#closed) return;
    for (const hook of this.#hooks) hook();
    this.#prepare("commit").run();
    this.dirty = false;
    const callbacks = this.#waiting;
    this.#waiting = [];
    for (const callback of callbacks) callback();
  }

  close(): void {
    if (this.#closed) return;
    this.flush();
    this.#closed = true;
    this.#db.close();
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear();
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
