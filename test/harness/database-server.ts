/** The server behind a test run: that of TEST_DATABASE_URL, or an embedded one without fsync, deleted afterwards. */
import { createHmac, randomBytes } from "node:crypto";
import pg from "pg";
import { migrate, migrationsHash } from "../../db/migrate.ts";
import { startScratchServer } from "../../local/scratch-server.ts";

/** What a test file needs to know to clone its database. */
export type TestServer = { adminUrl: string; template: string; appPassword: string; prefix: string };

/** The server of this run, from within a test file. */
export function testServer(): TestServer {
  const handover = process.env["HOLDFAST_TEST_SERVER"];
  if (!handover)
    throw new Error("no test server: the run needs test/harness/global-setup.ts as its globalSetup");
  return JSON.parse(handover) as TestServer;
}

/** One template at a time per server; the number is ours alone. */
const templateLock = 0x7465_6d70;

export async function startTestServer(): Promise<{ handover: TestServer; stop(): Promise<void> }> {
  const server = await startScratchServer();
  const { adminUrl } = server;
  // The same for every run on one server, since roles belong to the server and runs may overlap; nobody else's to guess.
  const secret = decodeURIComponent(new URL(adminUrl).password);
  const appPassword = createHmac("sha256", secret).update("holdfast_app").digest("hex");
  const prefix = `holdfast_test_${randomBytes(4).toString("hex")}`;
  const template = await ensureTemplate(adminUrl, appPassword);
  return {
    handover: { adminUrl, template, appPassword, prefix },
    stop: async () => {
      await dropByPrefix(adminUrl, prefix);
      await server.stop();
    },
  };
}

/** Named by the migrations' hash, and only once it is complete: an outside server keeps it for the next run. */
async function ensureTemplate(adminUrl: string, appPassword: string): Promise<string> {
  const template = `holdfast_template_${migrationsHash()}`;
  const unfinished = `${template}_new`;
  await withAdmin(adminUrl, async (client) => {
    await client.query("SELECT pg_advisory_lock($1)", [templateLock]);
    const { rows } = await client.query("SELECT FROM pg_database WHERE datname = $1", [template]);
    if (rows.length > 0) {
      // The password may stem from before the server's own was changed.
      await migrate({ ownerUrl: databaseUrl(adminUrl, template), appPassword });
      return;
    }
    await client.query(`DROP DATABASE IF EXISTS ${unfinished} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${unfinished} TEMPLATE template0 ENCODING 'UTF8'`);
    await migrate({ ownerUrl: databaseUrl(adminUrl, unfinished), appPassword });
    await client.query(`ALTER DATABASE ${unfinished} RENAME TO ${template}`);
  });
  return template;
}

async function dropByPrefix(adminUrl: string, prefix: string): Promise<void> {
  await withAdmin(adminUrl, async (client) => {
    const { rows } = await client.query<{ datname: string }>(
      "SELECT datname FROM pg_database WHERE starts_with(datname, $1)",
      [prefix],
    );
    for (const { datname } of rows) await client.query(`DROP DATABASE IF EXISTS ${datname} WITH (FORCE)`);
  });
}

export async function withAdmin<T>(adminUrl: string, act: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: adminUrl, application_name: "holdfast tests" });
  await client.connect();
  try {
    return await act(client);
  } finally {
    await client.end();
  }
}

export function databaseUrl(
  serverUrl: string,
  database: string,
  signIn?: { user: string; password: string },
): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  if (signIn) {
    url.username = signIn.user;
    url.password = signIn.password;
  }
  return url.href;
}
