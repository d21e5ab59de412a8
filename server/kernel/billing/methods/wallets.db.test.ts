import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../../test/harness/app.ts";
import { backfill } from "../../../../test/harness/backfill.ts";
import type { Client, Json } from "../../../../test/harness/client.ts";
import { createPaypalBuyer, type PaypalBuyer } from "../../../../test/harness/paypal.ts";
import { startHub } from "../../../../test/harness/hub.ts";
import { addNeighbour, OWNER } from "../../../../test/harness/people.ts";
import { planDeps } from "../../../../test/harness/plans.ts";
import { systemClock } from "../../../platform/clock.ts";
import { createDb } from "../../../platform/db/index.ts";
import { createLogger, createMetrics } from "../../../platform/telemetry/index.ts";
import { createPaypal } from "../../../vendors/paypal/index.ts";
import { createStripe } from "../../../vendors/stripe/index.ts";
import { createBilling, readPacks } from "../index.ts";

const path = "/api/payment-methods";
let t: TestApp;
let buyer: PaypalBuyer;
let people = 0;

beforeAll(async () => {
  t = await startTestApp();
  buyer = createPaypalBuyer(t);
});
afterAll(() => t.close());
afterEach(() => buyer.calm());

async function owner(): Promise<Client> {
  people += 1;
  const email = `wallets${people}@example.com`;
  await addNeighbour(t.sql, email);
  return t.signIn({ ...OWNER, email });
}
const listed = async (who: Client) => (await who.call("GET", path)).body.data as Json[];
async function begin(who: Client): Promise<string> {
  const { status, body, text } = await who.call("POST", `${path}/setup`, { body: { provider: "paypal" } });
  expect(status, text).toBe(201);
  return String(body.url);
}
/** Our open state is believed for two seconds. */
const grow = () => t.sql("update billing.method_setups set asked_at = asked_at - interval '1 hour'");
async function wallets(who: Client, count: number): Promise<Json[]> {
  await expect
    .poll(async () => (await grow(), await listed(who)).length, { timeout: 15_000, interval: 100 })
    .toBe(count);
  return listed(who);
}
const atPaypal = async (method: Json | undefined) => {
  const [row] = await t.sql<{ wallet: string }>(
    "select provider_method_id as wallet from billing.payment_methods where id = $1",
    [method?.id],
  );
  return `/v3/vault/payment-tokens/${row?.wallet}`;
};

test("a wallet is kept once its owner has agreed and come back, and is the default of its company", async () => {
  const who = await owner();
  const url = await begin(who);
  expect(await listed(who)).toEqual([]);
  const back = new URL(await buyer.approve(url, "approve+ada@sandbox.test"));
  expect(back.pathname).toBe("/payment-methods");
  const [wallet] = await wallets(who, 1);
  expect(wallet).toMatchObject({
    provider: "paypal",
    kind: "paypal",
    email: "approve+ada@sandbox.test",
    brand: null,
    is_default: true,
  });
  expect((await who.call("GET", path)).body.providers).toEqual(["stripe", "paypal"]);
});

test("its owner never comes back: the sweep keeps it, though every event is lost", async () => {
  const who = await owner();
  const url = await begin(who);
  await buyer.fault({ on: "webhook", fault: "drop" });
  await buyer.approve(url);
  const kept = () => t.sql("select id from billing.payment_methods where email = 'approve@sandbox.test'");
  const before = await kept();
  await grow();
  const { base_url: baseUrl, client_id: clientId, client_secret: clientSecret } = t.credentials.paypal;
  const metrics = createMetrics("test");
  const api = createPaypal({ baseUrl, clientId, clientSecret, metrics });
  const db = createDb({ url: t.database.url, max: 2 });
  const hub = startHub(db, t.database.url);
  const billing = createBilling({
    db,
    clock: systemClock,
    hub,
    logger: createLogger("silent"),
    stripe: createStripe({ apiKey: t.credentials.stripe.api_key, baseUrl: t.url, metrics }),
    accountId: "acct_default",
    paypal: { api, accountId: "paypal_default" },
    baseUrl: t.url,
    packs: readPacks(),
    ...planDeps({ db, clock: systemClock }),
  });
  expect(await billing.sweepSetups(new AbortController().signal)).toBeGreaterThan(0);
  expect(await kept()).toHaveLength(before.length + 1);
  await Promise.all([api.close(), hub.close()]);
  await db.close();
});

test("whoever goes back without agreeing keeps nothing", async () => {
  const who = await owner();
  const back = await buyer.approve(await begin(who), "cancel@sandbox.test");
  expect(new URL(back).pathname).toBe("/payment-methods");
  await grow();
  expect(await listed(who)).toEqual([]);
});

test("another is made the default, and one is taken away here and at PayPal", async () => {
  const who = await owner();
  await buyer.approve(await begin(who), "approve+one@sandbox.test");
  await wallets(who, 1);
  await buyer.approve(await begin(who), "approve+two@sandbox.test");
  const [one, two] = await wallets(who, 2);
  expect([one, two]).toMatchObject([
    { email: "approve+one@sandbox.test", is_default: true },
    { email: "approve+two@sandbox.test", is_default: false },
  ]);
  const chosen = await who.call("PUT", `${path}/${String(two?.id)}/default`);
  expect(chosen.body.data).toMatchObject([{ id: two?.id, is_default: true }, { id: one?.id }]);
  const wallet = await atPaypal(one);
  expect((await who.call("DELETE", `${path}/${String(one?.id)}`)).body.data).toMatchObject([{ id: two?.id }]);
  await expect(buyer.api("GET", wallet)).rejects.toThrow("RESOURCE_NOT_FOUND");
  expect((await who.call("DELETE", `${path}/${String(one?.id)}`)).status).toBe(404);
});

test("a wallet taken away at PayPal goes here too, by its event or by the list of events", async () => {
  const who = await owner();
  await buyer.approve(await begin(who));
  const [wallet] = await wallets(who, 1);
  await buyer.fault({ on: "webhook", fault: "drop" });
  await fetch(`${t.credentials.paypal.base_url}${await atPaypal(wallet)}`, {
    method: "DELETE",
    headers: {
      authorization: `Basic ${Buffer.from(`${t.credentials.paypal.client_id}:${t.credentials.paypal.client_secret}`).toString("base64")}`,
    },
  });
  expect(await listed(who)).toHaveLength(1);
  await backfill(t, "paypal_default");
  await expect.poll(() => listed(who), { timeout: 15_000, interval: 200 }).toEqual([]);
});

test("PayPal is away: 503, and nothing is listed", async () => {
  const who = await owner();
  await buyer.fault({ match: { path: "*/vault/*" }, fault: "status", params: { status: 503 }, times: 20 });
  const answer = await who.call("POST", `${path}/setup`, { body: { provider: "paypal" } });
  expect(answer.body).toMatchObject({ status: 503, code: "provider_unavailable" });
  await buyer.calm();
  expect(await listed(who)).toEqual([]);
});
