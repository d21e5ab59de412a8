import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";

/** A secret by its name: made (32 random bytes, base64url) when first asked for, the same ever after. */
export type Secrets = (name: string) => string;

/** Keeps the secrets of this folder in `secrets.json`, readable by its owner only. */
export function openSecrets(dataDir: string): Secrets {
  const file = path.join(dataDir, "secrets.json");
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Record<string, string>) : {};
  return (name) => {
    const known = kept[name];
    if (known !== undefined) return known;
    const made = randomBytes(32).toString("base64url");
    kept[name] = made;
    // Whole or not at all: half a file would lock its owner out.
    writeFileSync(`${file}.new`, `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600, flush: true });
    renameSync(`${file}.new`, file);
    return made;
  };
}
