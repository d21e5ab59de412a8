import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import type pg from "pg";

/** The role the servers sign in with: owns nothing, obeys row-level security. */
export const appRole = "holdfast_app";
/** What the app role takes on by SET LOCAL ROLE for the operator's screens and for sweeps over all tenants. */
export const operatorRole = "holdfast_operator";

/** Two databases of one cluster may be migrated at once, and roles belong to the cluster. */
const raceCodes = new Set(["42710", "23505", "XX000"]);
const attempts = 10;

/** Makes the two roles where they are missing and sets the app role's password when one is given. */
export async function ensureRoles(client: pg.ClientBase, appPassword: string | undefined): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await makeRoles(client, appPassword);
      return;
    } catch (error) {
      if (attempt === attempts || !raceCodes.has((error as { code?: string }).code ?? "")) throw error;
    }
  }
}

async function makeRoles(client: pg.ClientBase, appPassword: string | undefined): Promise<void> {
  const { rows } = await client.query<{ rolname: string; sound: boolean; granted: boolean }>(
    `SELECT r.rolname,
            NOT (r.rolsuper OR r.rolbypassrls OR r.rolcreatedb OR r.rolcreaterole OR r.rolinherit AND r.rolcanlogin) AS sound,
            EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
                    WHERE m.member = r.oid AND g.rolname = $2) AS granted
     FROM pg_roles r WHERE r.rolname IN ($1, $2)`,
    [appRole, operatorRole],
  );
  const app = rows.find((row) => row.rolname === appRole);
  if (!rows.some((row) => row.rolname === operatorRole))
    await client.query(`CREATE ROLE ${operatorRole} NOLOGIN`);
  if (!app) await client.query(`CREATE ROLE ${appRole} LOGIN NOINHERIT`);
  if (app && !app.sound) {
    throw new Error(
      `role ${appRole} has rights that defeat row-level security: run ALTER ROLE ${appRole} NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOINHERIT`,
    );
  }
  if (!app?.granted) await client.query(`GRANT ${operatorRole} TO ${appRole}`);
  if (appPassword !== undefined)
    await client.query(`ALTER ROLE ${appRole} PASSWORD '${scramVerifier(appPassword)}'`);
}

/** What PostgreSQL would store for the password (RFC 5803), made here so that the password never stands in its log. */
function scramVerifier(password: string): string {
  const iterations = 4096;
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, iterations, 32, "sha256");
  const sign = (text: string) => createHmac("sha256", salted).update(text).digest();
  const storedKey = createHash("sha256").update(sign("Client Key")).digest("base64");
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${storedKey}:${sign("Server Key").toString("base64")}`;
}
