/** What one process is made of, and how its modules are built: each gets what it needs by parameter. */
import type { Config } from "./config.ts";
import {
  createBilling,
  createVersions,
  readPacks,
  readPlans,
  type Billing,
  billingMails,
} from "./kernel/billing/index.ts";
import {
  createAccessTokens,
  type AccessTokens,
  type Providers,
  identityMails,
} from "./kernel/identity/index.ts";
import { ledgerMails } from "./kernel/ledger/index.ts";
import { createMail, type Mail, type MailDeps } from "./kernel/mail/index.ts";
import {
  CASCADES,
  createAuthenticate,
  tenancyMails,
  type Authenticator,
  type TenancyDeps,
} from "./kernel/tenancy/index.ts";
import {
  createInbox,
  webhookMails,
  paypalSource,
  resendSource,
  stripeSource,
  type Inbox,
  type Source,
} from "./kernel/webhooks/index.ts";
import { offsetClock, systemClock, type Clock } from "./platform/clock.ts";
import { createBus, type Bus } from "./platform/bus/index.ts";
import { createCache, type Cache } from "./platform/cache/index.ts";
import { createSealer, createSigner, type Sealer, type Signer } from "./platform/crypto/index.ts";
import { createDb, type Db } from "./platform/db/index.ts";
import { createHealth, type Health } from "./platform/health/index.ts";
import { createJobs, createLoops, type Jobs, type Loops } from "./platform/jobs/index.ts";
import { createLimiter, type Limiter } from "./platform/rate-limit/index.ts";
import { createHub, type Hub } from "./platform/realtime/index.ts";
import {
  createLogger,
  createMetrics,
  createTracing,
  type Logger,
  type Metrics,
  type Tracing,
} from "./platform/telemetry/index.ts";
import { domainCompanies, signInProviders } from "./sign-in-providers.ts";
import { createGateway, gatewayMails, gatewaySettings, type Gateway } from "./products/gateway/index.ts";
import {
  breakMails,
  paypalBooks,
  createRelay,
  recordHandler,
  relayMails,
  stripeBooks,
  stripePayoutHandler,
  type ProviderBooks,
  type Relay,
} from "./products/payments/index.ts";
import { createMailCompany } from "./vendors/mail/index.ts";
import { createPaypal, type PaypalApi } from "./vendors/paypal/index.ts";
import { createStripe, type StripeApi } from "./vendors/stripe/index.ts";

export const VERSION = "0.1.0";

/** One process, built: what its modules are. */
export type Parts = {
  config: Config;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  tracing: Tracing;
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
  paypal: PaypalApi | null;
  inbox: Inbox;
  billing: Billing;
  /** The companies' accounts whose books can be read. */
  books: readonly ProviderBooks[];
  gateway: Gateway;
  relay: Relay;
  /** Tells those outside who asked; modules to the relay's left are handed it. */
  announce: Relay["announce"];
  draining: AbortController;
};

export type AppOptions = {
  /** Tests hand in a clock of their own. */
  clock?: Clock;
  logger?: Logger;
  /** Tests divide by this the time between two runs of recurring work, and between two tries of a call to a company. */
  haste?: number;
};

type Counted = { inc(labels: { kind: string }): void };

/** What every module stands on. */
function foundations(config: Config, options: AppOptions) {
  const clock =
    options.clock ?? (config.CLOCK_OFFSET_MS === 0 ? systemClock : offsetClock(config.CLOCK_OFFSET_MS));
  const logger = options.logger ?? createLogger(config.LOG_LEVEL);
  const metrics = createMetrics(VERSION);
  const tracing = createTracing({
    endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT ?? null,
    version: VERSION,
    ratio: config.OTEL_TRACES_SAMPLER_ARG,
  });
  const counters: Record<string, Counted> = {
    ledger_posts_total: metrics.counter("ledger_posts_total", "Transactions posted", ["kind"]),
  };
  const counted = (counter: string, kind: string) => counters[counter]?.inc({ kind });
  const db = createDb({ url: config.DATABASE_URL, max: config.DATABASE_POOL, counted });
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
  return { clock, logger, metrics, tracing, db, bus, hub, limiter, cache };
}

/** Whoever takes money. */
const buildCompanies = (config: Config, calls: Calls) => ({
  stripe: createStripe({
    apiKey: config.STRIPE_SECRET_KEY,
    baseUrl: config.STRIPE_BASE_URL ?? null,
    tax: config.STRIPE_TAX === "on",
    ...calls,
  }),
  paypal: buildPaypal(config, calls),
});

/** How payment companies are called: when again, and by which time they are left alone while most calls fail. */
type Calls = { metrics: Metrics; nowMs: () => number; pausesMs?: readonly number[] };

const callsOf = (clock: Clock, metrics: Metrics, { haste }: AppOptions): Calls => ({
  metrics,
  nowMs: () => clock.now().getTime() * (haste ?? 1),
  ...(haste === undefined ? {} : { pausesMs: [1_000 / haste, 2_000 / haste] }),
});

