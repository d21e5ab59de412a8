import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../../test/harness/app.ts";
import { backfill } from "../../../../test/harness/backfill.ts";
import { planDeps } from "../../../../test/harness/plans.ts";
import { createBuyer, type Buyer } from "../../../../test/harness/buyer.ts";
import type { Client, Json } from "../../../../test/harness/client.ts";
import { offsetClock } from "../../../platform/clock.ts";
import { createDb, type Db } from "../../../platform/db/index.ts";
import { startHub, type TestHub } from "../../../../test/harness/hub.ts";
import { createLogger, createMetrics } from "../../../platform/telemetry/index.ts";
import { createStripe } from "../../../vendors/stripe/index.ts";
import { createBilling, readPacks } from "../index.ts";

let t: TestApp;
let buyer: Buyer;
let viewer: Client;
/** Ten purchases a minute are each person's limit. */
let second: Client;
let db: Db;
let hub: TestHub;

beforeAll(async () => {
  t = await startTestApp({ haste: 20 });
  buyer = createBuyer(t);
  viewer = await t.member("viewer");
  second = await t.member("owner");
  db = createDb({ url: t.database.url, max: 2 });
  hub = startHub(db, t.database.url);
});
afterAll(async () => {
  await hub.close();
  await db.close();
  await t.close();
});
afterEach(() => buyer.calm());

const purchase = (idempotencyKey: string | null, body: Json = { pack_key: "starter" }, who = t.owner) =>
  who.call("POST", "/api/credits/purchase", { body, idempotencyKey });
/** Three tries, each made twice by the SDK when a kept connection turns out to be closed. */
const TRIES = 6;
const sessions = { method: "POST", path: "*/checkout/sessions" };
const payments = (key: string) =>
  t.sql<{ id: string; status: string; attempt: number }>(
    `select p.id, p.status, p.attempt from billing.payments p
     join platform.idempotency_keys k on k.operation_id = p.operation_id where k.key = $1`,
    [key],
  );
const books = async () => {
  const answer = await fetch(`${t.credentials.stripe.base_url}/v1/checkout/sessions?limit=100`, {
    headers: { authorization: `Bearer ${t.credentials.stripe.api_key}` },
  });
  return ((await answer.json()) as { data: { id: string; metadata: Json }[] }).data;
};

/** Billing of a process whose clock stands this far ahead. */
function billingAt(offsetMs: number) {
  const metrics = createMetrics("test");
  const { api_key: apiKey, base_url: baseUrl } = t.credentials.stripe;
  return createBilling({
    db,
    clock: offsetClock(offsetMs),
    hub,
    logger: createLogger("silent"),
    stripe: createStripe({ apiKey, baseUrl, metrics, pausesMs: [] }),
    accountId: "acct_default",
    paypal: null,
    baseUrl: t.url,
    packs: readPacks(),
    ...planDeps({ db, clock: offsetClock(offsetMs) }),
  });
}
const NEAR_KEY_END_MS = 21 * 3_600_000;
const never = new AbortController().signal;

test.each([
  ["an unknown pack", { pack_key: "huge" }, "/pack_key"],
  ["an address elsewhere", { pack_key: "starter", success_url: "https://evil.example/" }, "/success_url"],
  ["no pack", {}, "/pack_key"],
  ["a price of its own", { pack_key: "starter", amount_minor: 100, currency: "usd" }, "/pack_key"],
])("422 for %s", async (name, body, pointer) => {
  const answer = await purchase(name, body);
  expect(answer.status).toBe(422);
  expect(answer.body.errors).toMatchObject([{ pointer }]);
});

test("400 without Idempotency-Key, 403 below owner, 401 for nobody, 404 for another's payment", async () => {
  expect((await purchase(null)).body.code).toBe("idempotency_key_required");
  expect((await purchase("v", undefined, viewer)).status).toBe(403);
  expect((await purchase("a", undefined, t.anonymous)).status).toBe(401);
  const bought = await buyer.buy();
  const stranger = await t.neighbour();
  for (const path of [`/api/payments/${bought.payment_id}`, "/api/payments/pay_1"])
    expect((await stranger.call("GET", path)).body).toMatchObject({ status: 404, code: "not_found" });
  expect((await stranger.call("GET", "/api/payments")).body.data).toEqual([]);
  expect((await t.anonymous.call("GET", "/checkout/session/cs_test_unknown")).status).toBe(404);
});

