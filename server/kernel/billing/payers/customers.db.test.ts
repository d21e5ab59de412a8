import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../../test/harness/app.ts";
import { createBuyer, type Buyer } from "../../../../test/harness/buyer.ts";
import type { Client, Json } from "../../../../test/harness/client.ts";
import { startHub, type TestHub } from "../../../../test/harness/hub.ts";
import { addNeighbour, OWNER } from "../../../../test/harness/people.ts";
import { planDeps } from "../../../../test/harness/plans.ts";
import { offsetClock } from "../../../platform/clock.ts";
import { createDb, type Db } from "../../../platform/db/index.ts";
import { createLogger, createMetrics } from "../../../platform/telemetry/index.ts";
import { createStripe } from "../../../vendors/stripe/index.ts";
import { createBilling, readPacks } from "../index.ts";

const MINUTE_MS = 60_000;
const never = new AbortController().signal;
const path = "/api/billing/customer";
const ADDRESS = {
  line1: "1 Analytical Way",
  line2: null,
  city: "London",
  state: null,
  postal_code: "N1",
  country: "GB",
};
const VAT = { type: "eu_vat", value: "DE123456789" };

let t: TestApp;
let buyer: Buyer;
let db: Db;
let hub: TestHub;
let people = 0;

beforeAll(async () => {
  t = await startTestApp();
  buyer = createBuyer(t);
  db = createDb({ url: t.database.url, max: 2 });
  hub = startHub(db, t.database.url);
});
afterAll(async () => {
  await hub.close();
  await db.close();
  await t.close();
});
afterEach(() => buyer.calm());

/** Billing of a process whose clock stands this far ahead. */
function billingAt(offsetMs: number) {
  const { api_key: apiKey, base_url: baseUrl } = t.credentials.stripe;
  const clock = offsetClock(offsetMs);
  return createBilling({
    db,
    clock,
    hub,
    logger: createLogger("info", { write: () => {} }),
    stripe: createStripe({ apiKey, baseUrl, metrics: createMetrics("test"), pausesMs: [] }),
    accountId: "acct_default",
    paypal: null,
    baseUrl: t.url,
    packs: readPacks(),
    ...planDeps({ db, clock }),
  });
}

async function owner(): Promise<Client> {
  people += 1;
  const email = `payer${people}@example.com`;
  await addNeighbour(t.sql, email);
  return t.signIn({ ...OWNER, email });
}
const asked = async (who: Client): Promise<Json> => (await who.call("GET", path)).body;
async function atStripe(place: string, method = "GET"): Promise<Json> {
  const answer = await fetch(`${t.credentials.stripe.base_url}/v1${place}`, {
    method,
    headers: { authorization: `Bearer ${t.credentials.stripe.api_key}` },
  });
  return (await answer.json()) as Json;
}
async function buys(who: Client): Promise<Json> {
  const { status, body, text } = await who.call("POST", "/api/credits/purchase", {
    body: { pack_key: "starter" },
  });
  expect(status, text).toBe(201);
  return body;
}

test("an organization becomes known to the company a minute after it was made, by the job", async () => {
  const who = await owner();
  expect(await asked(who)).toMatchObject({ provider_customer_id: null, state: "waiting", tax_ids: [] });
  await billingAt(30_000).tellCustomers(never);
  expect(await asked(who)).toMatchObject({ provider_customer_id: null });
  await billingAt(2 * MINUTE_MS).tellCustomers(never);
  const customer = await asked(who);
  expect(customer).toMatchObject({ state: "told", name: null });
  expect(await atStripe(`/customers/${String(customer.provider_customer_id)}`)).toMatchObject({
    object: "customer",
  });
  // Known already: nothing is made again.
  await billingAt(3 * MINUTE_MS).tellCustomers(never);
  expect(await asked(who)).toEqual(customer);
});

