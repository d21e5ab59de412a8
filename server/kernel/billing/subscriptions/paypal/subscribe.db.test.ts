import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { startTestApp, type TestApp } from "../../../../../test/harness/app.ts";
import { backfill } from "../../../../../test/harness/backfill.ts";
import type { Json } from "../../../../../test/harness/client.ts";
import { createPaypalBuyer, type PaypalBuyer } from "../../../../../test/harness/paypal.ts";
import { addNeighbour, OWNER } from "../../../../../test/harness/people.ts";
import { createSubscriber, movingClock, type Subscriber } from "../../../../../test/harness/subscriber.ts";
import { PLANS_WITHOUT_GIFTS } from "../../../../../test/harness/plans.ts";

vi.setConfig({ testTimeout: 90_000 });
const POLL = { timeout: 30_000, interval: 100 };

let t: TestApp;
let paypal: PaypalBuyer;
let people = 0;
beforeAll(async () => {
  t = await startTestApp({ haste: 20, env: { PLANS: PLANS_WITHOUT_GIFTS, SEATS_PER_ORGANIZATION: "" } });
  paypal = createPaypalBuyer(t);
});
afterAll(() => t.close());
afterEach(() => paypal.calm());

type Person = Subscriber & { email: string; wallet: string };
async function somebody(): Promise<Person> {
  people += 1;
  const email = `wallet${people}@example.com`;
  await addNeighbour(t.sql, email);
  const who = createSubscriber(t, movingClock(), () => t.signIn({ ...OWNER, email }), "paypal");
  return { email, wallet: `approve+${people}@sandbox.test`, ...who };
}
const orgOf = async ({ email }: Person): Promise<string> => {
  const [row] = await t.sql<{ org_id: string }>(
    `select d.org_id from tenancy.member_directory d join identity.users u on u.id = d.user_id where u.email = $1`,
    [email],
  );
  return row?.org_id ?? "";
};
const booked = async (who: Person): Promise<Record<string, string>> => {
  const rows = await t.sql<{ key: string; balance: string }>(
    "select account || ' ' || unit as key, balance::text from ledger.balances where org_id = $1 and balance <> 0 and account not in ('recurring', 'memo')",
    [await orgOf(who)],
  );
  return Object.fromEntries(rows.map(({ key, balance }) => [key, balance]));
};
const rowOf = async (id: unknown) => {
  const [row] = await t.sql<Json>(
    "select status, provider_status, cancel_reason from billing.subscriptions where id = $1",
    [id],
  );
  return row;
};
async function agreed(body: Json = {}): Promise<Person & { id: string; session: string }> {
  const who = await somebody();
  const made = await who.subscribe(body);
  if (made.status !== 201) throw new Error(made.text);
  await paypal.approve(String(made.body.url), who.wallet);
  return { ...who, id: String(made.body.subscription_id), session: String(made.body.session_id) };
}
const at = (id: string) => paypal.api("GET", `/v1/billing/subscriptions/${id}`);

test("an operator's sync makes a product and plans at both companies, once", async () => {
  const sync = async (dry_run: boolean) => {
    const { status, body, text } = await t.owner.call("POST", "/api/admin/plans/sync", { body: { dry_run } });
    if (status !== 200) throw new Error(text);
    return body.data as Json[];
  };
  const made = await sync(false);
  const byPaypal = made.filter(({ provider }) => provider === "paypal");
  expect(byPaypal.map(({ plan, interval, trial_days }) => [plan, interval, trial_days])).toEqual([
    ["pro", "month", null],
    ["pro", "month", 14],
    ["pro", "year", null],
    ["pro", "year", 14],
    ["enterprise", "month", null],
    ["enterprise", "year", null],
  ]);
  expect(await sync(false)).toEqual(made);
  expect(await sync(true)).toEqual(made);
  const trial = await paypal.api("GET", `/v1/billing/plans/${String(byPaypal[1]?.price_id)}`);
  expect(trial).toMatchObject({
    status: "ACTIVE",
    quantity_supported: true,
    payment_preferences: { payment_failure_threshold: 3, auto_bill_outstanding: true },
    billing_cycles: [
      { tenure_type: "TRIAL", frequency: { interval_unit: "DAY", interval_count: 14 } },
      { tenure_type: "REGULAR", pricing_scheme: { fixed_price: { value: "29.00" } } },
    ],
  });
});

