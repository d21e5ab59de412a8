import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../../../test/harness/app.ts";
import { createClient, type Client, type Json } from "../../../../../test/harness/client.ts";
import { startHub, type TestHub } from "../../../../../test/harness/hub.ts";
import { createPaypalBuyer, type PaypalBuyer } from "../../../../../test/harness/paypal.ts";
import { planDeps } from "../../../../../test/harness/plans.ts";
import { offsetClock } from "../../../../platform/clock.ts";
import { createDb, type Db } from "../../../../platform/db/index.ts";
import { createLogger, createMetrics } from "../../../../platform/telemetry/index.ts";
import { createPaypal } from "../../../../vendors/paypal/index.ts";
import { createStripe } from "../../../../vendors/stripe/index.ts";
import { createBilling, readPacks } from "../../index.ts";

let t: TestApp;
let buyer: PaypalBuyer;
/** Ten purchases a minute are each person's limit. */
let second: Client;
let db: Db;
let hub: TestHub;

beforeAll(async () => {
  t = await startTestApp({ haste: 20 });
  second = await t.member("owner");
  buyer = createPaypalBuyer(t);
  db = createDb({ url: t.database.url, max: 2 });
  hub = startHub(db, t.database.url);
});
afterAll(async () => {
  await hub.close();
  await db.close();
  await t.close();
});
afterEach(() => buyer.calm());

const HOUR_MS = 3_600_000;
const never = new AbortController().signal;
const orders = { method: "POST", path: "*/checkout/orders" };
const capture = { method: "POST", path: "*/capture" };
/** The first and two more. */
const TRIES = 3;

const purchase = (idempotencyKey: string, body: Json = {}, who = t.owner) =>
  who.call("POST", "/api/credits/purchase", {
    body: { pack_key: "starter", provider: "paypal", ...body },
    idempotencyKey,
  });
const payments = (key: string) =>
  t.sql<{ id: string; status: string; attempt: number; session_id: string | null }>(
    `select p.id, p.status, p.attempt, p.session_id from billing.payments p
     join platform.idempotency_keys k on k.operation_id = p.operation_id where k.key = $1`,
    [key],
  );

/** Billing of a process whose clock stands this far ahead. */
function billingAt(offsetMs: number) {
  const metrics = createMetrics("test");
  const { stripe, paypal } = t.credentials;
  const clock = offsetClock(offsetMs);
  const { client_id: clientId, client_secret: clientSecret, base_url: baseUrl } = paypal;
  return createBilling({
    db,
    clock,
    hub,
    logger: createLogger("silent"),
    stripe: createStripe({ apiKey: stripe.api_key, baseUrl: stripe.base_url, metrics, pausesMs: [] }),
    accountId: "acct_default",
    paypal: {
      api: createPaypal({ baseUrl, clientId, clientSecret, metrics, pausesMs: [] }),
      accountId: "paypal_default",
    },
    baseUrl: t.url,
    packs: readPacks(),
    ...planDeps({ db, clock }),
  });
}

test.each([
  ["another company", { provider: "venmo" }, "/provider"],
  ["an address elsewhere", { success_url: "https://evil.example/" }, "/success_url"],
])("422 for %s", async (name, body, pointer) => {
  const answer = await purchase(name, body);
  expect(answer.status).toBe(422);
  expect(answer.body.errors).toMatchObject([{ pointer }]);
});

test("PayPal away: 503 after three tries, the row is kept, and the same key finds the order that was made", async () => {
  await buyer.fault({ match: orders, fault: "reset", effect: "done", times: TRIES });
  const away = await purchase("away");
  expect([away.status, away.body.code]).toEqual([503, "provider_unavailable"]);
  const [row] = await payments("away");
  expect(row).toMatchObject({ status: "creating", attempt: 1, session_id: null });
  const done = await purchase("away");
  expect(done.status, done.text).toBe(201);
  expect(done.body.payment_id).toBe(row?.id);
  expect(String(done.body.session_id)).toMatch(/^[A-Z0-9]{17}$/);
});

