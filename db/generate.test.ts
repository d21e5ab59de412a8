import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { testServer } from "../test/harness/database-server.ts";
import { installedPostgres, startInstalledPostgres } from "../test/harness/installed-postgres.ts";
import { generateFrom } from "./generate.ts";

test("the generated files follow from the migrations (else run bin/generate)", async () => {
  const files = await generateFrom(testServer().adminUrl);
  const stale = [...files].filter(
    ([name, text]) => readFileSync(new URL(`../${name}`, import.meta.url), "utf8") !== text,
  );
  expect(stale.map(([name]) => name)).toEqual([]);
});

const bin = installedPostgres(15);
describe.skipIf(bin === null)("PostgreSQL 15 from Debian's packages", () => {
  test("the migrations run there and leave the same schema and rows, to the letter", async () => {
    const server = await startInstalledPostgres(bin as string);
    try {
      expect(await generateFrom(server.adminUrl)).toEqual(await generateFrom(testServer().adminUrl));
    } finally {
      await server.stop();
    }
  });
});
