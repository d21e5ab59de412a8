import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../test/harness/database.ts";
import { manualClock } from "../../platform/clock.ts";
import { createDb, withTx, type Db } from "../../platform/db/index.ts";
import { createHttp, type Actor, type Http } from "../../platform/http/index.ts";
import { newId } from "../../platform/ids.ts";
import { createLimiter } from "../../platform/rate-limit/index.ts";
import { createLogger, createMetrics } from "../../platform/telemetry/index.ts";
import { permissionsOf } from "../tenancy/index.ts";
import { applyBatch, grant } from "./index.ts";
import { ledgerRoutes } from "./routes.ts";

const now = new Date("2026-03-01T00:00:00Z");
const clock = manualClock(now);
const org = newId("org");
let actor: Actor;
let database: TestDatabase;
let db: Db;
let http: Http;

beforeAll(async () => {
  database = await createTestDatabase();
  db = createDb({ url: database.url });
  http = await createHttp({
    logger: createLogger("silent"),
    metrics: createMetrics("0"),
    clock,
    db,
    limiter: createLimiter(),
    authenticate: async () => actor,
    version: "0",
    baseUrl: "http://127.0.0.1",
    trustedProxies: [],
    pagesDir: null,
  });
  ledgerRoutes(http, { db, clock });
  await http.app.ready();
  await withTx(db, org, async (tx) => {
    const wanted = { mode: "test", unit: "credit", amount: 100n, reference: "pay_1:credits" } as const;
    await grant(tx, org, [{ ...wanted, kind: "purchase" }], now);
    const hold = { id: newId("hold"), mode: "test", unit: "credit", owner: "gateway", amount: 30n } as const;
    const deadlineAt = new Date(now.getTime() + 60_000);
    await applyBatch(tx, org, { settle: [], hold: [{ ...hold, deadlineAt }] }, now);
  });
});
afterAll(async () => {
  await http.app.close();
  await db.close();
  await database.drop();
});

const as = (more: Partial<Actor> = {}): Actor => ({
  kind: "session",
  credentialId: newId("ses"),
  userId: newId("usr"),
  keyId: null,
  orgId: org,
  role: "owner",
  operator: false,
  permissions: permissionsOf("owner"),
  scopes: null,
  mode: "test",
  rateLimitPerMin: 0,
  provenAt: null,
  suspended: false,
  mfaDue: false,
  ...more,
});
async function call(method: "GET" | "POST", url: string, who: Actor = as()) {
  actor = who;
  const { statusCode, body } = await http.app.inject({ method, url });
  return { status: statusCode, body: JSON.parse(body) };
}

test("200: balances per unit, as of now", async () => {
  const { status, body } = await call("GET", "/api/ledger/balances", as({ role: "viewer" }));
  expect(status).toBe(200);
  expect(body).toEqual({
    mode: "test",
    as_of: now.toISOString(),
    data: [{ unit: "credit", settled: 100, held: 30, available: 70, debt: 0, held_count: 1 }],
  });
  expect((await call("GET", "/api/ledger/balances", as({ mode: "live" }))).body.data).toEqual([]);
});

test("200: what moved a balance each day; what is held stays in it", async () => {
  const { body } = await call("GET", "/api/ledger/balances/days", as({ role: "viewer" }));
  expect(body).toMatchObject({ unit: "credit", data: [{ day: "2026-03-01", moved: 100 }] });
  const before = "/api/ledger/balances/days?from=2026-02-01T00:00:00Z&to=2026-03-01T00:00:00Z";
  expect((await call("GET", before)).body.data).toEqual([]);
  expect((await call("GET", "/api/ledger/balances/days", as({ mode: "live" }))).body.data).toEqual([]);
});

test("200: accounts sum to zero", async () => {
  const { body } = await call("GET", "/api/ledger/accounts");
  const rows = body.data as { account: string; balance: number }[];
  expect(rows.find(({ account }) => account === "issued")?.balance).toBe(-100);
  expect(rows.reduce((total, { balance }) => total + balance, 0)).toBe(0);
});

test("200: transactions page by page, and one of them", async () => {
  const first = await call("GET", "/api/ledger/transactions?limit=1&unit=credit");
  expect(first.body).toMatchObject({ has_more: true, data: [{ kind: "hold" }] });
  const rest = await call("GET", `/api/ledger/transactions?limit=1&cursor=${first.body.next_cursor}`);
  expect(rest.body).toMatchObject({
    has_more: false,
    next_cursor: null,
    data: [{ reference: "pay_1:credits" }],
  });
  const one = await call("GET", `/api/ledger/transactions/${rest.body.data[0].id}`);
  expect(one.body).toEqual(rest.body.data[0]);
  const later = await call("GET", "/api/ledger/transactions?from=2026-03-02T00:00:00Z&kind=hold");
  expect(later.body.data).toEqual([]);
});

test("200: the check names each invariant and finds no fault", async () => {
  const { body } = await call("POST", "/api/ledger/verify");
  expect(body.ok).toBe(true);
  expect(body.invariants.map(({ name }: { name: string }) => name)).toEqual([
    "zero_sum",
    "balances",
    "no_overdraft",
    "held",
    "grants",
    "costs",
  ]);
  expect(body.invariants.every(({ checked }: { checked: number }) => checked > 0)).toBe(true);
});

test("403: a viewer reads balances only, a key needs the scope", async () => {
  for (const [method, url] of [
    ["GET", "/api/ledger/accounts"],
    ["GET", "/api/ledger/transactions"],
    ["GET", `/api/ledger/transactions/${newId("txn")}`],
    ["POST", "/api/ledger/verify"],
  ] as const) {
    const viewer = as({ role: "viewer", permissions: permissionsOf("viewer") });
    expect((await call(method, url, viewer)).body.code).toBe("forbidden");
    expect((await call(method, url, as({ kind: "key", scopes: ["gateway.use"] }))).body.code).toBe(
      "scope_missing",
    );
  }
});

test("404: another organization's transaction; 400 and 422: what is no query", async () => {
  const { body } = await call("GET", "/api/ledger/transactions?limit=1");
  const foreign = await call(
    "GET",
    `/api/ledger/transactions/${body.data[0].id}`,
    as({ orgId: newId("org") }),
  );
  expect(foreign.status).toBe(404);
  expect((await call("GET", "/api/ledger/transactions?color=red")).status).toBe(400);
  expect((await call("GET", "/api/ledger/transactions?cursor=nonsense")).status).toBe(400);
  expect((await call("GET", "/api/ledger/transactions/txn_1")).status).toBeGreaterThanOrEqual(400);
});
