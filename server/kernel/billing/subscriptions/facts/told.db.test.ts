import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { startTestApp, type TestApp } from "../../../../../test/harness/app.ts";
import type { Json } from "../../../../../test/harness/client.ts";
import { addNeighbour, OWNER } from "../../../../../test/harness/people.ts";
import { createSubscriber, movingClock, type Subscriber } from "../../../../../test/harness/subscriber.ts";
import { sign } from "../../../../../test/bench/webhooks/events.ts";
import { PLANS_WITHOUT_GIFTS } from "../../../../../test/harness/plans.ts";

vi.setConfig({ testTimeout: 90_000 });
const POLL = { timeout: 40_000, interval: 50 };
const CARD = "4242424242424242";
const OTHER_CARD = "5555555555554444";

let t: TestApp;
let people = 0;

beforeAll(async () => {
  t = await startTestApp({ haste: 20, env: { PLANS: PLANS_WITHOUT_GIFTS } });
});
afterAll(() => t.close());
afterEach(async () => (await somebody()).buyer.calm());

type Person = Subscriber & { email: string };
async function somebody(): Promise<Person> {
  people += 1;
  const email = `told${people}@example.com`;
  await addNeighbour(t.sql, email);
  return { email, ...createSubscriber(t, movingClock(), () => t.signIn({ ...OWNER, email })) };
}
type Row = {
  id: string;
  org_id: string;
  status: string;
  provider_status: string | null;
  provider_subscription_id: string;
  provider_item_id: string;
  cancel_reason: string | null;
  amount_minor: string;
  plan_key: string;
};
async function rowOf({ email }: Person): Promise<Row | undefined> {
  const [row] = await t.sql<Row>(
    `select s.* from billing.subscriptions s join tenancy.member_directory d using (org_id)
     join identity.users u on u.id = d.user_id where u.email = $1 order by s.created_at desc limit 1`,
    [email],
  );
  return row;
}
const booked = async (who: Person): Promise<Record<string, string>> => {
  const rows = await t.sql<{ account: string; balance: string }>(
    `select account, balance::text from ledger.balances where org_id = $1 and unit = 'usd' and balance <> 0
       and account not in ('recurring', 'memo')`,
    [(await rowOf(who))?.org_id],
  );
  return Object.fromEntries(rows.map(({ account, balance }) => [account, balance]));
};
async function subscribed(body: Json = {}, card = CARD): Promise<Person> {
  const who = await somebody();
  const made = await who.subscribe(body);
  if (made.status !== 201) throw new Error(made.text);
  await who.buyer.pay(String(made.body.url), card);
  return who;
}
/** What the company tells, as a new event. Returns what became of it. */
async function deliver(event: Json): Promise<() => Promise<Json | undefined>> {
  const id = `evt_${randomUUID().replaceAll("-", "")}`;
  const body = Buffer.from(
    JSON.stringify({
      object: "event",
      livemode: false,
      created: Math.floor(Date.now() / 1000),
      ...event,
      id,
    }),
  );
  const headers = { "stripe-signature": sign(body, t.credentials.stripe.webhook_secret, new Date()) };
  expect((await t.anonymous.call("POST", "/webhooks/stripe", { body, headers })).status).toBe(200);
  return async () => {
    const [row] = await t.sql<Json>(
      "select state, error_code from webhooks.events where provider_event_id = $1",
      [id],
    );
    return row;
  };
}
/** Events that wait for the company are due at once. */
const retryNow = () =>
  t.sql("update webhooks.events set next_attempt_at = now() where state = 'waiting_retry'");
/** The company's own events of a type, newest first. */
async function eventsOf(type: string): Promise<{ id: string; type: string; data: { object: Json } }[]> {
  const answer = await fetch(`${t.credentials.stripe.base_url}/v1/events?limit=100&type=${type}`, {
    headers: { authorization: `Bearer ${t.credentials.stripe.api_key}` },
  });
  return ((await answer.json()) as { data: { id: string; type: string; data: { object: Json } }[] }).data;
}

test("what is no object of the pinned version is dead, and says so", async () => {
  const outcome = await deliver({
    type: "customer.subscription.updated",
    data: { object: { object: "subscription", id: "sub_broken", metadata: {}, items: { data: [] } } },
  });
  await expect.poll(outcome, POLL).toEqual({ state: "dead", error_code: "unreadable" });
});

test("a subscription that the account sells beside us is no business of ours", async () => {
  const { buyer } = await somebody();
  const customer = await buyer.stripe("/customers");
  const method = await buyer.stripe("/payment_methods/pm_card_visa/attach", {
    customer: String(customer.id),
  });
  const product = await buyer.stripe("/products", { name: "Their own" });
  const price = await buyer.stripe("/prices", {
    product: String(product.id),
    unit_amount: "500",
    currency: "usd",
    "recurring[interval]": "month",
  });
  const made = await buyer.stripe("/subscriptions", {
    customer: String(customer.id),
    default_payment_method: String(method.id),
    "items[0][price]": String(price.id),
  });
  const outcomes = async (type: string) => {
    const mine = (await eventsOf(type)).filter(({ data }) =>
      JSON.stringify(data).includes(String(customer.id)),
    );
    return t.sql("select state, error_code from webhooks.events where provider_event_id = any($1)", [
      mine.map(({ id }) => id),
    ]);
  };
  const ignored = [{ state: "ignored", error_code: "not_ours" }];
  await expect.poll(() => outcomes("customer.subscription.created"), POLL).toEqual(ignored);
  await expect.poll(() => outcomes("invoice.paid"), POLL).toEqual(ignored);
  const paid = (await eventsOf("invoice_payment.paid")).find(
    ({ data }) => data.object.invoice === made.latest_invoice,
  );
  const outcome = await deliver({ ...paid });
  await expect.poll(outcome, POLL).toEqual({ state: "ignored", error_code: "told_by_its_invoice" });
  expect(
    await t.sql("select id from billing.invoices where provider_invoice_id = $1", [made.latest_invoice]),
  ).toEqual([]);
});

