/** The thread behind `createTokenCounter`: tokenizes bounded slices until the deadline. */
import { parentPort } from "node:worker_threads";
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";

/** Characters. Merging is quadratic in the longest run without a break, so a run ends with its slice. */
const SLICE = 1_024;
/** Slices remembered: a text that repeats itself is counted once. */
const KEPT = 10_000;
/** A prompt may spell a control token; it is text like any other. */
const AS_TEXT = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() };

const known = new Map<string, number>();

function countSlice(slice: string): number {
  const before = known.get(slice);
  if (before !== undefined) return before;
  const tokens = countTokens(slice, AS_TEXT);
  if (known.size >= KEPT) known.clear();
  known.set(slice, tokens);
  return tokens;
}

/** Where the slice from `from` on ends: before a space if there is one, never inside a surrogate pair. */
function endOf(text: string, from: number): number {
  const end = from + SLICE;
  if (end >= text.length) return text.length;
  // No further back: a text without spaces would be searched to its beginning, slice after slice.
  const half = from + SLICE / 2;
  const space = text.slice(half, end + 1).lastIndexOf(" ");
  if (space > 0) return half + space;
  const low = text.charCodeAt(end);
  return low >= 0xdc00 && low <= 0xdfff ? end - 1 : end;
}

function count(texts: readonly string[], deadlineAt: number): { tokens: number; whole: boolean } {
  let tokens = 0;
  let whole = true;
  for (const text of texts) {
    for (let from = 0; from < text.length;) {
      if (Date.now() >= deadlineAt) {
        tokens += Buffer.byteLength(text.slice(from));
        whole = false;
        break;
      }
      const end = endOf(text, from);
      tokens += countSlice(text.slice(from, end));
      from = end;
    }
  }
  return { tokens, whole };
}

type Ask = { id: number; groups: readonly (readonly string[])[]; deadlineAt: number };
parentPort?.on("message", ({ id, groups, deadlineAt }: Ask) => {
  const counts = groups.map((texts) => count(texts, deadlineAt));
  const tokens = counts.map((each) => each.tokens);
  parentPort?.postMessage({ id, tokens, whole: counts.every(({ whole }) => whole) });
});
parentPort?.postMessage("ready");
