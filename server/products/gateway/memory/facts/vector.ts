/** What a text is about, as an embedding model says it: one byte for each dimension, which is near enough to rank by. Pure. */

export type Vector = { model: string; values: Int8Array };

const MOST_DIMENSIONS = 8_192;
const LARGEST = 127;

/** Null for what has no direction, or too many dimensions to keep. */
export function vectorOf(model: string, floats: ArrayLike<number>): Vector | null {
  let largest = 0;
  for (let at = 0; at < floats.length; at += 1) largest = Math.max(largest, Math.abs(floats[at] ?? 0));
  if (!(largest > 0 && Number.isFinite(largest)) || floats.length > MOST_DIMENSIONS) return null;
  return { model, values: Int8Array.from(floats, (value) => Math.round((value / largest) * LARGEST)) };
}

/** From 0, which is nothing in common, to 1. Vectors of two models have nothing in common. */
export function nearness(a: Vector, b: Vector): number {
  const { length } = a.values;
  if (a.model !== b.model || length !== b.values.length) return 0;
  let [both, ofA, ofB] = [0, 0, 0];
  for (let at = 0; at < length; at += 1) {
    const [one, other] = [a.values[at] ?? 0, b.values[at] ?? 0];
    both += one * other;
    ofA += one * one;
    ofB += other * other;
  }
  return Math.max(both / Math.sqrt(ofA * ofB), 0);
}

const END = 10;

/** The model's name, the end of a line, and the bytes. */
export const written = ({ model, values }: Vector): Buffer =>
  Buffer.concat([Buffer.from(`${model}\n`), Buffer.from(values.buffer, values.byteOffset, values.length)]);

export function read(bytes: Buffer): Vector {
  const end = bytes.indexOf(END);
  return { model: bytes.toString("utf8", 0, end), values: Int8Array.from(bytes.subarray(end + 1), signed) };
}

const signed = (byte: number): number => (byte << 24) >> 24;
