/** What customers' endpoints are told of subscriptions, their invoices and credits; and what their owners are mailed ahead. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startTestApp, type TestApp } from "../../../../../test/harness/app.ts";
import type { Json } from "../../../../../test/harness/client.ts";
import { addNeighbour, OWNER } from "../../../../../test/harness/people.ts";
import { createSubscriber, movingClock, type Subscriber } from "../../../../../test/harness/subscriber.ts";
import { PLANS_WITHOUT_GIFTS } from "../../../../../test/harness/plans.ts";

vi.setConfig({ testTimeout: 90_000 });
const POLL = { timeout: 30_000, interval: 200 };
const clock = movingClock();
let t: TestApp;
let people = 0;

beforeAll(async () => {
  t = await startTestApp({ clock, env: { PLANS: PLANS_WITHOUT_GIFTS } });
});
afterAll(() => t.close());

type Person = Subscriber & { email: string };
/** Somebody with an endpoint for everything, who has begun to subscribe. */
async function subscribed(body: Json = {}): Promise<Person> {
  people += 1;
  const email = `hears${people}@example.com`;
  await addNeighbour(t.sql, email);
  const who = { email, ...createSubscriber(t, clock, () => t.signIn({ ...OWNER, email })) };
  const url = `${t.sandbox.url}/customer-app/default/hooks/${email.split("@")[0]}`;
  const known = (await who.call("GET", "/api/outbound/event-types")).body.data as { type: string }[];
  const made = await who.call("POST", "/api/outbound/endpoints", {
    url,
    types: known.map(({ type }) => type),
  });
  if (made.status !== 201) throw new Error(made.text);
  const begun = await who.subscribe(body);
  if (begun.status !== 201) throw new Error(begun.text);
  await who.buyer.pay(String(begun.body.url));
  return who;
}
type Told = { type: string; object_version: number; object: Json };
const told = async ({ email }: Person): Promise<Told[]> => {
  const rows = await t.sql<{ body: string }>(
    `select m.body from payments.outbound_messages m join tenancy.member_directory d using (org_id)
     join identity.users u on u.id = d.user_id where u.email = $1 order by m.created_at, m.object_version`,
    [email],
  );
  return rows.map(({ body }) => {
    const { type, object_version, data } = JSON.parse(body) as Told & { data: { object: Json } };
    return { type, object_version, object: data.object };
  });
};
const types = async (who: Person) => (await told(who)).map(({ type }) => type).toSorted();
const of = async (who: Person, type: string) => (await told(who)).filter((row) => row.type === type);
const mailed = async ({ email }: Person) =>
  (await t.sql<{ kind: string }>("select kind from mail.outbox where address = $1", [email])).map(
    ({ kind }) => kind,
  );
const FIRST = [
  "credits.granted",
  "invoice.created",
  "invoice.paid",
  "payment.succeeded",
  "subscription.created",
];

test("from its first payment to its end, a subscription and its invoice are told as the API shows them", async () => {
  const who = await subscribed();
  await who.until({ status: "active" });
  await expect.poll(() => types(who), POLL).toEqual(FIRST);
  const [begun] = await of(who, "subscription.created");
  const { next_action: _, ...shown } = await who.current();
  expect(begun).toMatchObject({ object_version: 1, object: shown });
  const [invoice] = await who.invoices();
  expect((await of(who, "invoice.paid"))[0]?.object).toEqual(invoice);
  await who.call("POST", "/api/subscriptions/cancel", {});
  await expect.poll(() => of(who, "subscription.updated"), POLL).toHaveLength(1);
  expect((await of(who, "subscription.updated"))[0]).toMatchObject({
    object_version: 2,
    object: { subscription_id: shown.subscription_id, cancel_at_period_end: true },
  });
  await who.call("POST", "/api/subscriptions/cancel", { at: "now" });
  await expect.poll(() => types(who), POLL).toContain("subscription.deleted");
  expect((await of(who, "subscription.deleted"))[0]?.object).toMatchObject({
    status: "canceled",
    access: "free",
  });
  // What was left of the plan's credits goes with it.
  expect((await of(who, "credits.expired")).map(({ object }) => object.expired)).toEqual([2_000_000_000]);
});

