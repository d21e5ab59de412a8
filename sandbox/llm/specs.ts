import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Where the companies' published specifications lie, when they are there at all: nothing needs them to run. */
const SPECS = process.env["SPECS_DIR"] ?? join(import.meta.dirname, "../../../shared/specs");

/** The parsed JSON of one published file, or null when this machine has none. */
export function readSpec(path: string): unknown {
  const file = join(SPECS, path);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : null;
}