test("agreed to, it is a plan, an invoice of our own number, cash and fee once by the capture, and the month's credits", async () => {
  const who = await agreed();
  expect(await who.until({ status: "active" })).toMatchObject({
    provider: "paypal",
    plan: { key: "pro" },
    access: "plan",
    amount_minor: 2_900,
    cancel_at_period_end: false,
    next_action: null,
  });
  await expect
    .poll(() => booked(who), POLL)
    .toEqual({
      "clearing:paypal_default usd": "2750",
      "revenue usd": "-2900",
      "fees usd": "150",
      "wallet credit": "2000000000",
      "issued credit": "-2000000000",
    });
  const [invoice, ...others] = await who.invoices();
  expect(others).toEqual([]);
  expect(invoice).toMatchObject({
    status: "paid",
    reason: "create",
    provider: "paypal",
    total_minor: 2_900,
    paid_minor: 2_900,
  });
  expect(String(invoice?.number)).toMatch(/^INV-\d{6}$/);
  const payments = (await who.call("GET", "/api/payments")).body.data as Json[];
  expect(payments).toMatchObject([
    {
      provider: "paypal",
      purpose: "subscription",
      status: "succeeded",
      fee_minor: 150,
      invoice_id: invoice?.id,
    },
  ]);
  const pdf = await who.call("GET", `/api/invoices/${String(invoice?.id)}/pdf`);
  expect(pdf.text).toContain(String(invoice?.number));
  expect((await t.mailbox(who.email)).subject).toContain(String(invoice?.number));
});

test("numbers of invoices have no gap, however many are written at once", async () => {
  const all = await Promise.all([agreed(), agreed(), agreed()]);
  for (const who of all) await who.until({ status: "active" });
  const rows = await t.sql<{ number: string }>(
    "select number from billing.invoices where account_id = 'paypal_default' order by number",
  );
  expect(rows.map(({ number }) => Number(number.slice(4)))).toEqual(rows.map((_, n) => n + 1));
});

test("every event lost: the buyer's return begins it, and the list tells the same again", async () => {
  const who = await somebody();
  await paypal.fault({ on: "webhook", fault: "drop", probability: 1 });
  const { body } = await who.subscribe();
  const back = new URL(await paypal.approve(String(body.url), who.wallet));
  expect([back.pathname, back.searchParams.get("session_id")]).toEqual([
    "/billing/return",
    body.subscription_id,
  ]);
  const status = async (id: unknown) =>
    (await t.anonymous.call("GET", `/checkout/session/${String(id)}`)).body;
  await expect
    .poll(() => status(back.searchParams.get("session_id")), { timeout: 15_000, interval: 1_000 })
    .toMatchObject({ status: "paid", purpose: "subscription", provider: "paypal" });
  expect(await status(body.session_id)).toMatchObject({ status: "paid" });
  expect(await who.current()).toMatchObject({ status: "active" });
  const before = await booked(who);
  await paypal.calm();
  expect(Number((await backfill(t, "paypal_default")).new)).toBeGreaterThanOrEqual(3);
  const idle = () =>
    t.sql("select type from webhooks.events where state in ('received', 'processing', 'waiting_retry')");
  await expect.poll(idle, POLL).toEqual([]);
  expect(await booked(who)).toEqual(before);
});

test("an answer that is lost is asked for again under the same key: one subscription there", async () => {
  const who = await somebody();
  await paypal.fault({
    match: { method: "POST", path: "*/billing/subscriptions" },
    fault: "reset",
    effect: "done",
    times: 1,
  });
  const { status, body } = await who.subscribe();
  expect(status).toBe(201);
  await paypal.approve(String(body.url), who.wallet);
  await who.until({ status: "active" });
  expect((await who.subscribe()).body).toMatchObject({ code: "already_subscribed" });
});

test("two tabs: one is open, and the other is shown where; both agreed to, the second is cancelled and refunded", async () => {
  const who = await somebody();
  const answers = await Promise.all([who.subscribe(), who.subscribe()]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409]);
  const first = answers.find(({ status }) => status === 201);
  expect((await who.subscribe()).body).toMatchObject({
    code: "checkout_open",
    checkout_url: first?.body.url,
  });
  await t.sql(
    "update billing.subscriptions set session_expires_at = now() - interval '1 minute' where id = $1",
    [first?.body.subscription_id],
  );
  const second = await who.subscribe();
  await paypal.approve(String(second.body.url), who.wallet);
  await who.until({ status: "active", subscription_id: String(second.body.subscription_id) });
  await paypal.approve(String(first?.body.url), who.wallet);
  await expect
    .poll(() => rowOf(first?.body.subscription_id), POLL)
    .toEqual({ status: "duplicate", provider_status: "canceled", cancel_reason: "duplicate" });
  await expect
    .poll(() => booked(who), POLL)
    .toMatchObject({ "revenue usd": "-5800", "refunds usd": "2900", "wallet credit": "2000000000" });
  expect(await at(String(first?.body.session_id))).toMatchObject({ status: "CANCELLED" });
  expect(await who.current()).toMatchObject({ status: "active", access: "plan" });
});

