/** `bin/verify-audit <export> [--key <public key, PEM>]`: 0 when the trail is whole and unchanged, 1 when not. */
import { createReadStream, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { checkExport } from "./export-lines.ts";

const { positionals, values } = parseArgs({ allowPositionals: true, options: { key: { type: "string" } } });
const [file] = positionals;
if (!file) {
  process.stderr.write("bin/verify-audit <export> [--key <public key, PEM>]\n");
  process.exit(2);
}
const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
const verdict = await checkExport(lines, values.key ? readFileSync(values.key, "utf8") : null);
process.stdout.write(
  verdict.ok
    ? `ok: ${verdict.entries} entries, signed up to ${verdict.signedUpTo}\n`
    : `NOT ok: ${verdict.fault}\n`,
);
process.exitCode = verdict.ok ? 0 : 1;
