import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../../test/harness/app.ts";
import type { Client, Json } from "../../../../test/harness/client.ts";
import { newId } from "../../../platform/ids.ts";
import { createPaypalBuyer, type PaypalBuyer } from "../../../../test/harness/paypal.ts";

const path = "/api/payments/intents";
const POLL = { timeout: 15_000, interval: 100 };
let t: TestApp;
let buyer: PaypalBuyer;
let who: Client;

beforeAll(async () => {
  t = await startTestApp();
  buyer = createPaypalBuyer(t);
  who = await t.neighbour();
});
afterAll(() => t.close());
afterEach(() => buyer.calm());

/** A wallet that is kept; its id here. */
async function keeps(email: string): Promise<string> {
  const { body } = await who.call("POST", "/api/payment-methods/setup", { body: { provider: "paypal" } });
  await buyer.approve(String(body.url), email);
  const mine = async () => {
    await t.sql("update billing.method_setups set asked_at = asked_at - interval '1 hour'");
    const { data } = (await who.call("GET", "/api/payment-methods")).body as { data: Json[] };
    return data.find((row) => row.email === email)?.id;
  };
  await expect.poll(mine, POLL).toBeDefined();
  return String(await mine());
}
const order = (method: string) => ({ purpose: "credits", reference: "starter", payment_method_id: method });
const payment = async (id: unknown) => (await who.call("GET", `/api/payments/${String(id)}`)).body;
const captured = (id: unknown) =>
  t.sql("select 1 from ledger.transactions where reference = $1", [`${String(id)}:credits`]);
const captures = async (orderId: unknown) => {
  const [unit] = (await buyer.api("GET", `/v2/checkout/orders/${String(orderId)}`)).purchase_units as {
    payments?: { captures?: Json[] };
  }[];
  return unit?.payments?.captures ?? [];
};

test("a wallet that is kept pays at once, its owner being elsewhere", async () => {
  const wallet = await keeps("approve+kept@sandbox.test");
  const { body, status, text } = await who.call("POST", path, { body: order(wallet) });
  expect(status, text).toBe(201);
  expect(body).toMatchObject({ status: "succeeded", provider: "paypal", next_action: null });
  expect(await payment(body.id)).toMatchObject({ status: "succeeded", fee_minor: 84 });
  expect(await captured(body.id)).toHaveLength(1);
});

test("a wallet that is declined takes nothing; another pays the same payment", async () => {
  const [bad, good] = [await keeps("failing+kept@sandbox.test"), await keeps("approve+second@sandbox.test")];
  const { body } = await who.call("POST", path, { body: order(bad) });
  expect(body).toMatchObject({
    status: "requires_payment_method",
    failure_code: "INSTRUMENT_DECLINED",
    tries_left: 2,
  });
  expect(await captured(body.id)).toEqual([]);
  const again = await who.call("POST", `${path}/${String(body.id)}/confirm`, {
    body: { payment_method_id: good },
  });
  expect(again.body).toMatchObject({ status: "succeeded", failure_code: null });
  expect(await captured(body.id)).toHaveLength(1);
});

test("a wallet pays no invoice: Stripe's are Stripe's, and PayPal's are paid when they are made", async () => {
  const wallet = await keeps("approve+invoice@sandbox.test");
  const before = await t.sql("select count(*) from billing.payments");
  const ask = async (provider: string, status: string) => {
    const id = newId("inv");
    await t.sql(
      `insert into billing.invoices (org_id, id, mode, account_id, provider, provider_invoice_id, subscription_id, status,
         reason, description, currency, subtotal_minor, tax_minor, total_minor, due_minor, paid_minor, attempts, lines,
         created_at, as_of)
       select org_id, $1, 'test', $2 || '_default', $3, $1, 'sub_1', $4, 'cycle', 'Pro', 'usd', 2900, 0, 2900, 2900, 0, 1, '[]',
         now(), now() from billing.payment_methods where id = $5`,
      [id, provider === "stripe" ? "acct" : provider, provider, status, wallet],
    );
    return (await who.call("POST", path, { body: { ...order(wallet), purpose: "invoice", reference: id } }))
      .body;
  };
  expect(await ask("paypal", "paid")).toMatchObject({
    status: 409,
    code: "invoice_not_open",
    detail: expect.stringContaining("/api/subscriptions/reactivate"),
  });
  expect(await ask("stripe", "open")).toMatchObject({
    status: 422,
    errors: [{ pointer: "/payment_method_id" }],
  });
  expect(await t.sql("select count(*) from billing.payments")).toEqual(before);
});

test("the answer is lost: its event brings the money, and the same key takes none again", async () => {
  const wallet = await keeps("approve+lost@sandbox.test");
  const match = { method: "POST", path: "*/v2/checkout/orders" };
  await buyer.fault({ match, fault: "reset", effect: "done", times: 3 });
  const ask = () => who.call("POST", path, { body: order(wallet), idempotencyKey: "lost" });
  expect((await ask()).status).toBe(503);
  await buyer.calm();
  const [row] = await t.sql<{ id: string }>(
    `select p.id from billing.payments p join platform.idempotency_keys k on k.operation_id = p.operation_id
     where k.key = 'lost'`,
  );
  await expect.poll(() => payment(row?.id), POLL).toMatchObject({ status: "succeeded" });
  const known = await ask();
  expect(known.body).toMatchObject({ id: row?.id, status: "succeeded" });
  expect(await captures((await payment(row?.id)).session_id)).toHaveLength(1);
  expect(await captured(row?.id)).toHaveLength(1);
}, 60_000);
