import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../../test/harness/app.ts";
import { createBuyer, type Buyer } from "../../../../test/harness/buyer.ts";
import type { Client, Json } from "../../../../test/harness/client.ts";
import { addNeighbour, OWNER } from "../../../../test/harness/people.ts";

const path = "/api/payment-methods";
const VISA = "4242424242424242";
/** Its bank asks each time. */
const ASKS = "4000002760003184";
const DECLINED = "4000000000000002";

let t: TestApp;
let buyer: Buyer;
let people = 0;

beforeAll(async () => {
  t = await startTestApp();
  buyer = createBuyer(t);
});
afterAll(() => t.close());

async function owner(): Promise<Client> {
  people += 1;
  const email = `cards${people}@example.com`;
  await addNeighbour(t.sql, email);
  return t.signIn({ ...OWNER, email });
}
const listed = async (who: Client) => (await who.call("GET", path)).body.data as Json[];
async function setUp(who: Client, number = VISA): Promise<string> {
  const { status, body, text } = await who.call("POST", `${path}/setup`, { body: {} });
  expect(status, text).toBe(201);
  await buyer.pay(String(body.url), number);
  return String(body.url);
}
/** Waits until so many cards are listed and one of them is the default. */
async function cards(who: Client, count: number): Promise<Json[]> {
  await expect
    .poll(async () => (await listed(who)).filter((row, at) => (at === 0) === row.is_default).length, {
      timeout: 15_000,
      interval: 200,
    })
    .toBe(count);
  return listed(who);
}

test("a card is given on the company's page; the first one becomes the default", async () => {
  const who = await owner();
  expect(await listed(who)).toEqual([]);
  await setUp(who);
  const [card] = await cards(who, 1);
  expect(card).toMatchObject({
    provider: "stripe",
    kind: "card",
    brand: "visa",
    last4: "4242",
    is_default: true,
  });
});

test("3DS at setup: nothing is kept until the bank's question is answered", async () => {
  const who = await owner();
  const url = await setUp(who, ASKS);
  expect(await listed(who)).toEqual([]);
  expect(await buyer.authenticate(url, "complete")).toMatchObject({ status: "complete" });
  expect(await cards(who, 1)).toMatchObject([{ last4: "3184" }]);
});

test("a card that its bank refuses is not kept", async () => {
  const who = await owner();
  await setUp(who, DECLINED);
  expect(await listed(who)).toEqual([]);
});

test("another card is made the default, and a card is taken away here and at the company", async () => {
  const who = await owner();
  await setUp(who);
  await cards(who, 1);
  await setUp(who, "5555555555554444");
  const [visa, other] = await cards(who, 2);
  expect(visa).toMatchObject({ last4: "4242" });
  const chosen = await who.call("PUT", `${path}/${String(other?.id)}/default`);
  expect(chosen.body.data).toMatchObject([
    { id: other?.id, is_default: true },
    { id: visa?.id, is_default: false },
  ]);
  // Back and forth: the second choice of a card is no repetition of its first.
  expect((await who.call("PUT", `${path}/${String(visa?.id)}/default`)).body.data).toMatchObject([
    { id: visa?.id },
    {},
  ]);
  expect((await who.call("DELETE", `${path}/${String(other?.id)}`)).body.data).toMatchObject([
    { id: visa?.id },
  ]);
  expect((await who.call("DELETE", `${path}/${String(other?.id)}`)).status).toBe(404);
  expect((await (await owner()).call("DELETE", `${path}/${String(visa?.id)}`)).status).toBe(404);
  const [row] = await t.sql<{ method: string }>(
    "select provider_method_id as method from billing.payment_methods where id = $1",
    [other?.id],
  );
  const there = await fetch(`${t.credentials.stripe.base_url}/v1/payment_methods/${row?.method}`, {
    headers: { authorization: `Bearer ${t.credentials.stripe.api_key}` },
  });
  expect(await there.json()).toMatchObject({ customer: null });
});

test("a card taken away at the company goes here too", async () => {
  const who = await owner();
  await setUp(who);
  const [card] = await cards(who, 1);
  const [row] = await t.sql<{ method: string }>(
    "select provider_method_id as method from billing.payment_methods where id = $1",
    [card?.id],
  );
  await buyer.stripe(`/payment_methods/${row?.method}/detach`);
  await expect.poll(() => listed(who), { timeout: 15_000, interval: 200 }).toEqual([]);
});

test("409 needed_by_subscription for what the plan is charged to, until it is to end", async () => {
  const who = await owner();
  const { body } = await who.call("POST", "/api/subscriptions/subscribe", {
    body: { plan_key: "pro", interval: "month" },
  });
  await buyer.pay(String(body.url));
  await expect
    .poll(async () => (await who.call("GET", "/api/subscriptions/current")).body.status, {
      timeout: 15_000,
      interval: 200,
    })
    .toBe("active");
  await expect.poll(async () => (await listed(who)).length, { timeout: 15_000, interval: 200 }).toBe(1);
  const [card] = await listed(who);
  const remove = () => who.call("DELETE", `${path}/${String(card?.id)}`);
  expect((await remove()).body).toMatchObject({ status: 409, code: "needed_by_subscription" });
  await who.call("POST", "/api/subscriptions/cancel", { body: {} });
  const answer = await remove();
  expect(answer.status, answer.text).toBe(200);
  expect(answer.body.data).toEqual([]);
});
