/** What is heard in a file, by fixed rules: the same bytes say the same. Pure. */
import { hash } from "node:crypto";

const WORDS =
  "the boat left port at nine and came back with fish for all of us while rain fell on quiet hills we counted every box twice before dark".split(
    " ",
  );
const PER_SECOND = 2.5;
const SEGMENT_SECONDS = 5;

export type Segment = { start: number; end: number; text: string };

/** The file's own comment, else as many words as its length lets one say. */
export function segmentsOf({
  bytes,
  seconds,
  comment,
}: {
  bytes: Buffer;
  seconds: number;
  comment: string | null;
}): Segment[] {
  const words = comment?.split(/\s+/).filter((word) => word !== "") ?? wordsOf(bytes, seconds);
  const count = Math.max(Math.ceil(seconds / SEGMENT_SECONDS), 1);
  const each = Math.ceil(words.length / count);
  return Array.from({ length: count }, (_, at) => ({
    start: at * SEGMENT_SECONDS,
    end: Math.min((at + 1) * SEGMENT_SECONDS, seconds),
    text: words.slice(at * each, (at + 1) * each).join(" "),
  })).filter(({ text }) => text !== "");
}

function wordsOf(bytes: Buffer, seconds: number): string[] {
  const digest = Buffer.from(hash("sha256", bytes), "hex");
  const length = Math.max(Math.round(seconds * PER_SECOND), 1);
  return Array.from({ length }, (_, at) => {
    const byte = (digest[at % digest.length] ?? 0) + Math.floor(at / digest.length);
    return WORDS[byte % WORDS.length] ?? "";
  });
}
