/**
 * The only file that knows every module: builds what they need, mounts their routes, starts their jobs, and stops it all in
 * order. Dependencies arrive by parameter; nothing is global.
 */
import { resolve } from "node:path";
import type { Config } from "./config.ts";
import { createBilling, readPacks, type Billing } from "./kernel/billing/index.ts";
import { billingJobs } from "./kernel/billing/jobs.ts";
import { billingRoutes } from "./kernel/billing/routes.ts";
import {
  audit,
  createAccessTokens,
  INSTALLATION,
  peopleFigures,
  type AccessTokens,
  type Providers,
  identityMails,
  type IdentityDeps,
} from "./kernel/identity/index.ts";
import { defineIdentityJobs, identityJobs } from "./kernel/identity/jobs.ts";
import { identityRoutes } from "./kernel/identity/routes.ts";
import { ledgerJobs } from "./kernel/ledger/jobs.ts";
import { ledgerRoutes } from "./kernel/ledger/routes.ts";
import { createMail, type Mail, type MailDeps } from "./kernel/mail/index.ts";
import { mailJobs } from "./kernel/mail/jobs.ts";
import {
  CASCADES,
  connectionActions,
  createAuthenticate,
  invitationActions,
  organizationsOf,
  organizationActions,
  personChanged,
  tenancyMails,
  type Authenticator,
  type TenancyDeps,
} from "./kernel/tenancy/index.ts";
import { tenancyJobs } from "./kernel/tenancy/jobs.ts";
import { tenancyRoutes } from "./kernel/tenancy/routes.ts";
import { createInbox, resendSource, stripeSource, type Inbox, type Source } from "./kernel/webhooks/index.ts";
import { webhookJobs } from "./kernel/webhooks/jobs.ts";
import { webhookRoutes } from "./kernel/webhooks/routes.ts";
import { offsetClock, systemClock, type Clock } from "./platform/clock.ts";
import { createBus, type Bus } from "./platform/bus/index.ts";
import { cacheJobs, createCache, type Cache } from "./platform/cache/index.ts";
import { cacheRoutes, type CacheRouteDeps } from "./platform/cache/routes.ts";
import { createSealer, createSigner, type Sealer, type Signer } from "./platform/crypto/index.ts";
import { createDb, type Db } from "./platform/db/index.ts";
import { createHealth, type Health } from "./platform/health/index.ts";
import { healthRoutes } from "./platform/health/routes.ts";
import { createHttp, idempotencyJobs, type Http } from "./platform/http/index.ts";
import { countByProduct, createJobs, createLoops, type Jobs, type Loops } from "./platform/jobs/index.ts";
import { jobRoutes } from "./platform/jobs/routes.ts";
import { createLimiter, limitJobs, type Limiter } from "./platform/rate-limit/index.ts";
import { limitRoutes, type LimitRouteDeps } from "./platform/rate-limit/routes.ts";
import { createHub, type Hub } from "./platform/realtime/index.ts";
import { realtimeRoutes } from "./platform/realtime/routes.ts";
import { createLogger, createMetrics, type Logger, type Metrics } from "./platform/telemetry/index.ts";
import { healthChecks } from "./health-checks.ts";
import { domainCompanies, signInProviders } from "./sign-in-providers.ts";
import { createGateway, type Gateway } from "./products/gateway/index.ts";
import { gatewayJobs } from "./products/gateway/jobs.ts";
import { gatewayRoutes, usageStatsRoutes } from "./products/gateway/routes.ts";
import { createOpenRouter, type LanguageModels } from "./vendors/llm/index.ts";
import { createMailCompany } from "./vendors/mail/index.ts";
import { createStripe, type StripeApi } from "./vendors/stripe/index.ts";

export const VERSION = "0.1.0";

/** Workers finish within this time or hand back their leases. */
const WORKERS_STOP_MS = 60_000;
const STREAMS_FINISH_MS = 120_000;
const CLOSE_IDLE_EVERY_MS = 100;

export type App = {
  readonly logger: Logger;
  readonly role: Config["ROLE"];
  readonly http: Http;
  /** Listens and works; returns the address. */
  start(): Promise<string>;
  /** `/ready` turns 503, nothing new is accepted, streams and workers finish, connections close. */
  stop(): Promise<void>;
  /** What a forced exit cuts: model calls under way. */
  unfinished(): number;
};

type Parts = {
  config: Config;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  db: Db;
  bus: Bus;
  hub: Hub;
  sealer: Sealer;
  signer: Signer;
  accessTokens: AccessTokens;
  limiter: Limiter;
  cache: Cache;
  health: Health;
  loops: Loops;
  jobs: Jobs;
  providers: Providers;
  issuers: TenancyDeps["issuers"];
  dns: TenancyDeps["dns"];
  authenticate: Authenticator;
  mail: Mail;
  stripe: StripeApi;
  llm: LanguageModels;
  inbox: Inbox;
  billing: Billing;
  gateway: Gateway;
  draining: AbortController;
};