test("told again by another event what paid an invoice, nothing is asked and nothing is booked", async () => {
  const who = await subscribed();
  await expect.poll(() => booked(who), POLL).toMatchObject({ revenue: "-2900" });
  const before = await booked(who);
  const [invoice] = await who.invoices();
  const [row] = await t.sql<{ id: string }>(
    "select provider_invoice_id as id from billing.invoices where id = $1",
    [invoice?.id],
  );
  const paid = (await eventsOf("invoice_payment.paid")).find(({ data }) => data.object.invoice === row?.id);
  await who.buyer.fault({ match: { method: "GET", path: "*/invoices/*" }, fault: "reset" });
  const outcome = await deliver({ ...paid });
  await expect.poll(outcome, POLL).toEqual({ state: "ignored", error_code: "known" });
  expect((await booked(who)).revenue).toBe(before.revenue);
});

test.each(["subscriptions", "invoices"])(
  "while Stripe does not answer for %s, events wait, and all of it is there once it does",
  async (noun) => {
    const { buyer } = await somebody();
    const away = { match: { method: "GET", path: `*/${noun}/*` }, fault: "status", params: { status: 500 } };
    await buyer.fault(away);
    const since = new Date();
    const who = await subscribed();
    const waiting = () =>
      t.sql(
        `select 1 from webhooks.events where received_at >= $1 and state = 'waiting_retry'
         and error_code in ('stripe_unavailable', 'stripe_slow') limit 1`,
        [since],
      );
    await expect.poll(waiting, POLL).toHaveLength(1);
    expect(await booked(who)).toEqual({});
    await buyer.calm();
    await retryNow();
    await expect.poll(() => booked(who), POLL).toMatchObject({ revenue: "-2900" });
    expect(await who.until({ status: "active" })).toMatchObject({ access: "plan", plan: { key: "pro" } });
  },
);

test("a price given by hand at the company is what is paid from then on; the plan stays", async () => {
  const who = await subscribed();
  await who.until({ status: "active" });
  const row = await rowOf(who);
  const product = await who.buyer.stripe("/products", { name: "By hand" });
  const price = await who.buyer.stripe("/prices", {
    product: String(product.id),
    unit_amount: "1900",
    currency: "usd",
    "recurring[interval]": "month",
  });
  await who.buyer.stripe(`/subscriptions/${row?.provider_subscription_id}`, {
    "items[0][id]": String(row?.provider_item_id),
    "items[0][price]": String(price.id),
    proration_behavior: "none",
  });
  expect(await who.until({ amount_minor: 1_900 })).toMatchObject({ status: "active", plan: { key: "pro" } });
});

test("two people with one card: the second trial is given back before anything is charged, and told so", async () => {
  const first = await subscribed({ trial: true }, OTHER_CARD);
  await first.until({ status: "trialing" });
  const second = await subscribed({ trial: true }, OTHER_CARD);
  await expect
    .poll(() => rowOf(second), POLL)
    .toMatchObject({
      status: "duplicate",
      cancel_reason: "trial_used",
      provider_status: "canceled",
    });
  expect((await t.mailbox(second.email)).subject).toContain("has no trial");
  expect(await second.current()).toMatchObject({ access: "free" });
  expect(await booked(second)).toEqual({});
  expect(await first.current()).toMatchObject({ status: "trialing" });
});

test("a second subscription is refunded also when Stripe was away after it was ended there", async () => {
  const who = await somebody();
  const first = await who.subscribe();
  // The first checkout is believed to have run out, as it is when its closing is lost.
  await t.sql(
    "update billing.subscriptions set session_expires_at = now() - interval '1 minute' where id = $1",
    [first.body.subscription_id],
  );
  const second = await who.subscribe();
  await who.buyer.pay(String(second.body.url));
  await who.until({ status: "active" });
  await who.buyer.fault({ match: { method: "POST", path: "*/refunds" }, fault: "reset", effect: "none" });
  await who.buyer.pay(String(first.body.url));
  const given = async () => {
    const [row] = await t.sql<Row>(
      "select status, provider_status from billing.subscriptions where id = $1",
      [first.body.subscription_id],
    );
    return row;
  };
  await expect.poll(given, POLL).toEqual({ status: "duplicate", provider_status: "canceled" });
  const away = () => t.lines.some((line) => line.includes("not looked after") && line.includes('"level":40'));
  await expect.poll(away, POLL).toBe(true);
  expect(await booked(who)).not.toHaveProperty("refunds");
  await who.buyer.calm();
  await expect.poll(() => booked(who), POLL).toMatchObject({ revenue: "-5800", refunds: "2900" });
});
