/** What both companies told of payments, refunds, disputes, kept means and plans is applied again, and nothing is new. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../test/harness/app.ts";
import { createBuyer } from "../../../test/harness/buyer.ts";
import { createClient } from "../../../test/harness/client.ts";
import { createPaypalBuyer } from "../../../test/harness/paypal.ts";
import { addNeighbour, OWNER } from "../../../test/harness/people.ts";
import { addSubscribed, createSubscriber, movingClock } from "../../../test/harness/subscriber.ts";

const WAIT = { timeout: 20_000 };
let t: TestApp;

beforeAll(async () => {
  t = await startTestApp({ haste: 20 });
});
afterAll(() => t.close());

const refund = async (id: unknown) => {
  const body = { payment_id: id, kind: "partial", amount_minor: 100, reason: "requested" };
  expect((await t.owner.call("POST", "/api/admin/refunds", { body })).status).toBe(202);
};
const allDone = () =>
  expect
    .poll(
      () =>
        t.sql("select id from webhooks.events where state in ('received', 'processing', 'waiting_retry')"),
      WAIT,
    )
    .toEqual([]);

async function byStripe(): Promise<void> {
  const buyer = createBuyer(t);
  const bought = await buyer.buy();
  await buyer.pay(bought.url);
  await refund((await buyer.until(bought.payment_id, { status: "succeeded", fee_minor: 59 })).id);
  await buyer.until(bought.payment_id, { refunded_minor: 100 });
  const contested = await buyer.buy();
  await buyer.pay(contested.url, "4000000000000259");
  await buyer.until(contested.payment_id, { status: "disputed" });
}

async function byPaypal(): Promise<void> {
  const buyer = createPaypalBuyer(t);
  const bought = await buyer.buy();
  await buyer.approve(bought.url);
  const paid = await buyer.until(bought.payment_id, { status: "succeeded" });
  await refund(paid.id);
  await buyer.until(bought.payment_id, { refunded_minor: 100 });
  const made = await createClient(t.sandbox.url).call("POST", "/_sandbox/paypal/disputes", {
    body: { capture_id: paid.charge_id },
  });
  expect(made.status, made.text).toBe(201);
  await buyer.until(bought.payment_id, { status: "disputed" });
}

async function plans(): Promise<void> {
  const clock = movingClock();
  await addSubscribed(t, clock, "by-stripe@example.com");
  const email = "by-paypal@example.com";
  await addNeighbour(t.sql, email);
  const who = createSubscriber(t, clock, () => t.signIn({ ...OWNER, email }), "paypal");
  const made = await who.subscribe();
  expect(made.status, made.text).toBe(201);
  await createPaypalBuyer(t).approve(String(made.body.url));
  await who.until({ status: "active" });
}

test("replaying everything that both companies told changes nothing", { timeout: 90_000 }, async () => {
  await Promise.all([byStripe(), byPaypal(), plans()]);
  await allDone();
  const made = await t.owner.call("POST", "/api/admin/replays", { body: { state: "processed" } });
  expect(made.status, made.text).toBe(201);
  const samples = made.body.samples as { result: string; changes: unknown[] }[];
  expect(samples.length).toBeGreaterThan(20);
  expect(samples.flatMap(({ changes }) => changes)).toEqual([]);
  const path = `/api/admin/replays/${String(made.body.id)}`;
  expect((await t.owner.call("POST", `${path}/run`)).status).toBe(202);
  await expect.poll(async () => (await t.owner.call("GET", path)).body.state, WAIT).toBe("done");
  expect((await t.owner.call("GET", path)).body.progress).toMatchObject({
    unchanged: made.body.total,
    changed: 0,
    failed: 0,
  });
});
