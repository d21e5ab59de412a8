/** Resend's published document, for the tests: nothing needs it to run. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = process.env["SPECS_DIR"] ?? join(import.meta.dirname, "../../../shared/specs");

/** One file of Resend's, or null when this machine has none. */
export function readSpec(name: string): unknown {
  const file = join(FOLDER, "resend", name);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as unknown) : null;
}
