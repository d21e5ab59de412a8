/** The server with identity and tenancy alone, on a database of its own and a clock that the test moves. */
import pg from "pg";
import { createTestDatabase } from "./database.ts";
import { identityRoutes } from "../../server/kernel/identity/routes.ts";
import {
  createAccessTokens,
  type AccessTokens,
  type IdentityConfig,
  type IdentityDeps,
} from "../../server/kernel/identity/index.ts";
import {
  CASCADES,
  connectionActions,
  departureActions,
  createAuthenticate,
  invitationActions,
  organizationActions,
  personChanged,
  organizationsOf,
  tenancyMails,
  type Authenticator,
  type TenancyConfig,
} from "../../server/kernel/tenancy/index.ts";
import { tenancyRoutes } from "../../server/kernel/tenancy/routes.ts";
import { payerActions } from "../../server/kernel/billing/index.ts";
import { keyDefaults, writingActions } from "../../server/products/gateway/index.ts";
import { createBus, type Bus } from "../../server/platform/bus/index.ts";
import { createCache } from "../../server/platform/cache/index.ts";
import { manualClock } from "../../server/platform/clock.ts";
import { createSealer, createSigner } from "../../server/platform/crypto/index.ts";
import { createDb, type Db } from "../../server/platform/db/index.ts";
import { createHttp, type Http } from "../../server/platform/http/index.ts";
import { createJobs } from "../../server/platform/jobs/index.ts";
import { createLimiter } from "../../server/platform/rate-limit/index.ts";
import { createHub } from "../../server/platform/realtime/index.ts";
import { createLogger, createMetrics, type Logger } from "../../server/platform/telemetry/index.ts";
import { createOidc } from "../../server/vendors/oidc/index.ts";
import type { TestMail } from "./mailbox.ts";
import type { Mail } from "../../server/kernel/mail/index.ts";
import { openOutbox } from "./outbox.ts";
import { addMember, KEYRING, OWNER, PEPPER, SETUP_TOKEN, type Sql } from "./people.ts";

export { OWNER, SETUP_TOKEN };

export const BASE_URL = "http://127.0.0.1:3000";

export type SignInServer = {
  http: Http;
  /** What identity was built with. */
  identity: IdentityDeps;
  /** Delivers what waits and returns the next mail of a box; of servers started `withMail`. */
  mailbox(to: string): Promise<TestMail>;
  db: Db;
  config: IdentityConfig & TenancyConfig;
  logger: Logger;
  clock: ReturnType<typeof manualClock>;
  accessTokens: AccessTokens;
  authenticate: Authenticator;
  /** What a second process on this database would use. */
  otherBus(): Bus;
  /** The outbox; nothing leaves it here. */
  mail: Mail;
  /** Everything logged so far. */
  lines: string[];
  /** Topics of the realtime events so far. */
  published: string[];
  /** Queries sent to the database so far. */
  queries(): number;
  /** Looks, or reaches, behind the tenants' walls. */
  asDatabaseOwner: Sql;
  /** Someone with this role in the first organization; their password is the owner's. Known already: nothing happens. */
  addMember(member: { email: string; role: string }): Promise<void>;
  close(): Promise<void>;
};

