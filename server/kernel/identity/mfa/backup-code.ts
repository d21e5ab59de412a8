import { randomBytes } from "node:crypto";

/** No I, O, 0 or 1, which are mistaken for each other. 32 characters: five bits each, forty a code. */
const ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const LENGTH = 8;
export const CODES_IN_A_SET = 10;
const SHAPE = new RegExp(`^[${ALPHABET}]{${LENGTH}}$`);

/** Ten different codes, `XXXX-XXXX`. */
export function newBackupCodes(): string[] {
  const codes = new Set<string>();
  while (codes.size < CODES_IN_A_SET) {
    // 256 is a multiple of 32, so every character is equally likely.
    const text = [...randomBytes(LENGTH)].map((byte) => ALPHABET[byte % ALPHABET.length]).join("");
    codes.add(`${text.slice(0, LENGTH / 2)}-${text.slice(LENGTH / 2)}`);
  }
  return [...codes];
}

/** The code as it was given out, however it was typed: small letters, spaces, no hyphen. Null when it can be none. */
export function readBackupCode(typed: string): string | null {
  const text = typed.replaceAll(/[\s-]/g, "").toUpperCase();
  return SHAPE.test(text) ? `${text.slice(0, LENGTH / 2)}-${text.slice(LENGTH / 2)}` : null;
}
