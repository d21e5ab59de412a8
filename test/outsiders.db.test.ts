/** What outsiders try and what goes wrong by itself: whatever comes in, the books are the company's in the end. */
import { randomUUID } from "node:crypto";
import { crc32 } from "node:zlib";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { withCrc } from "../sandbox/paypal/webhooks/forge.ts";
import { sign } from "./bench/webhooks/events.ts";
import { startTestApp, type TestApp } from "./harness/app.ts";
import { backfill } from "./harness/backfill.ts";
import { createBuyer, type Buyer } from "./harness/buyer.ts";
import type { Json } from "./harness/client.ts";
import { createPaypalBuyer, signForPaypal, type PaypalBuyer } from "./harness/paypal.ts";
import { addNeighbour, OWNER } from "./harness/people.ts";
import { createSubscriber, movingClock, type Subscriber } from "./harness/subscriber.ts";

vi.setConfig({ testTimeout: 60_000 });
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const POLL = { timeout: 20_000, interval: 50 };
const clock = movingClock();

let t: TestApp;
let buyer: Buyer;
let paypal: PaypalBuyer;
let people = 0;
beforeAll(async () => {
  t = await startTestApp({ clock, haste: 20 });
  buyer = createBuyer(t);
  paypal = createPaypalBuyer(t);
});
afterAll(() => t.close());
afterEach(async () => {
  clock.aheadMs = 0;
  await buyer.calm();
});

type StripeEvent = { id: string; type: string; created: number; data: { object: Json } };
/** What Stripe has of events in which this id stands, oldest first. */
async function eventsWith(id: unknown): Promise<StripeEvent[]> {
  const answer = await fetch(`${t.credentials.stripe.base_url}/v1/events?limit=100`, {
    headers: { authorization: `Bearer ${t.credentials.stripe.api_key}` },
  });
  const { data } = (await answer.json()) as { data: StripeEvent[] };
  return data.filter((event) => JSON.stringify(event.data).includes(String(id))).toReversed();
}
/** As Stripe delivers; `to` is an endpoint of its own. */
async function deliver(
  event: object,
  to = "",
  secret = t.credentials.stripe.webhook_secret,
): Promise<number> {
  const body = Buffer.from(JSON.stringify(event));
  const headers = { "stripe-signature": sign(body, secret, new Date()) };
  return (await t.anonymous.call("POST", `/webhooks/stripe${to}`, { body, headers })).status;
}
const status = async (session: string) =>
  (await t.anonymous.call("GET", `/checkout/session/${session}`)).body.status;
const drop = () => buyer.fault({ on: "webhook", fault: "drop", probability: 1 });

/** Nothing waits in the inbox, but for what is known to. */
const idle = (but = "") =>
  expect
    .poll(
      () =>
        t.sql(
          `select type, state, error_code from webhooks.events
           where state not in ('processed', 'ignored') and provider_event_id <> $1`,
          [but],
        ),
      POLL,
    )
    .toEqual([]);
/** Everything that this act moved, but for fees and where the money lies. */
async function moved(act: () => Promise<unknown>): Promise<Record<string, number>> {
  const read = async () => {
    const rows = await t.sql<{ key: string; sum: string }>(
      `select account || ' ' || unit as key, sum(balance)::text as sum from ledger.balances
       where account not like 'clearing%' and account <> 'fees' group by 1`,
    );
    return new Map(rows.map(({ key, sum }) => [key, Number(sum)]));
  };
  const before = await read();
  await act();
  const after = [...(await read())].map(([key, sum]) => [key, sum - (before.get(key) ?? 0)] as const);
  return Object.fromEntries(after.filter(([, sum]) => sum !== 0));
}
const ONE_PURCHASE = {
  "revenue usd": -1000,
  "issued credit": -1_000_000_000,
  "wallet credit": 1_000_000_000,
};

async function subscriber(): Promise<Subscriber> {
  people += 1;
  const email = `outsider${people}@example.com`;
  await addNeighbour(t.sql, email);
  return createSubscriber(t, clock, () => t.signIn({ ...OWNER, email }));
}
/** The company's name of the one subscription that is live. */
async function providerId(who: Subscriber): Promise<string> {
  const { subscription_id } = await who.current();
  const [row] = await t.sql<{ id: string }>(
    "select provider_subscription_id as id from billing.subscriptions where id = $1",
    [subscription_id],
  );
  return row?.id ?? "";
}

