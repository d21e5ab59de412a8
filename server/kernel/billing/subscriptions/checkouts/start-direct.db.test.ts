import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { startTestApp, type TestApp } from "../../../../../test/harness/app.ts";
import { createBuyer, type Buyer } from "../../../../../test/harness/buyer.ts";
import type { Json } from "../../../../../test/harness/client.ts";
import { addPayer, keepCard, type Payer } from "../../../../../test/harness/payer.ts";
import { OWNER } from "../../../../../test/harness/people.ts";
import { PLANS_WITHOUT_GIFTS } from "../../../../../test/harness/plans.ts";

vi.setConfig({ testTimeout: 60_000 });
const POLL = { timeout: 20_000, interval: 50 };
/** For what may be asked 30 times a minute, and asks the company itself after 2 s. */
const SELDOM = { timeout: 20_000, interval: 500 };
/** Three tries, each made twice by the SDK when a kept connection turns out to be closed. */
const TRIES = 6;
const [GOOD, BAD, ASKS] = ["pm_card_visa", "pm_card_chargeCustomerFail", "pm_card_authenticationRequired"];
let t: TestApp;
let buyer: Buyer;
let people = 0;

beforeAll(async () => {
  t = await startTestApp({ haste: 20, env: { PLANS: PLANS_WITHOUT_GIFTS } });
  buyer = createBuyer(t);
});
afterAll(() => t.close());
afterEach(() => buyer.calm());

const person = (): Promise<Payer> => addPayer(t, `direct${(people += 1)}@example.com`);
const subscribe = (who: Payer, card: string | undefined, more: Json = {}) =>
  who.call("POST", "/api/subscriptions/subscribe", {
    body: { plan_key: "pro", interval: "month", ...(card ? { payment_method_id: card } : {}), ...more },
  });
const current = async (who: Payer) => (await who.call("GET", "/api/subscriptions/current")).body;
const becomes = (who: Payer, wanted: Json) => expect.poll(() => current(who), POLL).toMatchObject(wanted);
const payment = async (who: Payer, { id }: Json) =>
  (await who.call("GET", `/api/payments/${String(id)}`)).body;
const confirm = (who: Payer, { id }: Json, method?: string) =>
  who.call("POST", `/api/payments/intents/${String(id)}/confirm`, {
    body: method ? { payment_method_id: method } : {},
  });
/** Begins with a card, which must be taken as begun. */
async function begun(alias: string, more: Json = {}) {
  const who = await person();
  const card = await keepCard(t, buyer, who, alias);
  const { status, body, text } = await subscribe(who, card, more);
  expect(status, text).toBe(201);
  return { who, card, body, paid: body.payment as Json };
}
/** The bank's page, as the company serves it; where it sends its visitor back to. */
async function answersBank({ next_action }: Json, outcome: "complete" | "fail"): Promise<URL> {
  const { url } = next_action as { url: string };
  const body = new URLSearchParams({ outcome });
  const answer = await fetch(url, { method: "POST", body, redirect: "manual" });
  return new URL(answer.headers.get("location") ?? "about:blank");
}
/** What the organization's book holds of what was sold. */
async function book({ org }: Payer): Promise<Json> {
  const rows = await t.sql<{ key: string; sum: string }>(
    `select account || ' ' || unit as key, sum(amount)::text as sum from ledger.entries
     where org_id = $1 and account in ('wallet', 'revenue', 'receivable') group by 1 having sum(amount) <> 0`,
    [org],
  );
  return Object.fromEntries(rows.map(({ key, sum }) => [key, Number(sum)]));
}
const SOLD = { "revenue usd": -2_900, "wallet credit": 2_000_000_000 };
/** As the company has them: its subscription, and the intent that pays its first invoice. */
async function atStripe({ org }: Payer) {
  const [ids] = await t.sql<{ subscription: string; intent: string }>(
    `select s.provider_subscription_id as subscription, p.intent_id as intent
     from billing.subscriptions s join billing.invoices i on i.org_id = s.org_id and i.subscription_id = s.id
     join billing.payments p on p.org_id = i.org_id and p.invoice_id = i.id where s.org_id = $1`,
    [org],
  );
  const { base_url, api_key } = t.credentials.stripe;
  const read = async (path: string) =>
    (await (
      await fetch(`${base_url}/v1/${path}`, { headers: { authorization: `Bearer ${api_key}` } })
    ).json()) as Json;
  return {
    subscription: await read(`subscriptions/${ids?.subscription}`),
    intent: await read(`payment_intents/${ids?.intent}`),
  };
}