export async function startSignInServer(
  change: Partial<IdentityConfig & TenancyConfig> = {},
  { withMail = false } = {},
): Promise<SignInServer> {
  const database = await createTestDatabase();
  const db = createDb({ url: database.url });
  const clock = manualClock(new Date("2026-03-01T00:00:00Z"));
  const config: IdentityConfig & TenancyConfig = {
    BASE_URL,
    NODE_ENV: "test",
    SETUP_TOKEN,
    SESSION_IDLE_MINUTES: 30,
    SESSION_HOURS: 12,
    REGISTRATION: "open",
    GOOGLE_ISSUER: "https://accounts.google.com",
    GITHUB_LOGIN_URL: "https://github.com",
    GITHUB_API_URL: "https://api.github.com",
    SIGN_IN_TIMEOUT_MS: 5_000,
    AUTH_LIMITS: "off",
    OPERATOR_MFA: "optional",
    API_KEY_PEPPER: [PEPPER],
    DNS_URL: "http://127.0.0.1:9/dns-query",
    PRIVATE_ISSUERS: "allowed",
    INSTALLATION_MODE: "test",
    ...change,
  };
  const owners = new pg.Pool({ connectionString: database.ownerUrl, max: 1 });
  const asDatabaseOwner: Sql = async (text, values) => (await owners.query(text, values)).rows ?? [];
  const lines: string[] = [];
  const published: string[] = [];
  const logger = createLogger("info", { write: (line) => void lines.push(line) });
  const buses: Bus[] = [];
  const newBus = () => {
    const bus = createBus({ db, directUrl: database.url, logger });
    buses.push(bus);
    return bus;
  };
  const bus = newBus();
  const realtime = createHub(bus);
  const hub = { publish: (topic: string) => void published.push(topic) };
  const metrics = createMetrics("0");
  const cache = createCache({ bus, cascades: CASCADES });
  const limiter = createLimiter({
    clock,
    shared: { db, bus: bus, logger },
    relaxed: config.AUTH_LIMITS === "off",
  });
  const sealer = createSealer([KEYRING]);
  const accessTokens = createAccessTokens({ db, clock, sealer, config });
  const authenticate = createAuthenticate({ db, clock, logger, config, accessTokens, bus, cache });
  let queries = 0;
  db.pool.on("acquire", () => void (queries += 1));
  const http = await createHttp({
    logger,
    metrics,
    clock,
    db,
    limiter,
    authenticate,
    scopeUsed: authenticate.scopeUsed,
    version: "0",
    baseUrl: BASE_URL,
    trustedProxies: [],
    pagesDir: null,
  });
  const { mail, ...box } = await openOutbox(
    { cache, db, clock, hub: realtime, logger, metrics, baseUrl: BASE_URL },
    withMail,
  );
  tenancyMails(mail);
  const jobs = createJobs({ db, clock, bus, hub: realtime, logger, metrics });
  const tenancy = {
    db,
    cache,
    clock,
    hub,
    config,
    accessTokens,
    jobs,
    mail,
    sealer,
    issuers: createOidc({ name: "sso", metrics }),
    dns: { txt: async () => null },
    revocations: authenticate,
    seats: async () => 25,
    payers: payerActions({ clock }),
    writings: writingActions,
  };
  const forget = (id: string) => authenticate.forget(id);
  const identity: IdentityDeps = {
    db,
    cache,
    clock,
    metrics,
    config,
    providers: {},
    organizations: organizationActions,
    invitations: invitationActions(tenancy),
    mail,
    connections: connectionActions(tenancy),
    departures: departureActions(tenancy),
    sealer,
    signer: createSigner([KEYRING], "holdfast.audit"),
    logger,
    hub,
    accessTokens,
    jobs,
    sessionEnded: forget,
    tokenRevoked: forget,
    personChanged: personChanged(tenancy),
    membershipsOf: (userId) => organizationsOf({ db, cache }, userId),
  };
  identityRoutes(http, identity);
  tenancyRoutes(http, tenancy, keyDefaults);
  await http.app.ready();
  return {
    http,
    identity,
    mailbox: box.mailbox,
    db,
    config,
    logger,
    clock,
    accessTokens,
    authenticate,
    mail,
    otherBus: newBus,
    lines,
    published,
    queries: () => queries,
    asDatabaseOwner,
    addMember: (member) => addMember(asDatabaseOwner, member),
    async close() {
      await http.app.close();
      await box.close();
      await authenticate.settled();
      await realtime.close();
      await limiter.close();
      await Promise.all(buses.map((bus) => bus.close()));
      await db.close();
      await owners.end();
      await database.drop();
    },
  };
}

type Json = Record<string, unknown>;
export type Answer = {
  status: number;
  body: Json;
  text: string;
  headers: Record<string, string | string[] | number | undefined>;
};
export type Browser = {
  /** Cookie and CSRF token as our own pages would send them. */
  cookie: string;
  csrfToken: string;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
};
export type CallOptions = { body?: unknown; headers?: Record<string, string>; ip?: string };

/** A client without a browser: no cookie, no origin. */
export async function call(
  { http }: Pick<SignInServer, "http">,
  method: string,
  path: string,
  { body, headers = {}, ip }: CallOptions = {},
): Promise<Answer> {
  const answer = await http.app.inject({
    method: method as "GET",
    url: path,
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    ...(ip ? { remoteAddress: ip } : {}),
  });
  return {
    status: answer.statusCode,
    text: answer.body,
    body: answer.body ? (answer.json() as Json) : {},
    headers: answer.headers,
  };
}

/** Opens a session in a browser, by default that of the owner whom `setUp` made. */
export async function signIn(server: SignInServer, person = OWNER): Promise<Browser> {
  return browserOf(server, await call(server, "POST", "/api/auth/login", { body: person }));
}

export function browserOf(server: SignInServer, answer: Answer): Browser {
  if (answer.status !== 200) throw new Error(`not signed in: ${answer.text}`);
  const cookie = String(answer.headers["set-cookie"]).split(";")[0] as string;
  const csrfToken = String((answer.body.session as Json).csrf_token);
  return {
    cookie,
    csrfToken,
    call: (method, path, { headers, ...rest } = {}) =>
      call(server, method, path, {
        ...rest,
        headers: { cookie, origin: BASE_URL, "x-csrf-token": csrfToken, ...headers },
      }),
  };
}

export const setUp = (server: SignInServer): Promise<Answer> =>
  call(server, "POST", "/api/admin/setup", {
    body: { ...OWNER, token: SETUP_TOKEN, full_name: "Ona Owner" },
  });
