/** Credits bought by a kept card, with Stripe's tax on: the tax in the price is worked out, named, posted and given back. */
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { startTestApp, type TestApp } from "../../../../test/harness/app.ts";
import { createBuyer, type Buyer } from "../../../../test/harness/buyer.ts";
import type { Json } from "../../../../test/harness/client.ts";
import { addPayer, keepCard, type Payer } from "../../../../test/harness/payer.ts";

vi.setConfig({ testTimeout: 60_000 });
const POLL = { timeout: 20_000, interval: 100 };
const ADDRESS = { line1: "Hauptstr. 1", city: "Berlin", postal_code: "10115", country: "DE" };
/** A fifth on top, in a price of ten dollars. */
const TAX = 167;
const CALCULATIONS = { match: { method: "POST", path: "/v1/tax/calculations" } };
let t: TestApp;
let buyer: Buyer;
let people = 0;
beforeAll(async () => {
  t = await startTestApp({ haste: 20, env: { STRIPE_TAX: "on" } });
  buyer = createBuyer(t);
});
afterAll(() => t.close());
afterEach(() => buyer.calm());

async function person(address: Json | null = ADDRESS): Promise<Payer & { card: string }> {
  const who = await addPayer(t, `taxed${(people += 1)}@example.com`);
  if (address) await locate(who, address);
  return { ...who, card: await keepCard(t, buyer, who, "pm_card_visa") };
}
async function locate(who: Payer, address: Json): Promise<void> {
  const answer = await who.call("PUT", "/api/billing/customer", { body: { name: who.email, address } });
  expect(answer.status, answer.text).toBe(200);
}
const buys = (who: Payer & { card: string }, idempotencyKey?: string) =>
  who.call("POST", "/api/payments/intents", {
    body: { purpose: "credits", reference: "starter", payment_method_id: who.card },
    ...(idempotencyKey ? { idempotencyKey } : {}),
  });
const book = async ({ org }: Payer): Promise<Json> => {
  const rows = await t.sql<{ account: string; sum: string }>(
    `select account, sum(amount)::text as sum from ledger.entries where org_id = $1 and unit = 'usd'
       and account in ('revenue', 'tax', 'refunds') group by 1 having sum(amount) <> 0`,
    [org],
  );
  return Object.fromEntries(rows.map(({ account, sum }) => [account, Number(sum)]));
};
/** What Stripe has charged a customer. */
async function charged(who: Payer): Promise<Json[]> {
  const { base_url, api_key } = t.credentials.stripe;
  const answer = await fetch(`${base_url}/v1/payment_intents?customer=${who.customer}`, {
    headers: { authorization: `Bearer ${api_key}` },
  });
  return ((await answer.json()) as { data: Json[] }).data;
}

test("the price is what is paid, its tax stands apart, and the intent names what it was worked out by", async () => {
  const who = await person();
  const { status, body, text } = await buys(who);
  expect(status, text).toBe(201);
  expect(body).toMatchObject({ status: "succeeded", amount_minor: 1000 });
  await expect.poll(() => book(who), POLL).toEqual({ revenue: TAX - 1000, tax: -TAX });
  const [intent] = await charged(who);
  expect(intent).toMatchObject({
    amount: 1000,
    hooks: { inputs: { tax: { calculation: expect.stringMatching(/^taxcalc_/) } } },
  });
  // Half of it back takes half of its tax along.
  await buyer.stripe("/refunds", { payment_intent: String(intent?.id), amount: "500" });
  await expect
    .poll(() => book(who), POLL)
    .toEqual({ revenue: TAX - 1000, tax: Math.floor(TAX / 2) - TAX, refunds: 500 - Math.floor(TAX / 2) });
});

test("without an address nothing is charged, the caller is told, and nobody asks again; with one they buy anew", async () => {
  const who = await person(null);
  const refused = await buys(who, "nowhere");
  expect([refused.status, refused.body.code]).toEqual([422, "tax_address_required"]);
  expect(await charged(who)).toEqual([]);
  expect(
    await t.sql("select status, failure_code from billing.payments where org_id = $1", [who.org]),
  ).toEqual([{ status: "canceled", failure_code: "tax_address_required" }]);
  await locate(who, ADDRESS);
  const { body } = await buys(who, "somewhere");
  expect(body).toMatchObject({ status: "succeeded" });
  await expect.poll(() => book(who), POLL).toEqual({ revenue: TAX - 1000, tax: -TAX });
});

test("while nobody works taxes out nothing is charged; asked again it is charged once, with its tax", async () => {
  const who = await person();
  await buyer.fault({ ...CALCULATIONS, fault: "status", params: { status: 500 } });
  expect((await buys(who, "later")).status).toBe(503);
  expect(await charged(who)).toEqual([]);
  await buyer.calm();
  expect((await buys(who, "later")).body).toMatchObject({ status: "succeeded" });
  expect(await charged(who)).toHaveLength(1);
  await expect.poll(() => book(who), POLL).toEqual({ revenue: TAX - 1000, tax: -TAX });
});

