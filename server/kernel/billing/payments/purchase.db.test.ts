import { setTimeout as delay } from "node:timers/promises";
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../../test/harness/app.ts";
import { backfill } from "../../../../test/harness/backfill.ts";
import { createBuyer, type Buyer } from "../../../../test/harness/buyer.ts";
import { chargeSucceeded, sign } from "../../../../test/bench/webhooks/events.ts";
import type { Json } from "../../../../test/harness/client.ts";

let t: TestApp;
let buyer: Buyer;

beforeAll(async () => {
  t = await startTestApp({ haste: 20 });
  buyer = createBuyer(t);
});
afterAll(() => t.close());
afterEach(() => buyer.calm());

const CREDITS = 1_000_000_000n;

/** Sum of entries per account and unit; of one payment when its references are given. */
async function sums(): Promise<Record<string, bigint>> {
  const rows = await t.sql<{ key: string; sum: string }>(
    "select account || ' ' || unit as key, sum(amount)::text as sum from ledger.entries group by 1",
  );
  return Object.fromEntries(rows.map(({ key, sum }) => [key, BigInt(sum)]));
}
async function moved(act: () => Promise<unknown>): Promise<Record<string, bigint>> {
  const before = await sums();
  await act();
  const after = await sums();
  const keys = Object.keys(after).filter((key) => after[key] !== (before[key] ?? 0n));
  return Object.fromEntries(keys.map((key) => [key, (after[key] ?? 0n) - (before[key] ?? 0n)]));
}
const idle = () =>
  expect
    .poll(
      () =>
        t.sql("select id from webhooks.events where state in ('received', 'processing', 'waiting_retry')"),
      { timeout: 15_000 },
    )
    .toEqual([]);

/** A genuine event made here, since the sandbox never does this. */
async function deliver(event: Json): Promise<void> {
  const id = `evt_${randomUUID().replaceAll("-", "")}`;
  const body = Buffer.from(JSON.stringify({ id, object: "event", livemode: false, ...event }));
  const headers = { "stripe-signature": sign(body, t.credentials.stripe.webhook_secret, new Date()) };
  expect((await t.anonymous.call("POST", "/webhooks/stripe", { body, headers })).status).toBe(200);
}

async function buyAndPay(
  who = buyer,
): Promise<{ payment_id: string; url: string; session_id: string; row: Json }> {
  const bought = await who.buy();
  await buyer.pay(bought.url);
  return { ...bought, row: await buyer.until(bought.payment_id, { status: "succeeded", fee_minor: 59 }) };
}

test("a paid checkout becomes cash, a fee and credits, each once; replaying its events changes nothing", async () => {
  let id = "";
  expect(
    await moved(async () => {
      id = (await buyAndPay()).payment_id;
    }),
  ).toEqual({
    "clearing:acct_default usd": 941n,
    "fees usd": 59n,
    "revenue usd": -1000n,
    "issued credit": -CREDITS,
    "wallet credit": CREDITS,
  });
  await idle();
  const rows = () => t.sql("select * from billing.payments where id = $1", [id]);
  const before = await rows();
  const again = await moved(async () => {
    const events = await t.sql<{ id: string }>("select id from webhooks.events where state = 'processed'");
    expect(events.length).toBeGreaterThanOrEqual(4);
    for (const event of events)
      expect((await t.owner.call("POST", `/api/admin/events/${event.id}/replay`)).status).toBe(202);
    await idle();
  });
  expect(again).toEqual({});
  expect(await rows()).toEqual(before);
});

test("the same Idempotency-Key finds the same payment and session", async () => {
  const call = () =>
    t.owner.call("POST", "/api/credits/purchase", { body: { pack_key: "team" }, idempotencyKey: "twice" });
  const [first, second] = [await call(), await call()];
  expect(first.status, first.text).toBe(201);
  expect(second.body).toEqual(first.body);
  expect(second.headers.get("idempotency-replayed")).toBe("true");
  expect(await t.sql("select id from billing.payments where pack_key = 'team'")).toHaveLength(1);
});

test("a decline delivers nothing, and the next card on the same page pays", async () => {
  const bought = await buyer.buy();
  const nothing = await moved(async () => {
    await buyer.pay(bought.url, "4000000000009995");
    await buyer.until(bought.payment_id, { failure_code: "insufficient_funds" });
  });
  expect(nothing).toEqual({ "declined:insufficient_funds usd": 1000n, "memo usd": -1000n });
  expect(await buyer.payment(bought.payment_id)).toMatchObject({ status: "requires_payment_method" });
  await buyer.pay(bought.url);
  await buyer.until(bought.payment_id, { status: "succeeded", failure_code: null });
});