test("a card that is not asked about begins the plan in the answer, charged once", async () => {
  const { who, body, paid } = await begun(GOOD);
  expect(body).toMatchObject({ status: "active" });
  expect(body.url).toMatch(/\/billing$/);
  expect(paid).toMatchObject({ status: "succeeded", purpose: "invoice", amount_minor: 2_900 });
  expect(await current(who)).toMatchObject({ status: "active", access: "plan" });
  expect(await book(who)).toEqual(SOLD);
});

test("a trial by a kept card begins with nothing to pay", async () => {
  const { who, body } = await begun(ASKS, { trial: true });
  expect(body).toMatchObject({ status: "trialing", payment: null });
  await expect.poll(() => book(who), POLL).toEqual({ "wallet credit": 500_000_000 });
});

test("3DS in place, two tabs: one subscription waits with its payment, and a webhook begins it", async () => {
  const { who, card, body, paid } = await begun(ASKS);
  expect(body).toMatchObject({ status: "incomplete" });
  expect(paid).toMatchObject({ status: "requires_action", tries_left: 2, next_action: { type: "redirect" } });
  expect(paid.client_secret).toMatch(/^pi_.*_secret_/);
  expect(body.url).toBe((paid.next_action as Json).url);
  expect(await current(who)).toMatchObject({
    status: "incomplete",
    access: "free",
    checkout_url: paid.pay_url,
  });
  for (const method of [card, undefined])
    expect((await subscribe(who, method)).body).toMatchObject({
      status: 409,
      code: "checkout_open",
      checkout_url: paid.pay_url,
    });
  expect(await book(who)).toEqual({});
  await answersBank(paid, "complete");
  await becomes(who, { status: "active", access: "plan", checkout_url: null });
  await expect.poll(() => book(who), POLL).toEqual(SOLD);
  expect((await subscribe(who, card)).body).toMatchObject({ code: "already_subscribed" });
});

test("3DS after the browser closed: the mail leads to /pay, and the return begins the plan without any event", async () => {
  const { who, paid } = await begun(ASKS);
  await buyer.fault({ on: "webhook", fault: "drop", probability: 1 });
  await t.sql("update billing.intents set acted_at = acted_at - interval '6 minutes' where payment_id = $1", [
    paid.id,
  ]);
  const mail = await t.mailbox(who.email);
  expect(mail.links.some((link) => new URL(link).pathname === `/pay/${String(paid.id)}`)).toBe(true);
  // Another browser, another session.
  const later = { ...who, ...(await t.signIn({ ...OWNER, email: who.email })) };
  const again = (await confirm(later, paid)).body;
  expect(again).toMatchObject({ id: paid.id, status: "requires_action" });
  const back = await answersBank(again, "complete");
  expect([back.pathname, back.searchParams.get("redirect_status")]).toEqual([
    `/pay/${String(paid.id)}`,
    "succeeded",
  ]);
  await expect
    .poll(async () => (await later.call("GET", `/checkout/session/${String(paid.id)}`)).body, SELDOM)
    .toMatchObject({ status: "paid" });
  await becomes(later, { status: "active" });
  expect(await book(who)).toEqual(SOLD);
});

test("3DS abandoned: after 23 hours it ends at the company and here, grants nothing, and makes room", async () => {
  const { who, body, paid } = await begun(ASKS);
  expect(Date.parse(String(body.expires_at)) - Date.now()).toBeGreaterThan(22 * 3_600_000);
  await t.sql(
    "update billing.subscriptions set session_expires_at = session_expires_at - interval '23 hours 2 minutes' where id = $1",
    [body.subscription_id],
  );
  await becomes(who, { status: "canceled", access: "free" });
  // Its invoice ends the plan; its intent is asked for after that.
  await expect.poll(() => payment(who, paid), POLL).toMatchObject({ status: "canceled" });
  const there = await atStripe(who);
  expect(there).toMatchObject({
    subscription: { status: "incomplete_expired" },
    intent: { status: "canceled" },
  });
  expect(await book(who)).toEqual({});
  expect((await subscribe(who, undefined)).status).toBe(201);
});

