import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../../test/harness/app.ts";
import { createBuyer, type Buyer } from "../../../../test/harness/buyer.ts";
import type { Json } from "../../../../test/harness/client.ts";

let t: TestApp;
let buyer: Buyer;

beforeAll(async () => {
  t = await startTestApp({ haste: 20 });
  buyer = createBuyer(t);
});
afterAll(() => t.close());

test("credits for an amount cost what they are worth, once paid; what is no amount is refused", async () => {
  const buy = (body: Json) => t.owner.call("POST", "/api/credits/purchase", { body });
  const bought = await buy({ amount_minor: 1_234, currency: "usd" });
  expect(bought.status, bought.text).toBe(201);
  await buyer.pay(String(bought.body.url));
  await buyer.until(String(bought.body.payment_id), { status: "succeeded", pack_key: null });
  const entries = await t.sql<{ account: string; sum: string }>(
    `select account, sum(amount)::text as sum from ledger.entries where account in ('revenue', 'wallet') group by 1 order by 1`,
  );
  expect(entries).toEqual([
    { account: "revenue", sum: "-1234" },
    { account: "wallet", sum: "1234000000" },
  ]);
  for (const body of [
    { amount_minor: 99, currency: "usd" },
    { amount_minor: 1_000, currency: "eur" },
    { amount_minor: 1_000 },
    { pack_key: "starter", amount_minor: 1_000, currency: "usd" },
    { pack_key: "starter", currency: "usd" },
    {},
  ])
    expect((await buy(body)).body).toMatchObject({ status: 422, code: "invalid_input" });
});

test("a checkout of a pack is the purchase of it; an unknown one is refused", async () => {
  const checkout = (body: Json) => t.owner.call("POST", "/api/checkout/sessions", { body });
  const { body, status, text } = await checkout({ purpose: "credits", reference: "starter" });
  expect(status, text).toBe(201);
  await buyer.pay(String(body.url));
  await buyer.until(String(body.payment_id), {
    status: "succeeded",
    pack_key: "starter",
    amount_minor: 1_000,
  });
  for (const wrong of [
    { purpose: "credits", reference: "none" },
    { purpose: "invoice", reference: "starter" },
    { purpose: "invoice", reference: "starter", provider: "paypal" },
    { purpose: "subscription", reference: "pro" },
    { purpose: "credits", reference: "starter", success_url: "https://elsewhere.example/" },
  ])
    expect((await checkout(wrong)).body).toMatchObject({ status: 422, code: "invalid_input" });
});