test("a genuine old PayPal signature on a changed body: refused, and what PayPal does not say is never posted", async () => {
  const bought = await paypal.buy();
  await paypal.approve(bought.url);
  await paypal.until(bought.payment_id, { status: "succeeded" });
  await idle();
  const { events } = (await paypal.api("GET", "/v1/notifications/webhooks-events?page_size=100")) as {
    events: Json[];
  };
  const told = events.find((event) => event.event_type === "PAYMENT.CAPTURE.COMPLETED");
  const genuine = Buffer.from(JSON.stringify(told));
  const changed = genuine.toString().replaceAll('"10.00"', '"99999.00"');
  expect(changed).not.toBe(genuine.toString());
  const old = { at: Date.now() - 70 * HOUR_MS, transmissionId: randomUUID() };
  const headers = await signForPaypal(t, genuine, old);
  const send = (body: Buffer) => t.anonymous.call("POST", "/webhooks/paypal", { body, headers });
  const nothing = await moved(async () => {
    const refused = await send(Buffer.from(changed));
    expect([refused.status, refused.body.code]).toEqual([400, "invalid_signature"]);
    // Its sum made to agree, it is the same event again: known, and applied before.
    const forged = Buffer.from(withCrc(changed, crc32(genuine)));
    expect((await send(forged)).status).toBe(200);
    // From then on the transmission belongs to these bytes.
    const late = await send(genuine);
    expect([late.status, late.body.code]).toEqual([400, "invalid_signature"]);
    // Another event under the old signature is none that PayPal knows.
    const strange = JSON.stringify({ ...told, id: "WH-0FORGED0-0FORGED0" }).replaceAll(
      '"10.00"',
      '"99999.00"',
    );
    const unknown = Buffer.from(withCrc(strange, crc32(genuine)));
    const fresh = await signForPaypal(t, genuine, { ...old, transmissionId: randomUUID() });
    const answer = await t.anonymous.call("POST", "/webhooks/paypal", { body: unknown, headers: fresh });
    expect([answer.status, answer.body.code]).toEqual([400, "invalid_signature"]);
    await idle();
  });
  expect(nothing).toEqual({});
});

test("the same event on two endpoints at once: one copy is applied, the other is ignored, money moves once", async () => {
  const secret = "whsec_a_secret_of_the_second_endpoint";
  const body = { source: "stripe", account_id: "acct_default" };
  const { body: second } = await t.owner.call("POST", "/api/admin/webhook-endpoints", { body });
  const at = `/api/admin/webhook-endpoints/${String(second.id)}`;
  await t.owner.call("POST", `${at}/secrets`, { body: { secret } });
  const other = `/${String(second.id)}`;
  const probe = { id: "evt_probe", type: "plan.created", created: 1_900_000_000, livemode: false };
  await expect
    .poll(
      () => deliver({ ...probe, object: "event", data: { object: { id: "plan_1" } } }, other, secret),
      POLL,
    )
    .toBe(200);
  await drop();
  const bought = await buyer.buy();
  await buyer.pay(bought.url);
  const events = await eventsWith(bought.payment_id);
  expect(events.length).toBeGreaterThan(3);
  const once = await moved(async () => {
    const answers = await Promise.all(
      events.flatMap((event) => [
        deliver(event),
        deliver(event, other, secret),
        deliver(event),
        deliver(event, other, secret),
      ]),
    );
    expect(new Set(answers)).toEqual(new Set([200]));
    await buyer.until(bought.payment_id, { status: "succeeded" });
    await idle();
  });
  expect(once).toEqual(ONE_PURCHASE);
  const rows = await t.sql<{ id: string; rows: number; copies: number }>(
    `select provider_event_id as id, count(*)::int as rows, count(*) filter (where error_code = 'copy')::int as copies
     from webhooks.events where provider_event_id = any($1) group by 1`,
    [events.map(({ id }) => id)],
  );
  expect(rows.map(({ rows: all, copies }) => [all, copies])).toEqual(events.map(() => [2, 1]));
  await t.owner.call("DELETE", at);
});

