/** `bin/with node test/bench/ledger.ts [seconds]`: the ledger's bench on a throwaway server that keeps its promises (fsync on). */
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { migrate } from "../../db/migrate.ts";
import { startPostgres } from "../../local/postgres.ts";
import { createDb } from "../../server/platform/db/index.ts";
import { benchHolds } from "./ledger/hold-pairs.ts";

const seconds = Number(process.argv[2] ?? 5);
const dataDir = mkdtempSync(path.join(tmpdir(), "holdfast-bench-"));
const postgres = await startPostgres({ dataDir, fsync: true });
try {
  const appPassword = "bench";
  await migrate({ ownerUrl: postgres.ownerUrl, appPassword });
  const url = new URL(postgres.ownerUrl);
  url.username = "holdfast_app";
  url.password = appPassword;
  const db = createDb({ url: url.href, max: 10 });
  for (const concurrency of [64, 1]) {
    const result = await benchHolds({ db, seconds, concurrency });
    console.log(JSON.stringify({ concurrency, ...result }));
  }
  await db.close();
} finally {
  await postgres.stop();
  await rm(dataDir, { recursive: true, force: true });
}
