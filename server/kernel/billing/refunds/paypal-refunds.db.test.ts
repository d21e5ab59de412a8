/** Refunds of PayPal payments: once each, whatever is lost on the way, and the credits as they were asked for. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../../test/harness/app.ts";
import type { Json } from "../../../../test/harness/client.ts";
import { startHub, type TestHub } from "../../../../test/harness/hub.ts";
import { createPaypalBuyer, type PaypalBuyer } from "../../../../test/harness/paypal.ts";
import { addNeighbour, OWNER } from "../../../../test/harness/people.ts";
import { planDeps } from "../../../../test/harness/plans.ts";
import { createSubscriber, movingClock } from "../../../../test/harness/subscriber.ts";
import { offsetClock } from "../../../platform/clock.ts";
import { createDb, type Db } from "../../../platform/db/index.ts";
import { createLogger, createMetrics } from "../../../platform/telemetry/index.ts";
import { createPaypal } from "../../../vendors/paypal/index.ts";
import { createStripe } from "../../../vendors/stripe/index.ts";
import { createBilling, readPacks } from "../index.ts";

const HOUR_MS = 3_600_000;
const CREDITS = 1_000_000_000;
let t: TestApp;
let buyer: PaypalBuyer;
let db: Db;
let hub: TestHub;

beforeAll(async () => {
  t = await startTestApp({ haste: 20 });
  buyer = createPaypalBuyer(t);
  db = createDb({ url: t.database.url, max: 5 });
  hub = startHub(db, t.database.url);
});
afterAll(async () => {
  await hub.close();
  await db.close();
  await t.close();
});
afterEach(() => buyer.calm());

const settled = async (): Promise<Json> => {
  const bought = await buyer.buy();
  await buyer.approve(bought.url);
  return buyer.until(bought.payment_id, { status: "succeeded" });
};
const refund = (id: unknown, body: Json = {}) =>
  t.owner.call("POST", "/api/admin/refunds", {
    body: { payment_id: id, kind: "full", reason: "requested", ...body },
  });
const atPaypal = async ({ session_id: order }: Json): Promise<Json[]> => {
  const [unit] = (await buyer.api("GET", `/v2/checkout/orders/${String(order)}`)).purchase_units as {
    payments?: { refunds?: Json[] };
  }[];
  return unit?.payments?.refunds ?? [];
};
const listed = async (id: unknown): Promise<Json> => {
  const { body } = await t.owner.call<{ data: Json[] }>("GET", "/api/admin/refunds?limit=100");
  return body.data.find((row) => row.payment_id === id) ?? {};
};
const idle = () =>
  expect
    .poll(
      () =>
        t.sql("select id from webhooks.events where state in ('received', 'processing', 'waiting_retry')"),
      { timeout: 15_000 },
    )
    .toEqual([]);

test("a part goes back at once, and is one refund with what PayPal tells of it", async () => {
  const row = await settled();
  const answer = await refund(row.id, { kind: "partial", amount_minor: 250 });
  expect([answer.status, answer.body], answer.text).toMatchObject([
    202,
    { status: "succeeded", amount_minor: 250, origin: "operator" },
  ]);
  await buyer.until(String(row.id), { status: "partially_refunded", refundable_minor: 750 });
  await idle();
  expect(await atPaypal(row)).toMatchObject([{ invoice_id: answer.body.id, amount: { value: "2.50" } }]);
  expect(await listed(row.id)).toMatchObject({ clawed_back_micros: CREDITS / 4, clawback: true });
});

test("credits that stay stay, even when PayPal's event comes before its answer", async () => {
  const row = await settled();
  await buyer.fault({
    match: { method: "POST", path: "*/refund" },
    fault: "reset",
    effect: "done",
    times: 6,
  });
  const answer = await refund(row.id, { clawback: false });
  expect(answer.body).toMatchObject({ status: "requested" });
  await buyer.until(String(row.id), { status: "refunded" });
  await buyer.calm();
  expect(await billingAt(2 * 60_000).resumeRefunds(new AbortController().signal)).toBe(1);
  expect(await atPaypal(row)).toHaveLength(1);
  expect(await listed(row.id)).toMatchObject({ status: "succeeded", clawed_back_micros: 0 });
});

test("a refund retried a day later: a lost answer is found after 25 hours, and never repeated", async () => {
  const row = await settled();
  await buyer.fault({ on: "webhook", fault: "drop" });
  await buyer.fault({
    match: { method: "POST", path: "*/refund" },
    fault: "reset",
    effect: "done",
    times: 6,
  });
  expect((await refund(row.id, { kind: "partial", amount_minor: 300 })).body.status).toBe("requested");
  await buyer.calm();
  expect(await billingAt(25 * HOUR_MS).resumeRefunds(new AbortController().signal)).toBe(1);
  expect(await atPaypal(row)).toHaveLength(1);
  await buyer.until(String(row.id), { refunded_minor: 300, status: "partially_refunded" });
});

test("of a subscription, which no order lists, a lost answer is found by its key, days later", async () => {
  const email = "subscribed@example.com";
  await addNeighbour(t.sql, email);
  const who = createSubscriber(t, movingClock(), () => t.signIn({ ...OWNER, email }), "paypal");
  const made = await who.subscribe();
  await buyer.approve(String(made.body.url), "approve+subscribed@sandbox.test");
  await who.until({ status: "active" });
  const paid = async () => ((await who.call("GET", "/api/payments")).body.data as Json[])[0] ?? {};
  await expect.poll(paid, { timeout: 15_000 }).toMatchObject({ status: "succeeded" });
  const row = await paid();
  await buyer.fault({ on: "webhook", fault: "drop", probability: 1 });
  await buyer.fault({
    match: { method: "POST", path: "*/refund" },
    fault: "reset",
    effect: "done",
    times: 6,
  });
  expect((await refund(row.id, { kind: "partial", amount_minor: 900 })).body.status).toBe("requested");
  await buyer.calm();
  expect(await billingAt(48 * HOUR_MS).resumeRefunds(new AbortController().signal)).toBe(1);
  expect(await listed(row.id)).toMatchObject({ status: "succeeded", amount_minor: 900 });
  expect(await paid()).toMatchObject({ status: "partially_refunded", refunded_minor: 900 });
  const capture = await buyer.api("GET", `/v2/payments/captures/${String(row.charge_id)}`);
  expect(capture.status).toBe("PARTIALLY_REFUNDED");
});

test("what is sold at once has no period, and no subscription to end", async () => {
  const row = await settled();
  expect((await refund(row.id, { kind: "prorated" })).body.code).toBe("no_subscription");
  expect((await refund(row.id, { cancel_subscription: "now" })).body.code).toBe("no_subscription");
});

function billingAt(offsetMs: number) {
  const { stripe, paypal } = t.credentials;
  const clock = offsetClock(offsetMs);
  const metrics = createMetrics("test");
  return createBilling({
    db,
    clock,
    hub,
    logger: createLogger("silent"),
    stripe: createStripe({ apiKey: stripe.api_key, baseUrl: stripe.base_url, metrics, pausesMs: [] }),
    accountId: "acct_default",
    paypal: {
      accountId: "paypal_default",
      api: createPaypal({
        baseUrl: paypal.base_url,
        clientId: paypal.client_id,
        clientSecret: paypal.client_secret,
        metrics: createMetrics("paypal"),
      }),
    },
    baseUrl: t.url,
    packs: readPacks(),
    ...planDeps({ db, clock }),
  });
}
