import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startTestApp, type TestApp } from "../../../../../test/harness/app.ts";
import type { Json } from "../../../../../test/harness/client.ts";
import { createPaypalBuyer, type PaypalBuyer } from "../../../../../test/harness/paypal.ts";
import { addNeighbour, OWNER } from "../../../../../test/harness/people.ts";
import { createSubscriber, movingClock, type Subscriber } from "../../../../../test/harness/subscriber.ts";
import { PLANS_WITHOUT_GIFTS } from "../../../../../test/harness/plans.ts";

vi.setConfig({ testTimeout: 120_000 });
const POLL = { timeout: 30_000, interval: 500 };
const clock = movingClock();

let t: TestApp;
let paypal: PaypalBuyer;
let people = 0;
beforeAll(async () => {
  t = await startTestApp({ clock, env: { PLANS: PLANS_WITHOUT_GIFTS } });
  paypal = createPaypalBuyer(t);
});
afterAll(() => t.close());

type Person = Subscriber & { wallet: string; session: string; org: string };
async function subscribed(body: Json = {}): Promise<Person> {
  people += 1;
  const email = `long${people}@example.com`;
  const wallet = `approve+long${people}@sandbox.test`;
  await addNeighbour(t.sql, email);
  const who = createSubscriber(t, clock, () => t.signIn({ ...OWNER, email }), "paypal");
  const made = await who.subscribe(body);
  if (made.status !== 201) throw new Error(made.text);
  await paypal.approve(String(made.body.url), wallet);
  await who.until({ access: "plan" });
  const [row] = await t.sql<{ org_id: string }>("select org_id from billing.subscriptions where id = $1", [
    made.body.subscription_id,
  ]);
  return { ...who, wallet, session: String(made.body.session_id), org: row?.org_id ?? "" };
}
const at = (who: Person) => paypal.api("GET", `/v1/billing/subscriptions/${who.session}`);
const paid = async (who: Person) =>
  (await who.invoices())
    .map(({ reason, paid_minor }) => ({ reason, paid_minor }))
    .filter(({ paid_minor }) => paid_minor !== 0);

test("three failures, then paid: grace, the free plan's limits, and the plan again at once", async () => {
  const who = await subscribed();
  await paypal.renewals(who.wallet, "fail");
  await who.advance(32);
  expect(await who.until({ status: "past_due" })).toMatchObject({
    access: "grace",
    plan: { key: "pro" },
    grace: { failed_payments: 1, max_failed_payments: 3 },
  });
  await who.advance(5);
  await who.advance(5);
  expect(await who.until({ status: "suspended" })).toMatchObject({
    access: "free",
    plan: { key: "free" },
    grace: { failed_payments: 3 },
  });
  expect(await at(who)).toMatchObject({ status: "SUSPENDED" });
  const refused = await who.call("POST", "/api/subscriptions/reactivate");
  expect([refused.status, refused.body.code]).toEqual([502, "provider_refused"]);
  await paypal.renewals(who.wallet, "pay");
  // The money was taken and the answer lost: whoever asks again, under whatever key, takes it no second time.
  const match = { method: "POST", path: "*/capture" };
  await paypal.fault({ match, fault: "reset", effect: "done", times: 3 });
  expect((await who.call("POST", "/api/subscriptions/reactivate")).status).toBe(503);
  const back = await who.call("POST", "/api/subscriptions/reactivate");
  expect(back.body).toMatchObject({ status: "active", access: "plan", grace: null });
  expect(await at(who)).toMatchObject({ status: "ACTIVE" });
  expect(await paid(who)).toEqual([
    { reason: "cycle", paid_minor: 2_900 },
    { reason: "create", paid_minor: 2_900 },
  ]);
});

test("trial end without a way to pay: late at once, the plan for its grace, then ended after 30 days", async () => {
  const who = await subscribed({ trial: true });
  await paypal.renewals(who.wallet, "fail");
  await who.advance(14.25);
  expect(await who.until({ status: "past_due" })).toMatchObject({ access: "grace" });
  await who.advance(5);
  await who.advance(5);
  await who.until({ status: "suspended" });
  await who.advance(31);
  expect(await who.until({ status: "canceled" })).toMatchObject({ access: "free" });
  expect(await at(who)).toMatchObject({ status: "CANCELLED" });
  expect(await paid(who)).toEqual([]);
});

test("a trial that ends is paid for, and its period's credits take the place of the trial's", async () => {
  const who = await subscribed({ trial: true });
  await who.advance(11.5);
  const told = () =>
    t.sql("select 1 from mail.outbox where org_id = $1 and kind = 'billing.trial_ending'", [who.org]);
  await expect.poll(told, POLL).toHaveLength(1);
  await who.advance(2.75);
  expect(await who.until({ status: "active" })).toMatchObject({ access: "plan" });
  await expect.poll(() => paid(who), POLL).toEqual([{ reason: "cycle", paid_minor: 2_900 }]);
  const [row] = await t.sql<{ balance: string }>(
    "select balance::text from ledger.balances where org_id = $1 and account = 'wallet' and unit = 'credit'",
    [who.org],
  );
  expect(row?.balance).toBe("2000000000");
});

test("cancel in trial: the trial goes on to its end, nothing is ever charged, and it ends by our clock", async () => {
  const who = await subscribed({ trial: true });
  const { body } = await who.call("POST", "/api/subscriptions/cancel", {});
  expect(body).toMatchObject({ status: "trialing", cancel_at_period_end: true, access: "plan" });
  await who.advance(14.25);
  expect(await who.until({ status: "canceled" })).toMatchObject({ access: "free" });
  expect(await at(who)).toMatchObject({ status: "CANCELLED" });
  expect(await paid(who)).toEqual([]);
  expect((await who.call("POST", "/api/subscriptions/reactivate")).body.code).toBe("subscribe_again");
});

test("a cheaper plan that was agreed to begins with the next period, at its price and with its credits", async () => {
  const who = await subscribed({ plan_key: "enterprise" });
  const wanted = { plan_key: "pro", interval: "month", quantity: 1 };
  const preview = await who.call("POST", "/api/subscriptions/preview", wanted);
  const order = { ...wanted, preview_id: preview.body.preview_id };
  const answer = await who.call("PUT", "/api/subscriptions/downgrade", order);
  await paypal.approve(String((answer.body.next_action as Json | null)?.url), who.wallet);
  const scheduled = async () => (await who.current()).scheduled_change;
  await expect.poll(scheduled, { timeout: 60_000, interval: 500 }).toMatchObject({ plan_key: "pro" });
  await who.advance(32);
  expect(await who.until({ subscribed_plan: "pro" })).toMatchObject({
    scheduled_change: null,
    amount_minor: 2_900,
  });
  await expect.poll(async () => (await paid(who))[0], POLL).toEqual({ reason: "cycle", paid_minor: 2_900 });
});
