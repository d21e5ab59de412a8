/** `bin/migrate`: migrates DATABASE_OWNER_URL (else DATABASE_URL) and gives holdfast_app the password of DATABASE_URL. */
import { readFileSync } from "node:fs";
import { migrate } from "./migrate.ts";
import { appRole } from "./roles.ts";

function variable(name: string): string | undefined {
  const file = process.env[`${name}_FILE`];
  return (file ? readFileSync(file, "utf8").trim() : process.env[name]) || undefined;
}

function plan(): { ownerUrl: string; appPassword?: string } | string {
  const appUrl = variable("DATABASE_URL");
  const ownerUrl = variable("DATABASE_OWNER_URL");
  if (!ownerUrl)
    return "DATABASE_OWNER_URL is missing: the address of the database, with a role that may create schemas and roles";
  if (!appUrl) return { ownerUrl };
  const { username, password } = new URL(appUrl);
  if (username !== appRole)
    return `DATABASE_URL signs in as ${username || "nobody"}: it must be ${appRole}, which owns nothing`;
  return password ? { ownerUrl, appPassword: decodeURIComponent(password) } : { ownerUrl };
}

const planned = plan();
if (typeof planned === "string") {
  process.stderr.write(`${planned}\n`);
  process.exitCode = 1;
} else {
  try {
    const { applied } = await migrate(planned);
    process.stdout.write(applied.length > 0 ? `${applied.join("\n")}\n` : "nothing to migrate\n");
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