export type AppOptions = {
  /** Tests hand in a clock of their own. */
  clock?: Clock;
  logger?: Logger;
};

/** Builds one process. Nothing listens or runs before `start()`. */
export async function createApp(config: Config, options: AppOptions = {}): Promise<App> {
  const parts = await build(config, options);
  const { authenticate, clock, db, limiter, logger, metrics } = parts;
  const http = await createHttp({
    logger,
    metrics,
    clock,
    db,
    limiter,
    authenticate,
    scopeUsed: authenticate.scopeUsed,
    version: VERSION,
    baseUrl: config.BASE_URL,
    trustedProxies: config.TRUSTED_PROXIES,
    pagesDir: config.CONSOLE_DIR && config.ROLE !== "worker" ? resolve(config.CONSOLE_DIR) : null,
  });
  defineIdentityJobs(parts);
  healthChecks(parts);
  healthRoutes(http, {
    health: parts.health,
    metrics,
    version: VERSION,
    role: config.ROLE,
    metricsToken: config.METRICS_TOKEN ?? null,
    sandboxUrl: config.SANDBOX_URL ?? null,
  });
  if (config.ROLE !== "worker") mountRoutes(http, parts);
  await http.app.ready();
  return {
    logger,
    role: config.ROLE,
    http,
    unfinished: () => parts.gateway.calls.size,
    async start() {
      await parts.inbox.ensureEndpoints();
      // The keys are there before the first sign-in asks for them inside its transaction.
      await parts.accessTokens.published();
      if (config.ROLE !== "api") startJobs(parts);
      return http.app.listen({ port: config.PORT, host: config.HOST });
    },
    stop: () => stop(http, parts),
  };
}

/** What every module stands on. */
function foundations(config: Config, options: AppOptions) {
  const clock =
    options.clock ?? (config.CLOCK_OFFSET_MS === 0 ? systemClock : offsetClock(config.CLOCK_OFFSET_MS));
  const logger = options.logger ?? createLogger(config.LOG_LEVEL);
  const metrics = createMetrics(VERSION);
  const db = createDb({ url: config.DATABASE_URL, max: config.DATABASE_POOL });
  const redis = config.REDIS_URL ? { url: config.REDIS_URL, prefix: config.REDIS_PREFIX } : null;
  const bus = createBus({
    db,
    directUrl: config.DATABASE_DIRECT_URL ?? config.DATABASE_URL,
    redis,
    serving: config.ROLE !== "worker",
    logger,
    metrics,
  });
  const hub = createHub(bus);
  const limiter = createLimiter({
    clock,
    redis,
    shared: { db, bus, logger },
    metrics,
    relaxed: config.AUTH_LIMITS === "off",
  });
  const cache = createCache({ bus, redis, cascades: CASCADES, shared: { db, clock, logger }, metrics });
  return { clock, logger, metrics, db, bus, hub, limiter, cache };
}

async function build(config: Config, options: AppOptions): Promise<Parts> {
  const { bus, limiter, cache, ...shared } = foundations(config, options);
  const { clock, db, logger, metrics } = shared;
  const keys = buildKeys(config, db, clock);
  const accountId = config.STRIPE_ACCOUNT_ID;
  const stripe = createStripe({
    apiKey: config.STRIPE_SECRET_KEY,
    baseUrl: config.STRIPE_BASE_URL ?? null,
    metrics,
  });
  const mail = buildMail(config, shared);
  const billing = createBilling({
    ...shared,
    stripe,
    accountId,
    baseUrl: config.BASE_URL,
    packs: readPacks(),
  });
  const inbox = createInbox({
    ...shared,
    limiter,
    maxAttempts: config.WEBHOOK_MAX_ATTEMPTS,
    sources: sourcesOf(config, stripe),
    handlers: [billing.stripeHandler, mail.handler],
  });
  const llm = createOpenRouter({
    apiKey: config.OPENROUTER_API_KEY,
    baseUrl: config.OPENROUTER_BASE_URL,
    maxConnections: config.GATEWAY_MAX_UPSTREAM_CONNECTIONS,
  });
  const gateway = await createGateway({
    ...shared,
    llm,
    holdLeaseSeconds: config.GATEWAY_HOLD_LEASE_SECONDS,
    maxOpenCalls: config.GATEWAY_MAX_UPSTREAM_CONNECTIONS,
  });
  return {
    config,
    ...shared,
    bus,
    limiter,
    cache,
    ...keys,
    health: createHealth(),
    loops: createLoops(logger, metrics),
    jobs: createJobs({ ...shared, bus }),
    mail,
    providers: signInProviders(config, metrics),
    ...domainCompanies(config, metrics),
    authenticate: createAuthenticate({ db, clock, logger, config, bus, cache, metrics, ...keys }),
    stripe,
    llm,
    inbox,
    billing,
    gateway,
    draining: new AbortController(),
  };
}

