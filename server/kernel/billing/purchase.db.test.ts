import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../test/harness/app.ts";
import type { Json } from "../../../test/harness/client.ts";

let t: TestApp;

beforeAll(async () => {
  t = await startTestApp({ env: process.env.LOG_LEVEL ? { LOG_LEVEL: process.env.LOG_LEVEL } : {} });
});
afterAll(() => t.close());

const CARD = { exp: "12/34", cvc: "123", name: "Ada", email: "ada@example.com" };

async function buy(pack = "starter"): Promise<Json> {
  const answer = await t.owner.call("POST", "/api/credits/purchase", { body: { pack_key: pack } });
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
}

async function pay(url: unknown, number = "4242424242424242"): Promise<Response> {
  return fetch(String(url), {
    method: "POST",
    body: new URLSearchParams({ ...CARD, number }),
    redirect: "manual",
  });
}

/** Asks until the answer fits; the inbox wakes its worker at once, so this is short. */
async function until<T>(read: () => Promise<T>, fits: (value: T) => boolean): Promise<T> {
  for (const endsAt = Date.now() + 10_000; ; await delay(20)) {
    const value = await read();
    if (fits(value) || Date.now() > endsAt) return value;
  }
}

const payment = async (id: unknown) => (await t.owner.call("GET", `/api/payments/${String(id)}`)).body;
const settled = (id: unknown, status: string) =>
  until(
    () => payment(id),
    (row) => row.status === status,
  );
const credits = async () => {
  const [row] = await t.sql(
    "select coalesce(sum(balance), 0)::text as sum from ledger.balances where account = 'wallet'",
  );
  return BigInt(String(row?.sum));
};

test("a paid checkout becomes credits, cash and a fee, each once", async () => {
  const before = await credits();
  const bought = await buy();
  expect((await pay(bought.url)).status).toBe(303);
  const row = await settled(bought.payment_id, "succeeded");
  expect(row).toMatchObject({ status: "succeeded", amount_minor: 1000, failure_code: null });
  expect((await credits()) - before).toBe(1_000_000_000n);
  await until(
    () => payment(bought.payment_id),
    ({ fee_minor }) => fee_minor !== null,
  );
  const entries = await t.sql(
    "select account, unit, sum(amount)::text as sum from ledger.entries group by account, unit order by account",
  );
  console.log(entries, randomUUID());
});
