/**
 * Binds the modules: mounts their routes, starts their jobs, and stops it all in order. With `parts.ts`, which builds them,
 * the only file that knows every module. Dependencies arrive by parameter; nothing is global.
 */
import { resolve } from "node:path";
import type { Config } from "./config.ts";
import { billingJobs } from "./kernel/billing/jobs.ts";
import { payerActions } from "./kernel/billing/index.ts";
import { billingRoutes } from "./kernel/billing/routes.ts";
import { audit, INSTALLATION, peopleFigures, type IdentityDeps } from "./kernel/identity/index.ts";
import { defineIdentityJobs, identityJobs } from "./kernel/identity/jobs.ts";
import { identityRoutes } from "./kernel/identity/routes.ts";
import { adjustmentRoutes } from "./kernel/ledger/adjustments/routes.ts";
import { ledgerSignals } from "./kernel/ledger/index.ts";
import { ledgerJobs } from "./kernel/ledger/jobs.ts";
import { ledgerRoutes } from "./kernel/ledger/routes.ts";
import { mailJobs } from "./kernel/mail/jobs.ts";
import {
  connectionActions,
  departureActions,
  invitationActions,
  organizationsOf,
  organizationActions,
  personChanged,
  setKeyLimits,
} from "./kernel/tenancy/index.ts";
import { tenancyJobs } from "./kernel/tenancy/jobs.ts";
import { tenancyRoutes } from "./kernel/tenancy/routes.ts";
import { defineBackfillJobs } from "./kernel/webhooks/backfills/jobs.ts";
import { backfillRoutes } from "./kernel/webhooks/backfills/routes.ts";
import { webhookJobs } from "./kernel/webhooks/jobs.ts";
import { webhookRoutes } from "./kernel/webhooks/routes.ts";
import { cacheJobs } from "./platform/cache/index.ts";
import { cacheRoutes, type CacheRouteDeps } from "./platform/cache/routes.ts";
import { healthRoutes } from "./platform/health/routes.ts";
import { createHttp, idempotencyJobs, type Http } from "./platform/http/index.ts";
import { countByProduct } from "./platform/jobs/index.ts";
import { jobRoutes } from "./platform/jobs/routes.ts";
import { limitJobs } from "./platform/rate-limit/index.ts";
import { limitRoutes, type LimitRouteDeps } from "./platform/rate-limit/routes.ts";
import { realtimeRoutes } from "./platform/realtime/routes.ts";
import type { Tx } from "./platform/db/index.ts";
import type { OrgId } from "./platform/ids.ts";
import type { Logger, Metrics } from "./platform/telemetry/index.ts";
import { healthChecks } from "./health-checks.ts";
import { attemptJobs, defineAttemptJobs } from "./products/gateway/attempts/jobs.ts";
import { gatewayJobs } from "./products/gateway/jobs.ts";
import {
  creditMetrics,
  driftMetrics,
  keyDefaults,
  writingActions,
  proofMetrics,
} from "./products/gateway/index.ts";
import { defineProofJobs, proofJobs } from "./products/gateway/proof/jobs.ts";
import { defineMemoryJobs, memoryJobs } from "./products/gateway/memory/jobs.ts";
import { proofRoutes } from "./products/gateway/proof/routes.ts";
import { gatewayRoutes, usageStatsRoutes } from "./products/gateway/routes.ts";
import { reconciliationMetrics } from "./products/payments/index.ts";
import { definePaymentsJobs, paymentsJobs } from "./products/payments/jobs.ts";
import { relayJobs } from "./products/payments/relay/jobs.ts";
import { relayRoutes } from "./products/payments/relay/routes.ts";
import { paymentsRoutes } from "./products/payments/routes.ts";
import { build, VERSION, type AppOptions, type Parts } from "./parts.ts";

/** Workers finish within this time or hand back their leases. */
const WORKERS_STOP_MS = 60_000;
const STREAMS_FINISH_MS = 120_000;
const CLOSE_IDLE_EVERY_MS = 100;

