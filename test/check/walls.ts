/** Fails when a tenant's rows could be seen without the tenant: read from the generated schema, so no server is needed. */
import { readFileSync } from "node:fs";
import { openTables } from "./tenant-tables.ts";

const schema = readFileSync(new URL("../../db/schema.sql", import.meta.url), "utf8");
const open = openTables(schema);
for (const name of open) process.stdout.write(`${name}: needs forced row-level security by app.org\n`);
process.exit(open.length > 0 ? 1 : 0);
