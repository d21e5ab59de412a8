/**
 * The baseline: better-auth's `getSession` on PostgreSQL, as its documentation sets it up. A process of its own:
 * `node better-auth.ts <database url> <seconds>` prints checks per second.
 */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { checksPerSecond } from "./rate.ts";

type Auth = {
  options: unknown;
  api: {
    signUpEmail(call: { body: Record<string, string>; returnHeaders: true }): Promise<{ headers: Headers }>;
    getSession(call: { headers: Headers }): Promise<{ session: unknown } | null>;
  };
};
const [url = "", seconds = "1"] = process.argv.slice(2);
const baselines = createRequire(new URL("../baselines/package.json", import.meta.url));
const load = async <T>(name: string) => (await import(pathToFileURL(baselines.resolve(name)).href)) as T;

const { betterAuth } = await load<{ betterAuth(options: unknown): Auth }>("better-auth");
const { getMigrations } = await load<{
  getMigrations(options: unknown): Promise<{ runMigrations(): Promise<void> }>;
}>("better-auth/db/migration");
const { default: pg } = await load<{ default: { Pool: new (options: unknown) => { end(): Promise<void> } } }>(
  "pg",
);

const pool = new pg.Pool({ connectionString: url, max: 10 });
const auth = betterAuth({
  database: pool,
  baseURL: "http://127.0.0.1:3000",
  secret: "a secret of at least 32 characters made for the bench",
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  logger: { disabled: true },
});
await (await getMigrations(auth.options)).runMigrations();
const body = { email: `bench-${Date.now()}@example.com`, password: "Correct Horse 1", name: "Ben Bench" };
const signedUp = await auth.api.signUpEmail({ body, returnHeaders: true });
const cookie = signedUp.headers
  .getSetCookie()
  .map((text) => text.split(";", 1)[0])
  .join("; ");
const headers = new Headers({ cookie });
const rate = await checksPerSecond(
  Number(seconds),
  async () => (await auth.api.getSession({ headers })) !== null,
);
process.stdout.write(`${rate}\n`);
await pool.end();