test("3DS answered in the last moment, its events lost: the fetched success wins over the giving up", async () => {
  const { who, body, paid } = await begun(ASKS);
  await buyer.fault({ on: "webhook", fault: "drop", probability: 1 });
  await answersBank(paid, "complete");
  await t.sql(
    "update billing.subscriptions set session_expires_at = session_expires_at - interval '23 hours 2 minutes' where id = $1",
    [body.subscription_id],
  );
  await becomes(who, { status: "active" });
  expect(await payment(who, paid)).toMatchObject({ status: "succeeded" });
  expect(await book(who)).toEqual(SOLD);
});

test("decline, then success: another card pays the same payment, and the periods to come", async () => {
  const { who, body, paid } = await begun(BAD);
  expect(body).toMatchObject({ status: "incomplete", url: paid.pay_url });
  expect(paid).toMatchObject({ status: "requires_payment_method", failure_code: "generic_decline" });
  const good = await keepCard(t, buyer, who, GOOD);
  expect((await confirm(who, paid, good)).body).toMatchObject({ status: "succeeded" });
  expect(await current(who)).toMatchObject({ status: "active" });
  expect(await book(who)).toEqual(SOLD);
  const charged = async (id: string) => {
    const [row] = await t.sql<{ card: string }>(
      "select provider_method_id as card from billing.payment_methods where id = $1",
      [id],
    );
    return (await atStripe(who)).subscription.default_payment_method === row?.card;
  };
  expect(await charged(good)).toBe(true);
  // Whoever makes another card the default means the plan as well.
  const other = await keepCard(t, buyer, who, "pm_card_mastercard");
  expect((await who.call("PUT", `/api/payment-methods/${other}/default`)).status).toBe(200);
  expect(await charged(other)).toBe(true);
});

test("three refusals, or its owner giving it up: the plan never begins, here and at the company", async () => {
  const { who, paid } = await begun(BAD);
  expect((await confirm(who, paid)).body).toMatchObject({ tries_left: 1 });
  expect((await confirm(who, paid)).body).toMatchObject({ status: "canceled", tries_left: 0 });
  expect(await current(who)).toMatchObject({ status: "canceled" });
  expect(await atStripe(who)).toMatchObject({
    subscription: { status: "incomplete_expired" },
    intent: { status: "canceled" },
  });
  for (const end of [
    (one: Payer, id: string) => one.call("POST", `/api/payments/intents/${id}/cancel`),
    (one: Payer) => one.call("POST", "/api/subscriptions/cancel", { body: {} }),
  ]) {
    const left = await begun(ASKS);
    const ended = await end(left.who, String(left.paid.id));
    expect(ended.body, ended.text).toMatchObject({ status: "canceled" });
    expect(await current(left.who)).toMatchObject({ status: "canceled" });
    expect((await atStripe(left.who)).intent).toMatchObject({ status: "canceled" });
    expect(await book(left.who)).toEqual({});
  }
});

test("cut off between the subscription and its payment: 503, then the same operation carries it on, charged once", async () => {
  const who = await person();
  const card = await keepCard(t, buyer, who, GOOD);
  const match = { method: "POST", path: "*/confirm" };
  await buyer.fault({ match, fault: "reset", effect: "none", times: TRIES });
  expect((await subscribe(who, card)).status).toBe(503);
  expect(await current(who)).toMatchObject({ status: "incomplete", access: "free" });
  await buyer.calm();
  await t.sql(
    "update billing.subscriptions set created_at = created_at - interval '2 minutes' where org_id = $1",
    [who.org],
  );
  await becomes(who, { status: "active" });
  expect(await book(who)).toEqual(SOLD);
});