test("a definite refusal: 502, and the next try has a key of its own", async () => {
  await buyer.fault({ match: orders, fault: "status", params: { status: 422 }, times: 1 });
  const refused = await purchase("refused");
  expect([refused.status, refused.body.code]).toEqual([502, "provider_refused"]);
  expect(await payments("refused")).toMatchObject([{ status: "failed", attempt: 2 }]);
  expect((await purchase("refused")).status).toBe(201);
  expect(await payments("refused")).toMatchObject([{ status: "requires_payment_method" }]);
});

test("a purchase whose request died is carried on by the sweep, with the order that was made", async () => {
  await buyer.fault({ match: orders, fault: "reset", effect: "done", times: TRIES });
  await purchase("died", {}, second);
  expect(await billingAt(0).resumePurchases(never)).toBe(0);
  expect(await billingAt(61_000).resumePurchases(never)).toBe(1);
  expect(await payments("died")).toMatchObject([{ status: "requires_payment_method", attempt: 1 }]);
});

test("past the life of PayPal's key a new order is made: the one that nobody was led to moves nothing", async () => {
  await buyer.fault({ match: orders, fault: "reset", effect: "done", times: TRIES });
  await purchase("late", {}, second);
  expect(await billingAt(5 * HOUR_MS + 60_000).resumePurchases(never)).toBe(0);
  expect(await payments("late")).toMatchObject([{ status: "creating", attempt: 2 }]);
  expect(await billingAt(5 * HOUR_MS + 120_000).resumePurchases(never)).toBe(1);
  expect(await payments("late")).toMatchObject([{ status: "requires_payment_method", attempt: 2 }]);
});

test("a capture that PayPal never answers waits; the sweep finds the money taken, once", async () => {
  const one = await createPaypalBuyer(t, second).buy();
  await buyer.fault({ on: "webhook", fault: "drop" });
  await buyer.fault({ match: capture, fault: "reset", effect: "done", times: TRIES });
  await buyer.approve(one.url);
  await t.sql("update billing.payments set as_of = as_of - interval '1 minute' where id = $1", [
    one.payment_id,
  ]);
  const asked = await t.anonymous.call("GET", `/checkout/session/${one.session_id}`);
  expect([asked.status, asked.body.status]).toEqual([200, "open"]);
  expect(await billingAt(16 * 60_000).sweepOrders(never)).toBeGreaterThan(0);
  expect(await buyer.payment(one.payment_id)).toMatchObject({ status: "succeeded", amount_minor: 1000 });
  const order = await buyer.api("GET", `/v2/checkout/orders/${one.session_id}`);
  const [unit] = order.purchase_units as { payments: { captures: unknown[] } }[];
  expect(unit?.payments.captures).toHaveLength(1);
});

test("every event lost and no return: an approved order is captured by the sweep after a quarter of an hour", async () => {
  const one = await createPaypalBuyer(t, second).buy();
  await buyer.fault({ on: "webhook", fault: "drop" });
  await buyer.approve(one.url);
  await billingAt(14 * 60_000).sweepOrders(never);
  expect(await buyer.payment(one.payment_id)).toMatchObject({ status: "requires_payment_method" });
  await billingAt(16 * 60_000).sweepOrders(never);
  expect(await buyer.payment(one.payment_id)).toMatchObject({ status: "succeeded" });
});

test("order approved, never captured: when PayPal has forgotten the order, the payment has expired and nothing moved", async () => {
  const one = await createPaypalBuyer(t, second).buy();
  await buyer.fault({ on: "webhook", fault: "drop" });
  await buyer.fault({ match: capture, fault: "status", params: { status: 503 }, times: 20 });
  await buyer.approve(one.url);
  await billingAt(16 * 60_000).sweepOrders(never);
  expect(await buyer.payment(one.payment_id)).toMatchObject({ status: "requires_payment_method" });
  const clock = await createClient(t.sandbox.url).call("POST", "/_sandbox/clock", {
    body: { mode: "manual", advance: "4h" },
    idempotencyKey: null,
  });
  expect(clock.status, clock.text).toBeLessThan(300);
  await billingAt(4 * HOUR_MS).sweepOrders(never);
  expect(await buyer.payment(one.payment_id)).toMatchObject({
    status: "canceled",
    failure_code: "expired",
    checkout_url: null,
    charge_id: null,
  });
  expect(
    await t.sql("select id from ledger.transactions where reference = $1", [`${one.payment_id}:credits`]),
  ).toEqual([]);
});