export type App = {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly role: Config["ROLE"];
  readonly http: Http;
  /** Listens and works; returns the address. */
  start(): Promise<string>;
  /** `/ready` turns 503, nothing new is accepted, streams and workers finish, connections close. */
  stop(): Promise<void>;
  /** What a forced exit cuts: model calls under way. */
  unfinished(): number;
};

/** Builds one process. Nothing listens or runs before `start()`. */
export async function createApp(config: Config, options: AppOptions = {}): Promise<App> {
  const parts = await build(config, options);
  const { authenticate, clock, db, limiter, logger, metrics, tracing } = parts;
  const http = await createHttp({
    logger,
    metrics,
    tracing,
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
  ledgerSignals(parts);
  defineBackfillJobs(parts.jobs, parts.inbox);
  definePaymentsJobs(parts);
  defineProofJobs(parts);
  defineMemoryJobs(parts);
  defineAttemptJobs(parts);
  proofMetrics(parts);
  driftMetrics(parts);
  creditMetrics(parts);
  reconciliationMetrics(parts);
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
    metrics,
    role: config.ROLE,
    http,
    unfinished: () => parts.gateway.calls.size,
    async start() {
      await parts.inbox.ensureEndpoints();
      await parts.billing.keepPlans();
      // The keys are there before the first sign-in asks for them inside its transaction.
      await parts.accessTokens.published();
      if (config.ROLE !== "api") startJobs(parts);
      return http.app.listen({ port: config.PORT, host: config.HOST });
    },
    stop: () => stop(http, parts),
  };
}

const tenancyOf = ({ authenticate, ...parts }: Parts) => ({
  ...parts,
  revocations: authenticate,
  seats: (tx: Tx, orgId: OrgId) => parts.billing.seats(tx, orgId),
  payers: payerActions(parts),
  writings: writingActions,
});

function identityOf(parts: Parts): IdentityDeps {
  const { authenticate } = parts;
  const forget = (credentialId: string) => authenticate.forget(credentialId);
  const tenancy = tenancyOf(parts);
  return {
    ...parts,
    organizations: organizationActions,
    invitations: invitationActions(tenancy),
    connections: connectionActions(tenancy),
    departures: departureActions(tenancy),
    sessionEnded: forget,
    tokenRevoked: forget,
    personChanged: personChanged(tenancyOf(parts)),
    membershipsOf: (userId) => organizationsOf(parts, userId),
  };
}

function mountRoutes(http: Http, parts: Parts): void {
  const { clock, db, draining, hub } = parts;
  identityRoutes(http, identityOf(parts));
  tenancyRoutes(http, tenancyOf(parts), keyDefaults);
  ledgerRoutes(http, { db, clock });
  adjustmentRoutes(http, parts);
  webhookRoutes(http, parts.inbox);
  backfillRoutes(http, parts.inbox, parts.jobs);
  billingRoutes(http, parts.billing, parts.cache);
  paymentsRoutes(http, parts);
  gatewayRoutes(http, parts.gateway, setKeyLimits(tenancyOf(parts)));
  proofRoutes(http, parts);
  relayRoutes(http, parts.relay);
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
  webhookJobs(loops, parts.inbox, {
    backfillSeconds: parts.config.WEBHOOK_BACKFILL_SECONDS,
    mail: parts.mail,
  });
  billingJobs(loops, parts.billing);
  paymentsJobs(loops, parts);
  gatewayJobs(loops, parts.gateway);
  proofJobs(loops, parts);
  memoryJobs(loops, parts);
  attemptJobs(loops, parts);
  relayJobs(loops, parts.relay);
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
    parts.relay.stop(),
    parts.jobs.stop(WORKERS_STOP_MS),
  ]);
  await listening;
  clearInterval(idle);
  await parts.authenticate.settled();
  parts.hub.close();
  await Promise.all([parts.limiter.close(), parts.cache.close()]);
  await parts.bus.close();
  await Promise.all([parts.gateway.close(), parts.paypal?.close()]);
  await parts.db.close();
  await parts.tracing.close();
}