test("Stripe away: 503 after three tries, the row is kept, and the same key carries it on", async () => {
  await buyer.fault({ match: sessions, fault: "reset", effect: "done", times: TRIES });
  const away = await purchase("away");
  expect([away.status, away.body.code]).toEqual([503, "provider_unavailable"]);
  expect(Number(away.headers.get("retry-after"))).toBeGreaterThan(0);
  const [row] = await payments("away");
  expect(row).toMatchObject({ status: "creating", attempt: 1 });
  const done = await purchase("away");
  expect(done.status, done.text).toBe(201);
  expect(done.body.payment_id).toBe(row?.id);
  expect((await books()).filter(({ metadata }) => metadata.holdfast_id === row?.id)).toHaveLength(1);
});

test("a definite refusal: 502, and the next try has a key of its own", async () => {
  await buyer.fault({ match: sessions, fault: "status", params: { status: 402 }, times: 1 });
  const refused = await purchase("refused");
  expect([refused.status, refused.body.code]).toEqual([502, "provider_refused"]);
  expect(await payments("refused")).toMatchObject([{ status: "failed", attempt: 2 }]);
  expect((await purchase("refused")).status).toBe(201);
  expect(await payments("refused")).toMatchObject([{ status: "requires_payment_method" }]);
});

test("a purchase whose request died is carried on by the sweep, after a minute, with one session", async () => {
  await buyer.fault({ match: sessions, fault: "reset", effect: "done", times: TRIES });
  await purchase("died", undefined, second);
  expect(await billingAt(0).resumePurchases(never)).toBe(0);
  expect(await billingAt(61_000).resumePurchases(never)).toBe(1);
  const [row] = await payments("died");
  expect(row?.status).toBe("requires_payment_method");
  expect((await books()).filter(({ metadata }) => metadata.holdfast_id === row?.id)).toHaveLength(1);
});

test("past the life of Stripe's key the session is looked up and adopted, not made again", async () => {
  await buyer.fault({ match: sessions, fault: "reset", effect: "done", times: TRIES });
  await purchase("late", undefined, second);
  const [row] = await payments("late");
  const made = (await books()).find(({ metadata }) => metadata.holdfast_id === row?.id);
  expect(made).toBeDefined();
  expect(await billingAt(NEAR_KEY_END_MS).resumePurchases(never)).toBe(1);
  expect(await t.sql("select session_id from billing.payments where id = $1", [row?.id])).toEqual([
    { session_id: made?.id },
  ]);
});

test("the buyer's own next try, a day later under the same key, finds what the first began", async () => {
  const operation = async (key: string) => {
    const [row] = await t.sql<{ operation_id: `idk_${string}`; org_id: `org_${string}`; created_by: string }>(
      `select p.operation_id, p.org_id, p.created_by from billing.payments p
       join platform.idempotency_keys k on k.operation_id = p.operation_id where k.key = $1`,
      [key],
    );
    if (!row) throw new Error("no row");
    return { orgId: row.org_id, operationId: row.operation_id, actorId: row.created_by };
  };
  const again = async (key: string, offsetMs: number) =>
    billingAt(offsetMs).purchase({
      ...(await operation(key)),
      mode: "test",
      provider: "stripe",
      wanted: { packKey: "starter" },
    });
  const DAY_MS = 25 * 3_600_000;
  await buyer.fault({ match: sessions, fault: "reset", effect: "done", times: TRIES });
  await purchase("tomorrow", undefined, second);
  const [row] = await payments("tomorrow");
  const made = (await books()).find(({ metadata }) => metadata.holdfast_id === row?.id);
  expect((await again("tomorrow", DAY_MS)).sessionId).toBe(made?.id);
  // Not found once is not yet known to be absent: nothing new is begun.
  await buyer.fault({ match: sessions, fault: "reset", effect: "none", times: TRIES });
  await purchase("nothing", undefined, second);
  await expect(again("nothing", DAY_MS)).rejects.toMatchObject({ kind: { code: "provider_unavailable" } });
  expect(await payments("nothing")).toMatchObject([{ status: "creating", attempt: 1 }]);
  await expect(again("nothing", DAY_MS + 11 * 60_000)).rejects.toMatchObject({
    kind: { code: "provider_unavailable" },
  });
  expect((await again("nothing", DAY_MS + 12 * 60_000)).sessionId).toBeTruthy();
  // Told of by an event, without its page, and over by now.
  await buyer.fault({ match: sessions, fault: "reset", effect: "done", times: TRIES });
  await purchase("over", undefined, second);
  const [over] = await payments("over");
  const left = (await books()).find(({ metadata }) => metadata.holdfast_id === over?.id);
  await buyer.stripe(`/checkout/sessions/${left?.id}/expire`);
  await buyer.until(over?.id ?? "", { status: "canceled" });
  await expect(again("over", DAY_MS)).rejects.toMatchObject({ kind: { code: "checkout_over" } });
  for (const { id } of [row, over].filter((each) => each !== undefined))
    expect((await books()).filter(({ metadata }) => metadata.holdfast_id === id)).toHaveLength(1);
});