/** What signs, and what keeps secrets at rest. */
function buildKeys(config: Config, db: Db, clock: Clock) {
  const sealer = createSealer(config.KMS_LOCAL_KEYRING);
  return {
    sealer,
    signer: createSigner(config.KMS_LOCAL_KEYRING, "holdfast.audit"),
    accessTokens: createAccessTokens({ db, clock, sealer, config }),
  };
}

/** Who sends us events. */
const sourcesOf = (config: Config, stripe: StripeApi): Source[] => [
  stripeSource({ stripe, accountId: config.STRIPE_ACCOUNT_ID, secrets: config.STRIPE_WEBHOOK_SECRET }),
  resendSource({ mode: config.INSTALLATION_MODE, secrets: config.RESEND_WEBHOOK_SECRET }),
];

function buildMail(
  config: Config,
  shared: Pick<MailDeps, "db" | "clock" | "hub" | "logger" | "metrics">,
): Mail {
  const mail = createMail({
    ...shared,
    company: createMailCompany({ apiKey: config.RESEND_API_KEY, baseUrl: config.RESEND_BASE_URL ?? null }),
    baseUrl: config.BASE_URL,
    from: config.MAIL_FROM,
    tokenSecret: config.MAIL_TOKEN_SECRET,
    perSecond: config.MAIL_PER_SECOND,
  });
  identityMails(mail);
  tenancyMails(mail);
  return mail;
}

const tenancyOf = ({ authenticate, ...parts }: Parts) => ({ ...parts, revocations: authenticate });

function identityOf(parts: Parts): IdentityDeps {
  const { authenticate } = parts;
  const forget = (credentialId: string) => authenticate.forget(credentialId);
  const tenancy = tenancyOf(parts);
  return {
    ...parts,
    organizations: organizationActions,
    invitations: invitationActions(tenancy),
    connections: connectionActions(tenancy),
    sessionEnded: forget,
    tokenRevoked: forget,
    personChanged: personChanged(tenancyOf(parts)),
    membershipsOf: (userId) => organizationsOf(parts, userId),
  };
}

function mountRoutes(http: Http, parts: Parts): void {
  const { clock, db, draining, hub } = parts;
  identityRoutes(http, identityOf(parts));
  tenancyRoutes(http, tenancyOf(parts));
  ledgerRoutes(http, { db, clock });
  webhookRoutes(http, parts.inbox);
  billingRoutes(http, parts.billing, parts.cache);
  gatewayRoutes(http, parts.gateway);
  usageStatsRoutes(http, parts.gateway, {
    cache: parts.cache,
    people: (range) => peopleFigures(db, range),
    jobs: (range) => countByProduct(db, range),
  });
  jobRoutes(http, parts.jobs);
  realtimeRoutes(http, { hub, draining: draining.signal });
  operatorRoutes(http, parts);
}

/** What operators see and change of the limits; each change is in the audit trail. */
function operatorRoutes(http: Http, { bus, cache, clock, config, db, limiter }: Parts): void {
  const written: LimitRouteDeps["audit"] & CacheRouteDeps["audit"] = (tx, { credentialId, userId }, act) =>
    audit(tx, clock.now(), { orgId: INSTALLATION, actorId: userId ?? credentialId, ...act });
  cacheRoutes(http, { db, clock, bus, cache, audit: written });
  limitRoutes(http, {
    db,
    clock,
    bus,
    limiter,
    inRedis: config.REDIS_URL !== undefined,
    audit: written,
  });
}

function startJobs(parts: Parts): void {
  const { loops, jobs, db, clock } = parts;
  idempotencyJobs(loops, { db, clock });
  mailJobs(loops, parts.mail);
  limitJobs(loops, { db, clock });
  cacheJobs(loops, { db, clock });
  identityJobs(loops, identityOf(parts));
  tenancyJobs(loops, parts);
  ledgerJobs(loops, parts);
  webhookJobs(loops, parts.inbox, { backfillSeconds: parts.config.WEBHOOK_BACKFILL_SECONDS });
  billingJobs(loops, parts.billing);
  gatewayJobs(loops, parts.gateway);
  jobs.start(loops, parts.config.JOBS_AT_ONCE);
}

/** Companies resend what is refused now; streams finish; leases of what did not finish lapse. */
async function stop(http: Http, parts: Parts): Promise<void> {
  parts.health.draining = true;
  parts.draining.abort();
  const listening = http.app.close();
  // Closing ends the connections that are idle now; one whose answer is still on its way would stay open afterwards.
  const idle = setInterval(() => http.app.server.closeIdleConnections(), CLOSE_IDLE_EVERY_MS);
  await Promise.all([
    parts.gateway.drain(STREAMS_FINISH_MS),
    parts.loops.stop(WORKERS_STOP_MS),
    parts.jobs.stop(WORKERS_STOP_MS),
  ]);
  await listening;
  clearInterval(idle);
  await parts.authenticate.settled();
  parts.hub.close();
  await Promise.all([parts.limiter.close(), parts.cache.close()]);
  await parts.bus.close();
  await parts.llm.close();
  await parts.db.close();
}
