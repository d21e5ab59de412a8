import { Worker } from "node:worker_threads";

/** `whole`: no part was left at its bytes. */
export type TokenCount = { tokens: number; whole: boolean };

type GroupCount = { tokens: readonly number[]; whole: boolean };

export type TokenCounter = {
  /**
   * Tokens of `texts` by a tokenizer, within `budgetMs` of its being loaded; what it does not reach stays at one token per
   * UTF-8 byte, which no tokenizer exceeds. Never throws.
   */
  count(texts: readonly string[], budgetMs: number): Promise<TokenCount>;
  /** The same for several groups of texts: the tokens of each, in their order. */
  countEach(groups: readonly (readonly string[])[], budgetMs: number): Promise<GroupCount>;
  close(): Promise<void>;
};

type Groups = readonly (readonly string[])[];
type Waiting = {
  groups: Groups;
  budgetMs: number;
  /** Set once the worker has the texts. */
  timer: NodeJS.Timeout | undefined;
  resolve(count: GroupCount): void;
};
type Counted = GroupCount & { id: number };

/** Texts in the worker or waiting for it; a further one stays at its bytes. */
const MAX_WAITING = 64;
/** A worker that answers this long after its budget is started anew. */
const GRACE_MS = 500;
/** Loading the tokenizer takes a part of a second, and is no part of any budget. */
const START_MS = 10_000;

const uncounted = (groups: Groups): GroupCount => ({
  tokens: groups.map((texts) => texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)),
  whole: false,
});

/** Counts in a thread of its own, started at first use. */
export function createTokenCounter(): TokenCounter {
  const waiting = new Map<number, Waiting>();
  let worker: { thread: Worker; ready: boolean; starting: NodeJS.Timeout } | null = null;
  let asked = 0;

  const settle = (id: number, count: GroupCount | null) => {
    const each = waiting.get(id);
    if (!each) return;
    waiting.delete(id);
    clearTimeout(each.timer);
    each.resolve(count ?? uncounted(each.groups));
  };
  const abandon = () => {
    const broken = worker;
    worker = null;
    clearTimeout(broken?.starting);
    for (const id of waiting.keys()) settle(id, null);
    return broken?.thread.terminate();
  };
  const hand = (thread: Worker, id: number, each: Waiting) => {
    const { groups, budgetMs } = each;
    each.timer = setTimeout(abandon, budgetMs + GRACE_MS).unref();
    thread.postMessage({ id, groups, deadlineAt: Date.now() + budgetMs });
  };
  const start = () => {
    const thread = new Worker(new URL("./token-worker.ts", import.meta.url));
    const fresh = { thread, ready: false, starting: setTimeout(abandon, START_MS).unref() };
    thread.unref();
    thread.on("message", (message: Counted | "ready") => {
      if (fresh !== worker) return;
      if (message !== "ready") {
        const { id, ...count } = message;
        return settle(id, count);
      }
      clearTimeout(fresh.starting);
      fresh.ready = true;
      for (const [id, each] of waiting) hand(thread, id, each);
    });
    thread.on("error", () => fresh === worker && void abandon());
    return fresh;
  };
  const ask = (groups: Groups, budgetMs: number): Promise<GroupCount> => {
    if (waiting.size >= MAX_WAITING) return Promise.resolve(uncounted(groups));
    worker ??= start();
    const { promise, resolve } = Promise.withResolvers<GroupCount>();
    const each: Waiting = { groups, budgetMs, timer: undefined, resolve };
    waiting.set((asked += 1), each);
    if (worker.ready) hand(worker.thread, asked, each);
    return promise;
  };
  return {
    async count(texts, budgetMs) {
      const { tokens, whole } = await ask([texts], budgetMs);
      return { tokens: tokens[0] ?? 0, whole };
    },
    countEach: ask,
    async close() {
      await abandon();
    },
  };
}
