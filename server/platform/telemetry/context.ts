import { AsyncLocalStorage } from "node:async_hooks";
import type { TraceSpan } from "./span.ts";

/** What one request or job gathers for its single wide log line. */
export type Context = {
  /** Adds to a number field, e.g. `db_ms`. */
  add(field: string, amount: number): void;
  /** Sets a field. Never bodies, prompts, tokens, phone numbers, addresses. */
  note(field: string, value: string | number | boolean | null): void;
  readonly fields: Record<string, string | number | boolean | null>;
  /** Its span; null while tracing is off. */
  readonly trace: TraceSpan | null;
};

const storage = new AsyncLocalStorage<Context>();

export function createContext(trace: TraceSpan | null = null): Context {
  const fields: Context["fields"] = {};
  return {
    trace,
    fields,
    add: (field, amount) => void (fields[field] = ((fields[field] as number | undefined) ?? 0) + amount),
    note: (field, value) => void (fields[field] = value),
  };
}

/** The running request's or job's context, if any. */
export const context = (): Context | undefined => storage.getStore();

export function withContext<T>(value: Context, fn: () => T): T {
  return storage.run(value, fn);
}

/** Runs `fn` as no part of any request or job. */
export function withoutContext<T>(fn: () => T): T {
  return storage.exit(fn);
}
