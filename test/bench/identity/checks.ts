/**
 * Warm checks of one process: a key, an access token and a cookie, as requests bring them. A process of its own:
 * `node checks.ts '<ChecksOptions as JSON>'` prints a `ChecksResult`.
 */
import { createAccessTokens } from "../../../server/kernel/identity/index.ts";
import { createAuthenticate } from "../../../server/kernel/tenancy/index.ts";
import { createBus } from "../../../server/platform/bus/index.ts";
import { systemClock } from "../../../server/platform/clock.ts";
import { createSealer } from "../../../server/platform/crypto/index.ts";
import { createDb } from "../../../server/platform/db/index.ts";
import { createLogger } from "../../../server/platform/telemetry/index.ts";
import { readConfig } from "../../../server/config.ts";
import { checksPerSecond } from "./rate.ts";

export type ChecksOptions = {
  /** The environment of the server whose credentials these are. */
  env: Record<string, string>;
  seconds: number;
  /** What a request shows, by name. */
  headers: Record<"key" | "token" | "cookie", Record<string, string>>;
};
export type ChecksResult = { perSecond: Record<"key" | "token" | "cookie", number>; queries: number };

const { env, seconds, headers } = JSON.parse(process.argv[2] ?? "") as ChecksOptions;
const config = readConfig(env);
const db = createDb({ url: config.DATABASE_URL, max: 4 });
const logger = createLogger("silent");
const bus = createBus({ db, directUrl: config.DATABASE_URL, logger });
const accessTokens = createAccessTokens({
  db,
  clock: systemClock,
  sealer: createSealer(config.KMS_LOCAL_KEYRING),
  config,
});
const authenticate = createAuthenticate({ db, clock: systemClock, logger, config, accessTokens, bus });
while (!bus.healthy()) await new Promise((done) => setTimeout(done, 10));

let queries = 0;
const perSecond = { key: 0, token: 0, cookie: 0 };
for (const name of ["key", "token", "cookie"] as const) {
  const request = {
    headers: headers[name],
    method: "GET",
    url: "/api/auth/me",
    ip: "127.0.0.1",
    open: false,
  };
  const check = async () => (await authenticate(request)) !== null;
  await check();
  await authenticate.settled();
  // From here on the credential is warm: whatever asks the database is counted.
  const count = () => void (queries += 1);
  db.pool.on("acquire", count);
  perSecond[name] = await checksPerSecond(seconds, check);
  db.pool.off("acquire", count);
}
process.stdout.write(`${JSON.stringify({ perSecond, queries } satisfies ChecksResult)}\n`);
await authenticate.settled();
await bus.close();
await db.close();
