/** What a CRC32 does not protect: another body with the same one. */
import { crc32 } from "node:zlib";

/** Letters whose last four bits are free, so that whatever is chosen stays plain text: `` ` `` and a to o. */
const LETTER = 0x60;
const FREE_BITS = 4;
/** More than the 32 bits that are needed, so that a way is found for any body. */
const LETTERS = 12;
const START = '{"filler":"';

const letters = (choice: bigint): string =>
  Array.from({ length: LETTERS }, (_, n) =>
    String.fromCharCode(LETTER | Number((choice >> BigInt(n * FREE_BITS)) & 0xfn)),
  ).join("");

/**
 * Puts letters before the first field of a JSON object that give it this CRC32. Each free bit changes the checksum by a
 * pattern of its own, whatever the others are; which of them add up to the wanted change is a system of equations.
 */
export function withCrc(text: string, wanted: number): string {
  const made = (choice: bigint): string => `${START}${letters(choice)}",${text.slice(1)}`;
  const plain = crc32(made(0n));
  /** Patterns by their highest bit, each with the free bits that make it. */
  const basis = new Map<number, { pattern: number; choice: bigint }>();
  const reduce = (start: number, from: bigint): { pattern: number; choice: bigint } => {
    let pattern = start >>> 0;
    let choice = from;
    for (let bit = 31; bit >= 0; bit--) {
      const known = basis.get(bit);
      if ((pattern >>> bit) & 1 && known !== undefined) {
        pattern = (pattern ^ known.pattern) >>> 0;
        choice ^= known.choice;
      }
    }
    return { pattern, choice };
  };
  for (let n = 0; n < LETTERS * FREE_BITS; n++) {
    const choice = 1n << BigInt(n);
    const rest = reduce(crc32(made(choice)) ^ plain, choice);
    if (rest.pattern !== 0) basis.set(31 - Math.clz32(rest.pattern), rest);
  }
  const { pattern, choice } = reduce(wanted ^ plain, 0n);
  if (pattern !== 0) throw new Error("no letters give this checksum");
  return made(choice);
}

/** The body with a nine before each amount, and the checksum it had. */
export function forgeAmount(body: Buffer): Buffer {
  const text = body.toString().replaceAll(/"(value|total)":"(?=\d)/g, '"$1":"9');
  return Buffer.from(withCrc(text, crc32(body)));
}