test("an event for an object that was deleted brings nothing back to life, whenever it comes", async () => {
  const who = await subscriber();
  const { body } = await who.subscribe();
  await who.buyer.pay(String(body.url));
  await who.until({ status: "active" });
  const id = await providerId(who);
  await idle();
  const alive = (await eventsWith(id)).filter(({ type }) => type.startsWith("customer.subscription."));
  await buyer.stripe(`/subscriptions/${id}`, { "metadata[note]": "the last words" });
  expect((await who.call("POST", "/api/subscriptions/cancel", { at: "now" })).body.status).toBe("canceled");
  await idle();
  const gone = (await eventsWith(id)).find(({ type }) => type === "customer.subscription.deleted");
  expect(gone).toBeDefined();
  const nothing = await moved(async () => {
    for (const [n, event] of alive.entries())
      for (const created of [event.created, gone?.created ?? 0, (gone?.created ?? 0) + 30]) {
        const again = { ...event, id: `evt_after_all_${n}_${created}`, created };
        expect(await deliver(again)).toBe(200);
      }
    // Nor does what was never there: it is waited for, as for what is made a moment later.
    const [like] = alive;
    const strange = { ...like?.data.object, id: "sub_never_made" };
    expect(await deliver({ ...like, id: "evt_of_nothing", data: { object: strange } })).toBe(200);
    await idle("evt_of_nothing");
  });
  expect(nothing).toEqual({});
  expect(await who.current()).toMatchObject({ status: "canceled", access: "free" });
  const told = "where provider_event_id = 'evt_of_nothing'";
  expect(await t.sql(`select state, error_code from webhooks.events ${told}`)).toEqual([
    { state: "waiting_retry", error_code: "missing_parent" },
  ]);
  await t.sql(`update webhooks.events set state = 'ignored' ${told}`);
  const made = "select 1 from billing.subscriptions where provider_subscription_id = 'sub_never_made'";
  expect(await t.sql(made)).toEqual([]);
});

test("the checkout's return racing the webhook: one charge, delivered once", async () => {
  await drop();
  const bought = await buyer.buy();
  await buyer.pay(bought.url);
  const events = await eventsWith(bought.payment_id);
  const once = await moved(async () => {
    const returns = Array.from({ length: 10 }, () => status(bought.session_id));
    const deliveries = [...events, ...events.toReversed()].map((event) => deliver(event));
    const answers = await Promise.all([...returns, ...deliveries]);
    expect(answers.slice(10).every((answer) => answer === 200)).toBe(true);
    await expect.poll(() => status(bought.session_id), POLL).toBe("paid");
    await idle();
  });
  expect(once).toEqual(ONE_PURCHASE);
});

test.each([
  ["ahead", 10],
  ["behind", -10],
])(
  "the machine's clock off by ten minutes, %s: what it refuses comes once it is right, and once",
  async (_name, minutes) => {
    const who = await subscriber();
    clock.aheadMs = minutes * MINUTE_MS;
    const made = await who.subscribe();
    const all = await moved(async () => {
      const [card, wallet] = [await buyer.buy(), await paypal.buy()];
      await buyer.pay(card.url);
      await paypal.approve(wallet.url);
      await who.buyer.pay(String(made.body.url));
      // Deliveries are refused, so that the buyers' returns are the first to tell.
      await expect.poll(() => status(card.session_id), { ...POLL, interval: 300 }).toBe("paid");
      await expect.poll(() => status(wallet.session_id), { ...POLL, interval: 300 }).toBe("paid");
      await expect.poll(() => status(String(made.body.session_id)), { ...POLL, interval: 300 }).toBe("paid");
      clock.aheadMs = 0;
      await backfill(t);
      await backfill(t, "paypal_default");
      await idle();
    });
    const plan = 2_000_000_000;
    expect(all).toEqual({
      "revenue usd": -1000 - 1000 - 2900,
      "issued credit": -2_000_000_000 - plan,
      "wallet credit": 2_000_000_000 + plan,
      "recurring usd": 2900,
      "memo usd": -2900,
    });
    // What was written by the wrong clock does not keep the company's next word from counting.
    await buyer.stripe(`/subscriptions/${await providerId(who)}`, { cancel_at_period_end: "true" });
    expect(await who.until({ cancel_at_period_end: true })).toMatchObject({ status: "active" });
  },
);
