import { pendingMigrations } from "../db/migrate.ts";
import type { Mail } from "./kernel/mail/index.ts";
import type { Inbox } from "./kernel/webhooks/index.ts";
import type { Bus } from "./platform/bus/index.ts";
import type { Clock } from "./platform/clock.ts";
import type { Db } from "./platform/db/index.ts";
import type { Health } from "./platform/health/index.ts";
import type { Jobs } from "./platform/jobs/index.ts";
import type { Limiter } from "./platform/rate-limit/index.ts";
import type { Hub } from "./platform/realtime/index.ts";
import type { Gateway } from "./products/gateway/index.ts";
import type { StripeApi } from "./vendors/stripe/index.ts";

type HealthParts = {
  health: Health;
  db: Db;
  bus: Bus;
  limiter: Limiter;
  hub: Hub;
  stripe: StripeApi;
  mail: Mail;
  inbox: Inbox;
  gateway: Gateway;
  jobs: Jobs;
  clock: Clock;
};

/** What `/ready` and the System screen ask of each part. A room of `app.ts`. */
export function healthChecks({
  health,
  db,
  bus,
  limiter,
  hub,
  stripe,
  mail,
  inbox,
  gateway,
  jobs,
  clock,
}: HealthParts): void {
  health.check("database", true, async () => {
    const { rows } = await db.pool.query<{ version: string }>(
      "select current_setting('server_version') as version",
    );
    return `PostgreSQL ${rows[0]?.version}`;
  });
  health.check("migrations", true, async () => {
    const { pending, unknown } = await pendingMigrations(db.pool);
    const wrong = [...pending, ...unknown];
    if (wrong.length > 0) throw new Error(`pending or unknown: ${wrong.join(", ")}`);
    return "up to date";
  });
  health.check("stripe", false, async () => {
    const to = clock.now();
    await stripe.listEvents(
      { from: new Date(to.getTime() - 1_000), to, after: null },
      AbortSignal.timeout(2_000),
    );
    return `${stripe.mode} mode`;
  });
  health.check("language models", false, async () => {
    const { catalogue, providers } = gateway;
    const served = new Set([...catalogue.models.values()].flatMap((model) => model.candidates));
    const now = clock.now().getTime();
    const well = [...served].filter(({ health: { breaker } }) => breaker.state(now) !== "open");
    if (well.length === 0) throw new Error("no provider is well");
    const first = providers.get("openrouter");
    const lookup = first?.enabled ? await first.llm.generation("gen-health") : null;
    if (lookup?.state === "unavailable") throw new Error("the provider does not answer");
    return [...new Set(well.map(({ provider }) => provider.id))].join(", ");
  });
  health.check("mail", false, async () => {
    const { company } = mail.deps;
    return `${company.name}: ${await company.probe(AbortSignal.timeout(2_000))}`;
  });
  health.check("rate limits", false, () => limiter.probe());
  health.check("bus", false, async () => {
    const down = bus.lines().filter(({ lagMs }) => lagMs === null);
    if (down.length > 0) throw new Error(`${down.map(({ name }) => name).join(", ")} down`);
    return `${bus.processes()} ${bus.processes() === 1 ? "process" : "processes"}`;
  });
  health.check("realtime", false, async () => `${hub.pages} open ${hub.pages === 1 ? "page" : "pages"}`);
  health.queue("webhook events", async () => {
    const { received, waiting_retry, processing, oldest_seconds } = await inbox.counts();
    return { waiting: received + waiting_retry + processing, oldest_seconds };
  });
  health.queue("mails", () => mail.waiting());
  health.queue("jobs", () => jobs.waiting());
  health.queue("model calls", async () => {
    const started = [...gateway.calls].map((call) => call.startedAt);
    const oldest = started.length > 0 ? performance.now() - Math.min(...started) : 0;
    return { waiting: started.length, oldest_seconds: Math.floor(oldest / 1000) };
  });
}