test("a second trial of the same person is refused; a trial's credits come with it, and canceling in it charges nothing", async () => {
  const who = await agreed({ trial: true });
  expect(await who.until({ status: "trialing" })).toMatchObject({ access: "plan" });
  await expect
    .poll(() => booked(who), POLL)
    .toEqual({ "wallet credit": "500000000", "issued credit": "-500000000" });
  expect(await who.invoices()).toMatchObject([{ total_minor: 0, status: "paid", reason: "create" }]);
  const { body } = await who.call("POST", "/api/subscriptions/cancel", { at: "now", reason: "A test" });
  expect(body).toMatchObject({ status: "canceled", access: "free" });
  expect(await booked(who)).toMatchObject({ "expired credit": "500000000" });
  expect(await at(who.session)).toMatchObject({ status: "CANCELLED" });
  const again = await who.subscribe({ trial: true });
  expect([again.status, again.body.code]).toEqual([409, "trial_used"]);
  expect((await who.subscribe()).status).toBe(201);
});

test("one wallet, two people: the second trial is given back before anything is charged, and told so", async () => {
  const first = await agreed({ trial: true });
  await first.until({ status: "trialing" });
  const second = await somebody();
  const { body } = await second.subscribe({ trial: true });
  await paypal.approve(String(body.url), first.wallet);
  await expect
    .poll(() => rowOf(body.subscription_id), POLL)
    .toEqual({ status: "duplicate", provider_status: "canceled", cancel_reason: "trial_used" });
  expect((await t.mailbox(second.email)).subject).toContain("has no trial");
  expect(await booked(second)).toEqual({});
});

test("cancel with the period, reactivate: held there until then, so that nothing can be charged", async () => {
  const who = await agreed();
  await who.until({ status: "active" });
  const { body } = await who.call("POST", "/api/subscriptions/cancel", {});
  expect(body).toMatchObject({ status: "active", cancel_at_period_end: true, access: "plan" });
  expect(await at(who.session)).toMatchObject({ status: "SUSPENDED" });
  const idle = () =>
    t.sql("select type from webhooks.events where state in ('received', 'processing', 'waiting_retry')");
  await expect.poll(idle, POLL).toEqual([]);
  expect(await who.current()).toMatchObject({ status: "active", cancel_at_period_end: true });
  const back = await who.call("POST", "/api/subscriptions/reactivate");
  expect(back.body).toMatchObject({ status: "active", cancel_at_period_end: false, canceled_at: null });
  expect(await at(who.session)).toMatchObject({ status: "ACTIVE" });
});

test("a checkout that is cancelled before it was agreed to is over; at the company nothing was begun", async () => {
  const who = await somebody();
  const { body } = await who.subscribe();
  const ended = await who.call("POST", "/api/subscriptions/cancel", {});
  expect(ended.body).toMatchObject({ status: "canceled", access: "free" });
  expect((await who.subscribe()).status).toBe(201);
  expect(await at(String(body.session_id))).toMatchObject({ status: "APPROVAL_PENDING" });
});

test("a refund made at PayPal is booked once, on the payment that it is of", async () => {
  const who = await agreed();
  await who.until({ status: "active" });
  await expect.poll(() => booked(who), POLL).toMatchObject({ "revenue usd": "-2900" });
  const [payment] = (await who.call("GET", "/api/payments")).body.data as Json[];
  await paypal.api("POST", `/v2/payments/captures/${String(payment?.charge_id)}/refund`, {
    amount: { currency_code: "USD", value: "9.00" },
  });
  await expect.poll(() => booked(who), POLL).toMatchObject({ "refunds usd": "900", "revenue usd": "-2900" });
  const [after] = (await who.call("GET", "/api/payments")).body.data as Json[];
  expect(after).toMatchObject({ id: payment?.id, status: "partially_refunded", refunded_minor: 900 });
});

test("422 for a company that does not take this price, or is not there", async () => {
  const who = await somebody();
  expect((await who.subscribe({ provider: "other" })).status).toBe(422);
  expect((await who.subscribe({ currency: "bhd" })).status).toBe(422);
});

test("what others sell on the same account is no business of ours", async () => {
  const rows = await t.sql<{ price: string }>(
    "select provider_price_id as price from billing.plan_prices where account_id = 'paypal_default' limit 1",
  );
  const made = await paypal.api("POST", "/v1/billing/subscriptions", {
    plan_id: rows[0]?.price,
    application_context: { return_url: "http://127.0.0.1/back", cancel_url: "http://127.0.0.1/no" },
  });
  await expect
    .poll(() => t.sql("select state, error_code from webhooks.events where root = $1", [made.id]), POLL)
    .toEqual([{ state: "ignored", error_code: "not_ours" }]);
});