test("3-D Secure: failed, then completed", async () => {
  const bought = await buyer.buy();
  expect(await buyer.pay(bought.url, "4000002760003184")).toMatchObject({ requires_action: true });
  await buyer.until(bought.payment_id, { status: "requires_action" });
  await buyer.authenticate(bought.url, "fail");
  await buyer.until(bought.payment_id, { status: "requires_payment_method" });
  await buyer.pay(bought.url, "4000002760003184");
  await buyer.authenticate(bought.url, "complete");
  await buyer.until(bought.payment_id, { status: "succeeded" });
});

test("an expired session cancels the payment; its holder is told", async () => {
  const bought = await buyer.buy();
  await buyer.stripe(`/checkout/sessions/${bought.session_id}/expire`);
  await buyer.until(bought.payment_id, { status: "canceled", failure_code: "expired" });
  const { body } = await t.anonymous.call("GET", `/checkout/session/${bought.session_id}`);
  expect(body).toEqual({
    status: "expired",
    amount_minor: 1000,
    currency: "usd",
    purpose: "credits",
    provider: "stripe",
  });
});

test("refunds made at Stripe take credits back in the same proportion", async () => {
  const { payment_id, row } = await buyAndPay();
  const part = await moved(async () => {
    await buyer.stripe("/refunds", { charge: String(row.charge_id), amount: "250" });
    await buyer.until(payment_id, { status: "partially_refunded", refunded_minor: 250 });
  });
  expect(part).toEqual({
    "clearing:acct_default usd": -250n,
    "refunds usd": 250n,
    "clawback credit": CREDITS / 4n,
    "wallet credit": -CREDITS / 4n,
  });
  const rest = await moved(async () => {
    await buyer.stripe("/refunds", { charge: String(row.charge_id) });
    await buyer.until(payment_id, { status: "refunded", refunded_minor: 1000, refundable_minor: 0 });
  });
  expect(rest).toMatchObject({ "refunds usd": 750n, "wallet credit": (-CREDITS * 3n) / 4n });
});

test("a refund that fails gives the credits again, and the one made after it takes them all", async () => {
  // Ten purchases a minute are each person's limit.
  const { payment_id, row } = await buyAndPay(createBuyer(t, await t.member("owner")));
  const told = async (id: string, amount: number, status: string) => {
    const created = Math.floor(Date.now() / 1000);
    const { charge_id: charge, intent_id: payment_intent } = row;
    const object = { id, object: "refund", amount, charge, created, currency: "usd", payment_intent, status };
    await deliver({
      type: `refund.${status === "failed" ? "failed" : "created"}`,
      created,
      data: { object },
    });
  };
  const all = await moved(async () => {
    await told("re_lost_1", 700, "succeeded");
    await buyer.until(payment_id, { refunded_minor: 700 });
    await told("re_lost_1", 700, "failed");
    await buyer.until(payment_id, { refunded_minor: 0, status: "succeeded" });
    await told("re_lost_2", 1000, "succeeded");
    await buyer.until(payment_id, { refunded_minor: 1000, status: "refunded" });
  });
  expect(all).toEqual({
    "clearing:acct_default usd": -1000n,
    "refunds usd": 1000n,
    "clawback credit": CREDITS,
    "wallet credit": -CREDITS,
  });
});

test("every event lost: the buyer's return delivers, the list of events brings the rest, once", async () => {
  const bought = await buyer.buy();
  await buyer.fault({ on: "webhook", fault: "drop" });
  const all = await moved(async () => {
    await buyer.pay(bought.url);
    await expect
      .poll(
        async () => (await t.anonymous.call("GET", `/checkout/session/${bought.session_id}`)).body.status,
        {
          timeout: 10_000,
          interval: 500,
        },
      )
      .toBe("paid");
    const row = await buyer.payment(bought.payment_id);
    await buyer.stripe("/refunds", { charge: String(row.charge_id), amount: "100" });
    expect(Number((await backfill(t)).new)).toBeGreaterThanOrEqual(3);
    await buyer.until(bought.payment_id, { refunded_minor: 100, fee_minor: 59 });
    await idle();
  });
  expect(all).toMatchObject({
    "revenue usd": -1000n,
    "refunds usd": 100n,
    "wallet credit": CREDITS - CREDITS / 10n,
  });
  // The charge's own update may come a moment after its payment.
  await expect.poll(async () => (await backfill(t)).new, { timeout: 10_000, interval: 500 }).toBe(0);
  const again = await backfill(t);
  expect(again).toMatchObject({ new: 0, known: again.listed });
});