/** Builds every module. Nothing listens or runs yet. */
export async function build(config: Config, options: AppOptions): Promise<Parts> {
  const { bus, limiter, cache, ...shared } = foundations(config, options);
  const { clock, db, logger, metrics } = shared;
  const keys = buildKeys(config, db, clock);
  const accountId = config.STRIPE_ACCOUNT_ID;
  const { stripe, paypal } = buildCompanies(config, callsOf(clock, metrics, options));
  const mail = buildMail(config, { ...shared, cache });
  const relay = createRelay({ ...shared, bus, mail, config, sealer: keys.sealer });
  const { announce } = relay;
  const billing = createBilling({
    ...shared,
    stripe,
    accountId,
    paypal,
    baseUrl: config.BASE_URL,
    packs: readPacks(),
    ...plansOf(config, shared),
    secondApproval: config,
    mail,
    announce,
  });
  const books = booksOf(stripe, accountId, paypal);
  const inbox = createInbox({
    ...shared,
    limiter,
    sealer: keys.sealer,
    baseUrl: config.BASE_URL,
    maxAttempts: config.WEBHOOK_MAX_ATTEMPTS,
    sources: sourcesOf(config, stripe, paypal?.api ?? null),
    handlers: [...billing.handlers, mail.handler, ...bookHandlers(stripe, accountId, books)],
  });
  const gateway = await createGateway({
    ...shared,
    planOf: billing.planOf,
    limiter,
    mail,
    receiptSigner: createSigner(config.KMS_LOCAL_KEYRING, "holdfast.receipts"),
    bus,
    sealer: keys.sealer,
    consoleUrl: config.BASE_URL,
    ...gatewaySettings(config),
    announce,
  });
  return {
    config,
    ...shared,
    bus,
    limiter,
    cache,
    ...keys,
    health: createHealth(),
    loops: createLoops(logger, metrics, { tracing: shared.tracing, haste: options.haste ?? 1 }),
    jobs: createJobs({ ...shared, bus }),
    mail,
    providers: signInProviders(config, metrics),
    ...domainCompanies(config, metrics),
    authenticate: createAuthenticate({ db, clock, logger, config, bus, cache, metrics, ...keys }),
    stripe,
    paypal: paypal?.api ?? null,
    inbox,
    billing,
    books,
    gateway,
    relay,
    announce,
    draining: new AbortController(),
  };
}

/** The accounts whose books can be read. */
const booksOf = (
  stripe: StripeApi,
  accountId: string,
  paypal: { api: PaypalApi; accountId: string } | null,
): ProviderBooks[] => [
  stripeBooks({ stripe, accountId }),
  ...(paypal ? [paypalBooks({ paypal: paypal.api, accountId: paypal.accountId })] : []),
];

/** What concerns an account alone: its lines that no event tells of, and its payouts. */
const bookHandlers = (stripe: StripeApi, accountId: string, books: readonly ProviderBooks[]) => [
  ...books.map(recordHandler),
  stripePayoutHandler({ accountId, mode: stripe.mode, stripe }),
];

/** What is for sale by subscription. */
function plansOf(config: Config, shared: { db: Db; clock: Clock }) {
  const plans = readPlans(config.PLANS);
  return {
    plans,
    versions: createVersions({ ...shared, plans }),
    seats: config.SEATS_PER_ORGANIZATION ?? null,
    trialSecrets: config.KMS_LOCAL_KEYRING,
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

/** Null where PayPal is not configured. */
function buildPaypal(config: Config, calls: Calls): { api: PaypalApi; accountId: string } | null {
  const { PAYPAL_CLIENT_ID: clientId, PAYPAL_CLIENT_SECRET: clientSecret } = config;
  if (clientId === undefined || clientSecret === undefined) return null;
  const baseUrl = config.PAYPAL_BASE_URL;
  const api = createPaypal({ baseUrl, clientId, clientSecret, ...calls });
  return { api, accountId: config.PAYPAL_ACCOUNT_ID };
}

/** Who sends us events. */
const sourcesOf = (config: Config, stripe: StripeApi, paypal: PaypalApi | null): Source[] => [
  stripeSource({ stripe, accountId: config.STRIPE_ACCOUNT_ID, secrets: config.STRIPE_WEBHOOK_SECRET }),
  ...(paypal
    ? [
        paypalSource({
          paypal,
          accountId: config.PAYPAL_ACCOUNT_ID,
          webhookId: config.PAYPAL_WEBHOOK_ID ?? "",
          certHosts: config.PAYPAL_CERT_HOSTS,
          certRoots: config.PAYPAL_CERT_ROOTS ?? null,
        }),
      ]
    : []),
  resendSource({ mode: config.INSTALLATION_MODE, secrets: config.RESEND_WEBHOOK_SECRET }),
];

function buildMail(
  config: Config,
  shared: Pick<MailDeps, "cache" | "db" | "clock" | "hub" | "logger" | "metrics">,
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
  webhookMails(mail);
  billingMails(mail);
  ledgerMails(mail);
  breakMails(mail);
  relayMails(mail);
  gatewayMails(mail);
  return mail;
}
