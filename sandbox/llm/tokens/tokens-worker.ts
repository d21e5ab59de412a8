import { parentPort } from "node:worker_threads";
import { countTokens } from "./tokenizer.ts";
import { slices } from "./slices.ts";

/** Slices remembered; a text that repeats itself is counted once. */
const KEPT = 20_000;
const counts = new Map<string, number>();

function countSlice(slice: string): number {
  const known = counts.get(slice);
  if (known !== undefined) return known;
  const count = countTokens(slice);
  if (counts.size >= KEPT) counts.clear();
  counts.set(slice, count);
  return count;
}

parentPort?.on("message", ({ id, text, limit }: { id: number; text: string; limit: number }) => {
  let count = 0;
  for (const slice of slices(text)) {
    count += countSlice(slice);
    if (count > limit) break;
  }
  parentPort?.postMessage({ id, count });
});