test("duplicated, reordered and delayed events end in the same books", async () => {
  await buyer.fault({ on: "webhook", fault: "duplicate", params: { n: 3 } });
  await buyer.fault({ on: "webhook", fault: "reorder", params: { window_ms: 300 } });
  const all = await moved(async () => {
    await buyAndPay();
    await idle();
  });
  expect(all).toMatchObject({ "revenue usd": -1000n, "fees usd": 59n, "wallet credit": CREDITS });
});

test("a genuine event of another amount is dead and delivers nothing", async () => {
  const bought = await buyer.buy();
  const body = chargeSucceeded({
    holdfastId: bought.payment_id,
    amountMinor: 1,
    currency: "usd",
    at: new Date(),
  });
  const nothing = await moved(async () => {
    const signature = sign(body, t.credentials.stripe.webhook_secret, new Date());
    await t.anonymous.call("POST", "/webhooks/stripe", { body, headers: { "stripe-signature": signature } });
    await expect
      .poll(async () => (await t.owner.call("GET", "/api/admin/dead-letters")).body.data)
      .toMatchObject([{ type: "charge.succeeded", error_code: "amount_mismatch", count: 1 }]);
  });
  expect(nothing).toEqual({});
  expect(await buyer.payment(bought.payment_id)).toMatchObject({ status: "requires_payment_method" });
});

test("what others sell on the same account is ignored", async () => {
  const nothing = await moved(async () => {
    const intent = await buyer.stripe("/payment_intents", {
      amount: "2000",
      currency: "usd",
      confirm: "true",
      payment_method: "pm_card_visa",
      "automatic_payment_methods[enabled]": "true",
      "automatic_payment_methods[allow_redirects]": "never",
    });
    await buyer.stripe("/refunds", { payment_intent: String(intent.id) });
    await expect
      .poll(() =>
        t.sql(
          "select distinct state, error_code from webhooks.events where type = 'refund.created' and root = $1",
          [intent.id],
        ),
      )
      .toEqual([{ state: "ignored", error_code: "not_ours" }]);
    await idle();
  });
  expect(nothing).toEqual({});
});

test("a buyer who paid another amount than was sold is told how it stands, and nothing is delivered", async () => {
  const bought = await createBuyer(t, await t.member("owner")).buy();
  await t.sql("update billing.payments set amount_minor = 999 where id = $1", [bought.payment_id]);
  await buyer.fault({ on: "webhook", fault: "drop" });
  const nothing = await moved(async () => {
    await buyer.pay(bought.url);
    await t.sql("update billing.payments set as_of = as_of - interval '1 minute' where id = $1", [
      bought.payment_id,
    ]);
    const { status, body } = await t.anonymous.call("GET", `/checkout/session/${bought.session_id}`);
    expect([status, body.status]).toEqual([200, "open"]);
  });
  expect(nothing).toEqual({});
});

test("who is back while Stripe does not answer is told what we know, and that it is paid once its event has come", async () => {
  const bought = await createBuyer(t, await t.member("owner")).buy();
  await t.sql("update billing.payments set as_of = as_of - interval '1 minute' where id = $1", [
    bought.payment_id,
  ]);
  const match = { method: "GET", path: "*/checkout/sessions/*" };
  await buyer.fault({ match, fault: "timeout", params: { ms: 60_000 }, times: 1 });
  const status = () => t.anonymous.call("GET", `/checkout/session/${bought.session_id}`);
  // Sooner than Stripe's own deadline of ten seconds; nothing waits for it afterwards.
  const deadline = delay(9_000, "deadline", { ref: false });
  expect(await Promise.race([status(), deadline])).toMatchObject({ status: 200, body: { status: "open" } });
  await buyer.pay(bought.url);
  await buyer.until(bought.payment_id, { status: "succeeded" });
  expect((await status()).body.status).toBe("paid");
});
