import { Worker } from "node:worker_threads";
import type { Container } from "./container.ts";

export type SoundReader = {
  /** Milliseconds that the file plays, as its container tells; null where it does not tell, or not in time. Never throws. */
  durationMs(bytes: Buffer, container: Container): Promise<number | null>;
  close(): Promise<void>;
};

/** A file that takes longer is one that does not tell. */
const BUDGET_MS = 2_000;
/** Loading the reader takes a part of a second. */
const START_MS = 10_000;
/** Files in the thread or waiting for it; a further one does not tell. */
const MAX_WAITING = 32;

type Waiting = { resolve(ms: number | null): void; timer: NodeJS.Timeout };

/** Reads in a thread of its own, started at first use and anew when a file held it up. */
export function createSoundReader(): SoundReader {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | null = null;
  let asked = 0;

  const settle = (id: number, ms: number | null) => {
    const each = waiting.get(id);
    waiting.delete(id);
    clearTimeout(each?.timer);
    each?.resolve(ms);
  };
  const abandon = () => {
    const broken = worker;
    worker = null;
    for (const id of waiting.keys()) settle(id, null);
    return broken?.terminate();
  };
  const start = () => {
    const fresh = new Worker(new URL("./worker.ts", import.meta.url));
    fresh.unref();
    fresh.on("message", ({ id, ms }: { id: number; ms: number | null }) => settle(id, ms));
    fresh.on("error", () => fresh === worker && void abandon());
    return fresh;
  };
  return {
    durationMs(bytes, { mediaType }) {
      if (waiting.size >= MAX_WAITING) return Promise.resolve(null);
      const budgetMs = (worker ? 0 : START_MS) + BUDGET_MS * (waiting.size + 1);
      worker ??= start();
      const { promise, resolve } = Promise.withResolvers<number | null>();
      const id = (asked += 1);
      waiting.set(id, { resolve, timer: setTimeout(() => void abandon(), budgetMs).unref() });
      worker.postMessage({ id, bytes, mediaType });
      return promise;
    },
    async close() {
      await abandon();
    },
  };
}