test("absent twice, ten minutes apart: a new key, and one session in the end", async () => {
  await buyer.fault({ match: sessions, fault: "reset", effect: "none", times: TRIES });
  await purchase("absent", undefined, second);
  for (const [offset, attempt] of [
    [NEAR_KEY_END_MS, 1],
    [NEAR_KEY_END_MS + 9 * 60_000, 1],
    [NEAR_KEY_END_MS + 11 * 60_000, 2],
  ] as const) {
    expect(await billingAt(offset).resumePurchases(never)).toBe(0);
    expect(await payments("absent")).toMatchObject([{ status: "creating", attempt }]);
  }
  expect((await purchase("absent", undefined, second)).status).toBe(201);
});

test("a purchase left alone for a day is not looked for for ever: it gets its session under the new key", async () => {
  await buyer.fault({ match: sessions, fault: "reset", effect: "none", times: TRIES });
  await purchase("overnight", undefined, second);
  await billingAt(NEAR_KEY_END_MS).resumePurchases(never);
  await billingAt(NEAR_KEY_END_MS + 11 * 60_000).resumePurchases(never);
  expect(await payments("overnight")).toMatchObject([{ status: "creating", attempt: 2 }]);
  expect(await billingAt(NEAR_KEY_END_MS + 12 * 60_000).resumePurchases(never)).toBe(1);
  expect(await payments("overnight")).toMatchObject([{ status: "requires_payment_method", attempt: 2 }]);
});

test("a session that expired before it was found is adopted, holds up no other purchase, and ends canceled", async () => {
  await buyer.fault({ on: "webhook", fault: "drop" });
  await buyer.fault({ match: sessions, fault: "reset", effect: "done", times: 2 * TRIES });
  await purchase("expired", undefined, second);
  await purchase("behind", undefined, second);
  const [row] = await payments("expired");
  const made = (await books()).find(({ metadata }) => metadata.holdfast_id === row?.id);
  await buyer.stripe(`/checkout/sessions/${made?.id}/expire`);
  expect(await billingAt(NEAR_KEY_END_MS).resumePurchases(never)).toBe(2);
  expect(await payments("behind")).toMatchObject([{ status: "requires_payment_method" }]);
  await backfill(t);
  await buyer.until(String(row?.id), { status: "canceled", failure_code: "expired", checkout_url: null });
});

test("a 500 that Stripe keeps for the customer's key does not end an organization's purchases for a day", async () => {
  const stranger = await t.neighbour();
  const customers = { method: "POST", path: "*/customers" };
  // The job that makes customers must not come before it.
  await buyer.fault({ match: customers, fault: "status", params: { status: 500 }, probability: 1 });
  expect((await purchase("first", undefined, stranger)).status).toBe(503);
  expect((await purchase("first", undefined, stranger)).status).toBe(503);
  await billingAt(61_000).resumePurchases(never);
  await billingAt(12 * 60_000).resumePurchases(never);
  expect(await payments("first")).toMatchObject([{ status: "creating", attempt: 2 }]);
  await buyer.calm();
  // So many failures may have opened the breaker, which tries the company again by itself.
  await expect.poll(async () => (await purchase("first", undefined, stranger)).status).toBe(201);
});
