import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { systemClock } from "../clock.ts";
import { createDb, type Db } from "../db/index.ts";
import { createHttp, type Actor, type Http } from "../http/index.ts";
import { newId } from "../ids.ts";
import { createLimiter } from "../rate-limit/index.ts";
import { createLogger, createMetrics } from "../telemetry/index.ts";
import { createHealth, type Health } from "./index.ts";
import { healthRoutes } from "./routes.ts";

const TOKEN = "t".repeat(32);
let db: Db;
let health: Health;
let operator: boolean;

beforeEach(() => {
  // Never connected to: these routes answer whatever the probes say.
  db = createDb({ url: "postgres://nobody@127.0.0.1:1/none" });
  health = createHealth();
  operator = true;
});
afterEach(async () => {
  vi.useRealTimers();
  await db.close();
});

const actor = (): Actor => ({
  kind: "session",
  credentialId: newId("ses"),
  userId: newId("usr"),
  keyId: null,
  orgId: newId("org"),
  role: "owner",
  operator,
  permissions: new Set<string>(),
  scopes: null,
  mode: "test",
  rateLimitPerMin: 0,
  provenAt: null,
  suspended: false,
  mfaDue: false,
});

async function serve(metricsToken: string | null): Promise<Http["app"]> {
  const metrics = createMetrics("1.2.3");
  const http = await createHttp({
    logger: createLogger("silent"),
    metrics,
    clock: systemClock,
    db,
    limiter: createLimiter(),
    authenticate: async () => actor(),
    version: "1.2.3",
    baseUrl: "http://127.0.0.1",
    trustedProxies: [],
    pagesDir: null,
  });
  healthRoutes(http, { health, metrics, version: "1.2.3", role: "all", metricsToken, sandboxUrl: null });
  return http.app;
}

const down = async () => {
  throw new Error("down");
};

test("alive says nothing of others; ready fails with what is required, names it, and with draining", async () => {
  health.check("database", true, down);
  health.check("company", false, down);
  const app = await serve(null);
  expect((await app.inject("/health")).json()).toEqual({ status: "ok" });
  const unready = await app.inject("/ready");
  expect([unready.statusCode, unready.json()]).toEqual([503, { ready: false, failing: ["database"] }]);
});

test("ready while the company alone is down, and no more from the first signal to stop", async () => {
  health.check("database", true, async () => "fine");
  health.check("company", false, down);
  const app = await serve(null);
  expect((await app.inject("/ready")).json()).toEqual({ ready: true, failing: [] });
  health.draining = true;
  const draining = await app.inject("/ready");
  expect([draining.statusCode, draining.json().failing]).toEqual([503, ["draining"]]);
});

test("many who ask at once share one look at the parts, so that nobody can wear them out by asking", async () => {
  let looks = 0;
  const gate = Promise.withResolvers<string>();
  health.check("database", true, () => {
    looks += 1;
    return gate.promise;
  });
  const asked = Array.from({ length: 50 }, () => health.run("required"));
  gate.resolve("fine");
  for (const checks of await Promise.all(asked)) expect(checks).toMatchObject([{ ok: true, detail: "fine" }]);
  expect(looks).toBe(1);
  await health.run("required");
  expect(looks).toBe(2);
});

test("a part that does not answer counts as down after 2 s", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  health.check("database", true, () => new Promise(() => undefined));
  const running = health.run("required");
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await running).toMatchObject([{ ok: false, detail: "no answer within 2000 ms" }]);
});

test("metrics answer on loopback alone, or to the token alone", async () => {
  const open = await serve(null);
  const local = await open.inject("/metrics");
  expect([local.statusCode, local.headers["content-type"]]).toEqual([
    200,
    expect.stringContaining("text/plain"),
  ]);
  expect(local.body).toContain('holdfast_build_info{version="1.2.3"} 1');
  expect((await open.inject({ url: "/metrics", remoteAddress: "192.0.2.7" })).statusCode).toBe(401);
  const guarded = await serve(TOKEN);
  const ask = (authorization?: string) =>
    guarded.inject({ url: "/metrics", headers: authorization ? { authorization } : {} });
  expect((await ask()).statusCode).toBe(401);
  expect((await ask(`Bearer ${TOKEN}x`)).statusCode).toBe(401);
  expect((await ask(`Bearer ${TOKEN}`)).statusCode).toBe(200);
});

test("the system screen shows every part and queue to operators, to nobody else", async () => {
  health.check("database", true, async () => "fine");
  health.check("company", false, down);
  health.queue("events", async () => ({ waiting: 3, oldest_seconds: 7 }));
  const app = await serve(null);
  const screen = await app.inject("/api/admin/system");
  expect(screen.json()).toMatchObject({
    version: "1.2.3",
    role: "all",
    checks: [
      { name: "database", ok: true, detail: "fine" },
      { name: "company", ok: false, detail: "down" },
    ],
    queues: [{ name: "events", waiting: 3, oldest_seconds: 7 }],
  });
  operator = false;
  expect((await app.inject("/api/admin/system")).statusCode).toBe(403);
});
