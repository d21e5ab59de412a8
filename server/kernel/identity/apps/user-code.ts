import { randomInt } from "node:crypto";

/** No vowels, so that no word appears, and no letter that looks like another one. */
const CONSONANTS = "BCDFGHJKLMNPQRSTVWXZ";
const LENGTH = 8;

/** `XXXX-XXXX`, typed by a person: 20⁸ codes. */
export function newUserCode(): string {
  let text = "";
  for (let i = 0; i < LENGTH; i += 1) text += CONSONANTS[randomInt(CONSONANTS.length)];
  return `${text.slice(0, 4)}-${text.slice(4)}`;
}

/** A code as it was made, whatever case, spaces or dashes it was typed with; null for what cannot be one. */
export function readUserCode(typed: string): string | null {
  const letters = typed.toUpperCase().replaceAll(/[\s-]/g, "");
  if (letters.length !== LENGTH || ![...letters].every((letter) => CONSONANTS.includes(letter))) return null;
  return `${letters.slice(0, 4)}-${letters.slice(4)}`;
}
