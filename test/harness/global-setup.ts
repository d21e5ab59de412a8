/** One database server per test run, with one migrated template in it; see `database.ts`. */
import { startTestServer } from "./database-server.ts";

export default async function setup(): Promise<() => Promise<void>> {
  const server = await startTestServer();
  // Test files run in processes of their own, started after this: they inherit it.
  process.env["HOLDFAST_TEST_SERVER"] = JSON.stringify(server.handover);
  return () => server.stop();
}
