import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** Sorted keys without anything between them; `local/breached-list.ts` makes it. */
export const BREACHED_FILE = new URL("breached.bin", import.meta.url);
/** Among 200,000 keys of 40 bits one password in five million is refused without cause. */
const KEY_BYTES = 5;

/** What stands in the list for a password, whatever its letter case. */
export const breachedKey = (password: string): Buffer =>
  createHash("sha256").update(password.normalize("NFKC").toLowerCase()).digest().subarray(0, KEY_BYTES);

let list: Buffer | null = null;

/** True for a password, in any letter case, that stands in the bundled list of breached ones. Microseconds. */
export function isBreached(password: string): boolean {
  list ??= readFileSync(BREACHED_FILE);
  const key = breachedKey(password);
  let from = 0;
  let to = list.length / KEY_BYTES;
  while (from < to) {
    const middle = (from + to) >>> 1;
    const order = list.compare(key, 0, KEY_BYTES, middle * KEY_BYTES, (middle + 1) * KEY_BYTES);
    if (order === 0) return true;
    if (order < 0) from = middle + 1;
    else to = middle;
  }
  return false;
}
