/** A database of its own for a test file: a clone of the migrated template, reached as the role the servers use. */
import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { appRole } from "../../db/roles.ts";
import { databaseUrl, testServer, withAdmin } from "./database-server.ts";

export type TestDatabase = {
  /** Signs in as `holdfast_app`: owns nothing, obeys row-level security. */
  url: string;
  /** Signs in as the owner: for looking behind the tenants' walls, never for the code under test. */
  ownerUrl: string;
  drop(): Promise<void>;
};

let made = 0;

/** Takes about 0.1 s. Drop it in `afterAll`; what is left is dropped when the run ends. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { adminUrl, template, appPassword, prefix } = testServer();
  made += 1;
  const name = `${prefix}_${process.pid}_${made}`;
  await withAdmin(adminUrl, (client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`));
  return {
    url: databaseUrl(adminUrl, name, { user: appRole, password: appPassword }),
    ownerUrl: databaseUrl(adminUrl, name),
    drop: async () => {
      await withAdmin(adminUrl, async (client) => {
        await connectionsGone(client, name);
        await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      });
    },
  };
}

/** A pool that ended says so before the server has seen its goodbyes; cut off meanwhile, its clients would throw. */
async function connectionsGone(client: pg.Client, name: string): Promise<void> {
  for (const endsAt = Date.now() + 2_000; Date.now() < endsAt; await delay(10)) {
    const { rows } = await client.query("SELECT FROM pg_stat_activity WHERE datname = $1", [name]);
    if (rows.length === 0) return;
  }
}
