import { Worker } from "node:worker_threads";

/** `whole`: no part was left at its bytes. */
export type TokenCount = { tokens: number; whole: boolean };

export type TokenCounter = {
  /**
   * Tokens of `texts` by a tokenizer, within `budgetMs`; what it does not reach stays at one token per UTF-8 byte, which no
   * tokenizer exceeds. Never throws.
   */
  count(texts: readonly string[], budgetMs: number): Promise<TokenCount>;
  close(): Promise<void>;
};

type Waiting = { texts: readonly string[]; timer: NodeJS.Timeout; resolve(count: TokenCount): void };

/** Texts in the worker or waiting for it; a further one stays at its bytes. */
const MAX_WAITING = 64;
/** A worker that answers this long after its budget is started anew. */
const GRACE_MS = 500;

const uncounted = (texts: readonly string[]): TokenCount => ({
  tokens: texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0),
  whole: false,
});

/** Counts in a thread of its own, started at first use. */
export function createTokenCounter(): TokenCounter {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | null = null;
  let asked = 0;

  const settle = (id: number, count: TokenCount | null) => {
    const each = waiting.get(id);
    if (!each) return;
    waiting.delete(id);
    clearTimeout(each.timer);
    each.resolve(count ?? uncounted(each.texts));
  };
  const abandon = () => {
    const broken = worker;
    worker = null;
    for (const id of waiting.keys()) settle(id, null);
    void broken?.terminate();
  };
  const start = () => {
    const fresh = new Worker(new URL("./token-worker.ts", import.meta.url));
    fresh.unref();
    fresh.on("message", ({ id, ...count }: TokenCount & { id: number }) => settle(id, count));
    fresh.on("error", () => fresh === worker && abandon());
    return fresh;
  };
  return {
    count(texts, budgetMs) {
      if (waiting.size >= MAX_WAITING) return Promise.resolve(uncounted(texts));
      worker ??= start();
      const id = (asked += 1);
      const { promise, resolve } = Promise.withResolvers<TokenCount>();
      const timer = setTimeout(abandon, budgetMs + GRACE_MS).unref();
      waiting.set(id, { texts, timer, resolve });
      worker.postMessage({ id, texts, deadlineAt: Date.now() + budgetMs });
      return promise;
    },
    async close() {
      const last = worker;
      abandon();
      await last?.terminate();
    },
  };
}
