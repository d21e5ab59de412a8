/** PayPal's published documents, for the tests: nothing needs them to run. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = process.env["SPECS_DIR"] ?? join(import.meta.dirname, "../../../shared/specs");

/** One file of PayPal's, or null when this machine has none. */
export function readSpec(name: string): unknown {
  const file = join(FOLDER, "paypal", name);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as unknown) : null;
}
