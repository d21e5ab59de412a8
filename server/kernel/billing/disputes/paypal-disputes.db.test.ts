/** Disputes at PayPal: only what PayPal answers counts, each movement is posted once, and the fee of a lost one too. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../../test/harness/app.ts";
import { createClient, type Json } from "../../../../test/harness/client.ts";
import { createPaypalBuyer, type PaypalBuyer } from "../../../../test/harness/paypal.ts";

const CREDITS = 1_000_000_000;
let t: TestApp;
let buyer: PaypalBuyer;

beforeAll(async () => {
  t = await startTestApp({ haste: 20 });
  buyer = createPaypalBuyer(t);
});
afterAll(() => t.close());
afterEach(() => buyer.calm());

const settled = async (): Promise<Json> => {
  const bought = await buyer.buy();
  await buyer.approve(bought.url);
  return buyer.until(bought.payment_id, { status: "succeeded" });
};
const open = async ({ charge_id: capture_id }: Json, more: Json = {}): Promise<string> => {
  const made = await createClient(t.sandbox.url).call("POST", "/_sandbox/paypal/disputes", {
    body: { capture_id, ...more },
  });
  expect(made.status, made.text).toBe(201);
  return `/v1/customer/disputes/${String(made.body.dispute_id)}`;
};
const decide = (path: string, adjudication_outcome: string) =>
  buyer.api("POST", `${path}/adjudicate`, { adjudication_outcome });
const dispute = async ({ id }: Json): Promise<Json> => {
  const { body } = await t.owner.call<{ data: Json[] }>("GET", "/api/admin/disputes?limit=100");
  return body.data.find((row) => row.payment_id === id) ?? {};
};
const change = async (name: string, act: () => Promise<unknown>): Promise<number> => {
  const read = async () => {
    const [row] = await t.sql<{ sum: string }>(
      "select coalesce(sum(amount), 0)::text as sum from ledger.entries where account || ' ' || unit = $1",
      [name],
    );
    return Number(row?.sum);
  };
  const before = await read();
  await act();
  return (await read()) - before;
};

test("a claim takes the money; won, it comes back", async () => {
  const row = await settled();
  let path = "";
  expect(
    await change("disputes usd", async () => {
      path = await open(row);
      await buyer.until(String(row.id), { status: "disputed", refundable_minor: 0 });
    }),
  ).toBe(1000);
  expect(await dispute(row)).toMatchObject({
    provider: "paypal",
    charge_id: row.charge_id,
    status: "needs_response",
    withdrawn_minor: 1000,
    evidence_due_at: expect.any(String),
  });
  expect(
    await change("disputes usd", async () => {
      await decide(path, "SELLER_FAVOR");
      await buyer.until(String(row.id), { status: "succeeded", refundable_minor: 1000 });
    }),
  ).toBe(-1000);
  expect(await dispute(row)).toMatchObject({
    status: "won",
    withdrawn_minor: 0,
    closed_at: expect.any(String),
  });
});

test("lost: the fee is kept too, and the credits of the part go back", async () => {
  const row = await settled();
  const path = await open(row, { amount: "7.50" });
  await buyer.until(String(row.id), { status: "disputed", refundable_minor: 250 });
  expect(
    await change("fees usd", async () => {
      await decide(path, "BUYER_FAVOR");
      await buyer.until(String(row.id), { status: "reversed", refundable_minor: 250 });
    }),
  ).toBe(1500);
  expect(await dispute(row)).toMatchObject({
    status: "lost",
    withdrawn_minor: 750,
    fee_minor: 1500,
    clawed_back_micros: (CREDITS * 3) / 4,
  });
});

test("an inquiry moves nothing and blocks nothing", async () => {
  const row = await settled();
  await open(row, { stage: "INQUIRY" });
  await expect
    .poll(async () => (await dispute(row)).status, { timeout: 15_000 })
    .toBe("warning_needs_response");
  expect(await buyer.payment(String(row.id))).toMatchObject({ status: "succeeded", refundable_minor: 1000 });
});

test("all told twice and late: the same books", async () => {
  const row = await settled();
  await buyer.fault({ on: "webhook", fault: "duplicate", times: 20 });
  const moved = await change("disputes usd", async () => {
    const path = await open(row);
    await decide(path, "BUYER_FAVOR");
    await buyer.until(String(row.id), { status: "reversed" });
  });
  expect(moved).toBe(1000);
  await expect
    .poll(
      () =>
        t.sql("select id from webhooks.events where state in ('received', 'processing', 'waiting_retry')"),
      {
        timeout: 15_000,
      },
    )
    .toEqual([]);
  expect(await dispute(row)).toMatchObject({ status: "lost", withdrawn_minor: 1000, fee_minor: 1500 });
});