test("a gift is told when it begins and when it is taken back", async () => {
  const who = await subscribed();
  await who.until({ status: "active" });
  await who.call("POST", "/api/subscriptions/cancel", { at: "now" });
  await expect.poll(() => types(who), POLL).toContain("subscription.deleted");
  const [person] = await t.sql<{ id: string; org_id: string }>(
    `select u.id, d.org_id from identity.users u join tenancy.member_directory d on d.user_id = u.id where u.email = $1`,
    [who.email],
  );
  const give = (plan: string) =>
    t.owner.call("PUT", `/api/admin/users/${person?.id}/plan`, {
      body: { plan, months: 1, reason: "A test", org_id: person?.org_id },
    });
  const given = await give("pro");
  expect(given.status, given.text).toBeLessThan(300);
  expect(await of(who, "subscription.created")).toMatchObject([
    { object: { provider: "stripe" } },
    { object: { provider: "none", status: "active", amount_minor: 0 } },
  ]);
  await give("free");
  expect(await of(who, "subscription.deleted")).toHaveLength(2);
});

test("a trial that ends, a payment that fails, and a year that renews are told ahead, once each", async () => {
  const trial = await subscribed({ trial: true });
  await trial.until({ status: "trialing" });
  const year = await subscribed({ interval: "year" });
  await year.until({ status: "active" });
  const [row] = await t.sql<{ customer: string; subscription: string }>(
    `select c.provider_customer_id as customer, s.provider_subscription_id as subscription
     from billing.customers c join billing.subscriptions s using (org_id)
     join tenancy.member_directory d using (org_id) join identity.users u on u.id = d.user_id where u.email = $1`,
    [trial.email],
  );
  const { id } = await trial.buyer.stripe("/payment_methods/pm_card_chargeCustomerFail/attach", {
    customer: row?.customer ?? "",
  });
  await trial.buyer.stripe(`/subscriptions/${row?.subscription}`, { default_payment_method: String(id) });
  await trial.advance(12);
  await trial.current();
  await expect.poll(() => types(trial), POLL).toContain("subscription.trial_ending");
  expect((await of(trial, "subscription.trial_ending"))[0]?.object).toMatchObject({ status: "trialing" });
  await trial.advance(3);
  await trial.until({ status: "past_due" });
  await expect.poll(() => types(trial), POLL).toContain("invoice.payment_failed");
  expect(await of(trial, "subscription.trial_ending")).toHaveLength(1);
  expect((await mailed(trial)).filter((kind) => kind === "billing.trial_ending")).toHaveLength(1);
  expect((await of(trial, "subscription.updated")).at(-1)?.object).toMatchObject({ status: "past_due" });
  // An invoice that is open is owed.
  const owed = await t.sql<{ balance: string }>(
    `select b.balance::text from ledger.balances b join tenancy.member_directory d using (org_id)
     join identity.users u on u.id = d.user_id where u.email = $1 and b.account = 'receivable'`,
    [trial.email],
  );
  expect(owed).toEqual([{ balance: "2900" }]);
  const operator = await t.signIn();
  const report = async (name: string) => (await operator.call("GET", `/api/reports/${name}`)).body;
  expect((await report("failed-payments")).rows).toEqual([
    { group: "invoice_unpaid", unit: "usd", values: [1, 2_900, 0] },
  ]);
  expect((await report("receivables")).totals).toEqual([{ group: "total", unit: "usd", values: [2_900] }]);
  // A month of the one, a twelfth of the other's year.
  expect((await report("mrr")).totals).toMatchObject([
    { unit: "usd", values: [3 * 2_900 + 2_416, 0, 0, 2 * 2_900, 4, 2, 2_900 + 2_416] },
  ]);
  expect(await mailed(year)).not.toContain("billing.renewal_ahead");
  await year.advance(340);
  const ahead = async () => (await mailed(year)).filter((kind) => kind === "billing.renewal_ahead");
  await expect.poll(ahead, POLL).toEqual(["billing.renewal_ahead"]);
});
