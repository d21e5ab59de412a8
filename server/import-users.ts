/** `bin/import-users people.jsonl`: brings people in, says what became of each line that was not, exits 1 when one was refused. */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { readConfig } from "./config.ts";
import { importUsers } from "./kernel/identity/index.ts";
import { organizationActions } from "./kernel/tenancy/index.ts";
import { systemClock } from "./platform/clock.ts";
import { createDb } from "./platform/db/index.ts";

const [file] = process.argv.slice(2);
if (!file) {
  process.stderr.write("bin/import-users people.jsonl\n");
  process.exit(2);
}
const db = createDb({ url: readConfig(process.env).DATABASE_URL, max: 2 });
const counts = { made: 0, known: 0, refused: 0 };
const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
for await (const result of importUsers(
  { db, clock: systemClock, organizations: organizationActions },
  lines,
)) {
  counts[result.outcome] += 1;
  if (result.outcome === "refused") process.stderr.write(`line ${result.line}: ${result.why}\n`);
}
await db.close();
process.stdout.write(`${counts.made} made, ${counts.known} known, ${counts.refused} refused\n`);
process.exitCode = counts.refused > 0 ? 1 : 0;
