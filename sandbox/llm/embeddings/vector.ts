/** Vectors by fixed rules: texts that share words lie near each other. Pure. */
import { hash } from "node:crypto";
import { words } from "../tokens/text.ts";

/** Words of one text that count. */
const MOST_WORDS = 500;
/** What the text itself adds, so that two texts of the same words differ. */
const OWN_WEIGHT = 0.25;

/** A vector of length 1. */
export function vectorOf(text: string, dimensions: number): Float32Array {
  const sums = new Float64Array(dimensions);
  for (const word of words(text).slice(0, MOST_WORDS)) add(sums, word, 1);
  add(sums, `\n${text}`, OWN_WEIGHT);
  const length = Math.sqrt(sums.reduce((sum, value) => sum + value * value, 0)) || 1;
  return Float32Array.from(sums, (value) => value / length);
}

/** Each word moves eight of the dimensions, one way or the other. */
function add(sums: Float64Array, word: string, weight: number): void {
  const digest = Buffer.from(hash("sha256", word), "hex");
  for (let at = 0; at < digest.length; at += 4) {
    const value = digest.readUInt32LE(at);
    const place = value % sums.length;
    sums[place] = (sums[place] ?? 0) + (value >= 2 ** 31 ? weight : -weight);
  }
}

export const base64Of = (vector: Float32Array): string =>
  Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString("base64");