test("a calculation that cannot be read charges nothing", async () => {
  const who = await person();
  await buyer.fault({ ...CALCULATIONS, fault: "truncate", times: 6 });
  expect((await buys(who)).status).toBe(503);
  expect(await charged(who)).toEqual([]);
});

test("the tax in a payment is told before it is confirmed, and is what is posted", async () => {
  const who = await person();
  expect((await who.call("GET", "/api/credits/packs")).body).toMatchObject({ tax_included: true });
  const begun = await who.call("POST", "/api/payments/intents", {
    body: { purpose: "credits", reference: "starter" },
  });
  const told = { amount_minor: 1000, tax_minor: TAX };
  expect(begun.body).toMatchObject({ ...told, status: "requires_payment_method" });
  const id = String(begun.body.id);
  expect((await who.call("GET", `/api/payments/${id}`)).body).toMatchObject(told);
  expect(await book(who)).toEqual({});
  const paid = await who.call("POST", `/api/payments/intents/${id}/confirm`, {
    body: { payment_method_id: who.card },
  });
  expect(paid.body).toMatchObject({ ...told, status: "succeeded" });
  await expect.poll(() => book(who), POLL).toEqual({ revenue: TAX - 1000, tax: -TAX });
});

test("the answer to the intent is lost after its tax was worked out: one intent, by the same calculation", async () => {
  const who = await person();
  const match = { method: "POST", path: "/v1/payment_intents" };
  await buyer.fault({ match, fault: "reset", effect: "done", times: 6 });
  expect((await buys(who, "lost")).status).toBe(503);
  await buyer.calm();
  expect((await buys(who, "lost")).body).toMatchObject({ status: "succeeded" });
  expect(await charged(who)).toHaveLength(1);
  await expect.poll(() => book(who), POLL).toEqual({ revenue: TAX - 1000, tax: -TAX });
});

/** Buys at once, and once: the month's cap leaves room for no other. */
const turnOn = (who: Payer & { card: string }) =>
  who.call("PUT", "/api/credits/auto-topup", {
    body: {
      threshold_micros: 900_000_000_000,
      amount_minor: 1000,
      monthly_cap_minor: 1000,
      payment_method_id: who.card,
    },
  });
const rows = ({ org }: Payer) =>
  t.sql<Json>(
    "select status, tax_calculation, tax_minor::int as tax from billing.payments where org_id = $1",
    [org],
  );

test("a top-up waits while nobody works taxes out, and buys once afterwards", async () => {
  const who = await person();
  await buyer.fault({ ...CALCULATIONS, fault: "status", params: { status: 500 } });
  expect((await turnOn(who)).status).toBe(200);
  await expect.poll(() => rows(who), POLL).toEqual([{ status: "creating", tax_calculation: null, tax: 0 }]);
  expect(await charged(who)).toEqual([]);
  expect((await who.call("GET", "/api/credits/auto-topup")).body).toMatchObject({
    enabled: true,
    declines: 0,
  });
  await buyer.calm();
  await expect.poll(() => book(who), POLL).toEqual({ revenue: TAX - 1000, tax: -TAX });
  expect(await charged(who)).toHaveLength(1);
});

test("a top-up that is cut off between its calculation and its charge goes on by the same one, and is charged once", async () => {
  const who = await person();
  await buyer.fault({ match: { method: "POST", path: "/v1/payment_intents" }, fault: "reset" });
  expect((await turnOn(who)).status).toBe(200);
  const cut = [{ status: "creating", tax_calculation: expect.stringMatching(/^taxcalc_/), tax: TAX }];
  await expect.poll(() => rows(who), POLL).toEqual(cut);
  const [before] = await rows(who);
  expect(await charged(who)).toEqual([]);
  await buyer.calm();
  await expect.poll(() => book(who), POLL).toEqual({ revenue: TAX - 1000, tax: -TAX });
  const [intent, ...others] = await charged(who);
  expect(others).toEqual([]);
  expect(intent).toMatchObject({ hooks: { inputs: { tax: { calculation: before?.tax_calculation } } } });
});

test("a top-up is taxed as well, and is turned off where nobody knows by which address", async () => {
  const who = await person();
  expect((await turnOn(who)).status).toBe(200);
  await expect.poll(() => book(who), POLL).toEqual({ revenue: TAX - 1000, tax: -TAX });

  const nowhere = await person(null);
  expect((await turnOn(nowhere)).status).toBe(200);
  await expect
    .poll(async () => (await nowhere.call("GET", "/api/credits/auto-topup")).body, POLL)
    .toMatchObject({ enabled: false, off_reason: "tax_address", payment_id: null });
  const mail = await t.mailbox(nowhere.email);
  expect([mail.subject, mail.text]).toEqual([
    expect.stringContaining("top-up"),
    expect.stringContaining("address"),
  ]);
  expect(await charged(nowhere)).toEqual([]);
  expect(await t.sql("select status from billing.payments where org_id = $1", [nowhere.org])).toEqual([
    { status: "canceled" },
  ]);
});
