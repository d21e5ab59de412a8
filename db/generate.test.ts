import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { installedPostgres, startInstalledPostgres } from "../test/harness/installed-postgres.ts";
import { testServer } from "../test/harness/database-server.ts";
import { generateFrom } from "./generate.ts";

const committed = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), "utf8");

test("the generated files follow from the migrations", async () => {
  const files = await generateFrom(testServer().adminUrl);
  expect([...files.keys()]).toEqual(["db/schema.sql", "db/rows.ts"]);
  for (const [name, text] of files) expect(text, `${name}: run bin/generate`).toBe(committed(name));
});

const bin = installedPostgres(15);
describe.skipIf(bin === null)("PostgreSQL 15 from Debian's packages", () => {
  test("the migrations run there and leave the same schema, to the letter", async () => {
    const server = await startInstalledPostgres(bin as string);
    try {
      for (const [name, text] of await generateFrom(server.adminUrl))
        expect(text, name).toBe(committed(name));
    } finally {
      await server.stop();
    }
  });
});
