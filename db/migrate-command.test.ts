import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { databaseUrl, testServer, withAdmin } from "../test/harness/database-server.ts";
import { appRole } from "./roles.ts";

const { adminUrl, prefix, appPassword } = testServer();

function command(env: Record<string, string>): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [path.join(import.meta.dirname, "migrate-command.ts")], {
    env,
    encoding: "utf8",
  });
}

async function emptyDatabase(name: string): Promise<{ ownerUrl: string; appUrl: string }> {
  const database = `${prefix}_command_${name}`;
  await withAdmin(adminUrl, (client) => client.query(`CREATE DATABASE ${database}`));
  return {
    ownerUrl: databaseUrl(adminUrl, database),
    appUrl: databaseUrl(adminUrl, database, { user: appRole, password: appPassword }),
  };
}

test("bin/migrate names what it applied, then says that there is nothing left", async () => {
  const { ownerUrl, appUrl } = await emptyDatabase("twice");
  const env = { DATABASE_OWNER_URL: ownerUrl, DATABASE_URL: appUrl };
  expect(command(env)).toMatchObject({ status: 0, stdout: expect.stringMatching(/^0001_\w+\n/) });
  expect(command(env)).toMatchObject({ status: 0, stdout: "nothing to migrate\n" });
});

test("bin/migrate takes its addresses from files too", async () => {
  const { ownerUrl } = await emptyDatabase("file");
  const dir = mkdtempSync(path.join(tmpdir(), "holdfast-migrate-"));
  const file = path.join(dir, "owner");
  writeFileSync(file, `${ownerUrl}\n`);
  expect(command({ DATABASE_OWNER_URL_FILE: file })).toMatchObject({ status: 0, stderr: "" });
  rmSync(dir, { recursive: true });
});

test.each([
  [{}, "DATABASE_OWNER_URL is missing"],
  [{ DATABASE_OWNER_URL: adminUrl, DATABASE_URL: adminUrl }, "it must be holdfast_app, which owns nothing"],
])("bin/migrate refuses %#", (env, message) => {
  const { status, stderr } = command(env);
  expect(status).toBe(1);
  expect(stderr).toContain(message);
});
