/**
 * Counting tokens without ever holding the event loop: text is cut into slices of at most `SLICE` characters
 * at safe places, short texts are counted at once, longer ones in a worker, and counts are remembered.
 * Every model is counted with OpenAI's o200k table.
 */
import { hash } from "node:crypto";
import { Worker } from "node:worker_threads";
import { countTokens, decode, encode } from "./tokenizer.ts";
import { slices } from "./slices.ts";

/** Characters counted on the event loop; the worst text of this length (one letter) takes about 10 ms. */
const INLINE = 4096;
const KEPT_COUNTS = 5_000;
const KEPT_PIECES = 2_000;
/** A worker that does not answer within this has hung: the call fails rather than waits. */
const WORKER_MS = 30_000;

function remember<V>(cache: Map<string, V>, limit: number, key: string, value: V): V {
  if (cache.size >= limit) cache.delete(cache.keys().next().value ?? key);
  cache.set(key, value);
  return value;
}

const counts = new Map<string, number>();

function countInline(text: string): number {
  const known = counts.get(text);
  if (known !== undefined) return known;
  let count = 0;
  for (const slice of slices(text)) count += countTokens(slice);
  return remember(counts, KEPT_COUNTS, text, count);
}

type Waiting = { resolve(count: number): void; reject(error: Error): void; timer: NodeJS.Timeout };
const waiting = new Map<number, Waiting>();
let worker: Worker | null = null;
let asked = 0;

function failAll(error: Error): void {
  worker = null;
  for (const each of waiting.values()) {
    clearTimeout(each.timer);
    each.reject(error);
  }
  waiting.clear();
}

function startWorker(): Worker {
  const fresh = new Worker(new URL("./tokens-worker.ts", import.meta.url));
  fresh.unref();
  fresh.on("message", ({ id, count }: { id: number; count: number }) => {
    const each = waiting.get(id);
    if (each === undefined) return;
    waiting.delete(id);
    clearTimeout(each.timer);
    each.resolve(count);
  });
  fresh.on("error", failAll);
  return fresh;
}

function countInWorker(text: string, limit: number): Promise<number> {
  worker ??= startWorker();
  const running = worker;
  const id = ++asked;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      failAll(new Error(`no token count within ${WORKER_MS} ms`));
      void running.terminate();
    }, WORKER_MS);
    timer.unref();
    waiting.set(id, { resolve, reject, timer });
    running.postMessage({ id, text, limit });
  });
}

/**
 * Tokens of `text`: at once when it is short or was counted before, else by the worker, which stops soon
 * after `limit` (a prompt beyond the model's window is refused whatever its exact length).
 */
export function countText(text: string, limit: number): number | Promise<number> {
  if (text.length <= INLINE) return countInline(text);
  const key = hash("sha1", text) + limit;
  const known = counts.get(key);
  if (known !== undefined) return known;
  return countInWorker(text, limit).then((count) => remember(counts, KEPT_COUNTS, key, count));
}

/** A run of tokens that makes whole characters: nearly always one token, more for rare scripts and emoji. */
export type Piece = { text: string; tokens: number };

const kept = new Map<string, readonly Piece[]>();

/** An answer cut into what a model would stream. Answers are at most 8 KiB, so this stays on the event loop. */
export function piecesOf(text: string): readonly Piece[] {
  const known = kept.get(text);
  if (known !== undefined) return known;
  const pieces: Piece[] = [];
  for (const slice of slices(text)) {
    let open: number[] = [];
    for (const token of encode(slice)) {
      open.push(token);
      const part = decode(open);
      if (part.includes("\uFFFD") && open.length < 8) continue;
      pieces.push({ text: part, tokens: open.length });
      open = [];
    }
    if (open.length > 0) pieces.push({ text: decode(open), tokens: open.length });
  }
  return remember(kept, KEPT_PIECES, text, pieces);
}
