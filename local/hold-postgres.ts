/** For tests: starts the embedded PostgreSQL of the given data directory, says so, and stays until it is killed. */
import { startPostgres } from "./postgres.ts";

const dataDir = process.argv[2];
if (!dataDir) throw new Error("usage: hold-postgres.ts DATA_DIR");
const { ownerUrl, pid, clusterDir } = await startPostgres({ dataDir });
process.stdout.write(`${JSON.stringify({ ownerUrl, pid, clusterDir })}\n`);
setInterval(() => undefined, 60_000);
