/** `bin/generate`: writes the files that follow from the migrations and the routes; `--check` says which are out of date. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { environmentExample } from "../contract/environment.ts";
import { contractFrom } from "../contract/generate.ts";
import { startScratchServer } from "../local/scratch-server.ts";
import { schemaText } from "./catalogue.ts";
import { migrate } from "./migrate.ts";
import { rowTypesText } from "./row-types.ts";

/** The generated files by their path from the project's root. */
export async function generateFrom(adminUrl: string): Promise<Map<string, string>> {
  const name = `holdfast_generate_${randomBytes(6).toString("hex")}`;
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  await withClient(adminUrl, (client) =>
    client.query(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8'`),
  );
  try {
    await migrate({ ownerUrl: url.href });
    return await withClient(url.href, async (client) => {
      const rows = await rowTypesText(client);
      return new Map([
        ["db/schema.sql", await schemaText(client)],
        ["db/rows.ts", rows],
        [".env.example", environmentExample()],
        ...(await contractFrom(url.href)),
      ]);
    });
  } finally {
    await withClient(adminUrl, (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`));
  }
}

async function withClient<T>(url: string, act: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: "holdfast generate" });
  await client.connect();
  try {
    return await act(client);
  } finally {
    await client.end();
  }
}

async function main(check: boolean): Promise<void> {
  const server = await startScratchServer();
  const files = await generateFrom(server.adminUrl).finally(() => server.stop());
  const root = new URL("../", import.meta.url);
  for (const [name, text] of files) {
    const file = fileURLToPath(new URL(name, root));
    if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
    if (check) {
      process.stderr.write(`${name} is out of date: run bin/generate\n`);
      process.exitCode = 1;
    } else {
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
      process.stdout.write(`${name} written\n`);
    }
  }
}

if (import.meta.main) await main(process.argv.includes("--check"));