test("who pays is said whole, and the company knows it at once, tax ids too", async () => {
  const who = await owner();
  const wanted = { name: "Ada Ltd", email: "bills@example.com", address: ADDRESS, tax_ids: [VAT] };
  const { body, status, text } = await who.call("PUT", path, { body: wanted });
  expect(status, text).toBe(200);
  expect(body).toMatchObject({ ...wanted, state: "told", refused_code: null });
  const there = `/customers/${String(body.provider_customer_id)}`;
  expect(await atStripe(there)).toMatchObject({
    name: "Ada Ltd",
    email: "bills@example.com",
    address: ADDRESS,
  });
  const taxIds = `/tax_ids?owner[type]=customer&owner[customer]=${String(body.provider_customer_id)}`;
  expect(await atStripe(taxIds)).toMatchObject({ data: [VAT] });
  expect((await who.call("PUT", path, { body: { name: "Ada" } })).body).toMatchObject({
    name: "Ada",
    email: null,
    address: null,
    tax_ids: [],
    state: "told",
  });
  expect(await atStripe(there)).toMatchObject({ name: "Ada", email: null, address: null });
  expect(await atStripe(taxIds)).toMatchObject({ data: [] });
});

test("what the company refuses is kept and said; while it is away the job goes on trying", async () => {
  const who = await owner();
  const wrong = { tax_ids: [{ type: "eu_vat", value: "no" }] };
  expect((await who.call("PUT", path, { body: wrong })).body).toMatchObject({
    ...wrong,
    state: "refused",
    refused_code: "tax_id_invalid",
  });
  const match = { method: "POST", path: "*/customers/*" };
  await buyer.fault({ match, fault: "status", params: { status: 503 }, times: 6 });
  expect((await who.call("PUT", path, { body: { name: "Later" } })).body).toMatchObject({ state: "waiting" });
  await buyer.calm();
  await billingAt(61 * MINUTE_MS).tellCustomers(never);
  expect(await asked(who)).toMatchObject({ name: "Later", state: "told" });
});

test.each([
  [{ tax_ids: Array.from({ length: 6 }, () => VAT) }, "/tax_ids"],
  [{ email: "nobody" }, "/email"],
  [{ address: { country: "Germany" } }, "/address/country"],
  [{ vat: "DE1" }, ""],
])("422 for %j", async (body, pointer) => {
  const before = await asked(t.owner);
  const answer = await t.owner.call("PUT", path, { body });
  expect(answer.status, answer.text).toBe(422);
  expect(answer.text).toContain(`"pointer":"${pointer}`);
  expect(await asked(t.owner)).toEqual(before);
});

test("the portal leads to the company's page, and back to our own addresses only", async () => {
  const open = (body: Json) => t.owner.call("POST", "/api/billing/portal", { body });
  const { status, body, text } = await open({ return_url: `${t.url}/billing` });
  expect(status, text).toBe(201);
  expect(String(body.url)).toMatch(/\/stripe\/portal\/bps_/);
  expect((await fetch(String(body.url))).status).toBe(200);
  expect((await open({ return_url: "https://elsewhere.example/" })).status).toBe(422);
});

test("customer deleted at the company: a tombstone, and the next purchase makes it anew", async () => {
  const who = await owner();
  await buys(who);
  const { provider_customer_id: first } = await asked(who);
  expect(await atStripe(`/customers/${String(first)}`, "DELETE")).toMatchObject({ deleted: true });
  await expect.poll(async () => (await asked(who)).provider_customer_id, { timeout: 15_000 }).toBeNull();
  // The job lets a tombstone rest.
  await billingAt(5 * MINUTE_MS).tellCustomers(never);
  expect((await asked(who)).provider_customer_id).toBeNull();
  const bought = await buys(who);
  const { provider_customer_id: second } = await asked(who);
  expect(second).toMatch(/^cus_/);
  expect(second).not.toBe(first);
  await buyer.pay(String(bought.url));
  await expect
    .poll(() => t.sql("select status from billing.payments where id = $1", [bought.payment_id]), {
      timeout: 15_000,
    })
    .toEqual([{ status: "succeeded" }]);
});

test("customer deleted at the company, which nobody told us: the purchase itself makes it anew", async () => {
  const who = await owner();
  await buys(who);
  const { provider_customer_id: first } = await asked(who);
  await buyer.fault({ on: "webhook", fault: "drop" });
  await atStripe(`/customers/${String(first)}`, "DELETE");
  const bought = await buys(who);
  expect((await asked(who)).provider_customer_id).not.toBe(first);
  expect(bought.url).toMatch(/\/stripe\/checkout\//);
});
