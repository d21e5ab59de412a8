import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../../../test/harness/app.ts";
import { backfill } from "../../../../../test/harness/backfill.ts";
import type { Json } from "../../../../../test/harness/client.ts";
import { OWNER } from "../../../../../test/harness/people.ts";
import { addNeighbour } from "../../../../../test/harness/people.ts";
import { createSubscriber, movingClock, type Subscriber } from "../../../../../test/harness/subscriber.ts";
import { createDb } from "../../../../platform/db/index.ts";
import { forgetTrials } from "../trials/trial-marks.ts";
import { PLANS_WITHOUT_GIFTS } from "../../../../../test/harness/plans.ts";

const clock = movingClock();
let t: TestApp;

beforeAll(async () => {
  t = await startTestApp({
    clock,
    haste: 20,
    env: { PLANS: PLANS_WITHOUT_GIFTS, SEATS_PER_ORGANIZATION: "" },
  });
});
afterAll(() => t.close());

let people = 0;
/** Somebody new with an organization of their own. */
async function somebody(): Promise<Subscriber & { email: string }> {
  people += 1;
  const email = `payer${people}@example.com`;
  await addNeighbour(t.sql, email);
  return { email, ...createSubscriber(t, clock, () => t.signIn({ ...OWNER, email })) };
}
const orgOf = async (email: string): Promise<string> => {
  const [row] = await t.sql<{ org_id: string }>(
    `select d.org_id from tenancy.member_directory d join identity.users u on u.id = d.user_id where u.email = $1`,
    [email],
  );
  return row?.org_id ?? "";
};
const booked = async (email: string): Promise<Record<string, string>> => {
  const rows = await t.sql<{ key: string; balance: string }>(
    `select account || ' ' || unit as key, balance::text from ledger.balances
     where org_id = $1 and balance <> 0 and account <> 'fees' and account not like 'clearing%'`,
    [await orgOf(email)],
  );
  return Object.fromEntries(rows.map(({ key, balance }) => [key, balance]));
};
async function subscribed(body: Json = {}, card?: string) {
  const who = await somebody();
  const { status, body: made, text } = await who.subscribe(body);
  if (status !== 201) throw new Error(text);
  await who.buyer.pay(String(made.url), card);
  await who.until({ status: body.trial ? "trialing" : "active" });
  return { ...who, subscriptionId: String(made.subscription_id), url: String(made.url) };
}

test("a paid checkout is a plan, an invoice, cash once by its charge, and the month's credits", async () => {
  const who = await subscribed();
  expect(await who.current()).toMatchObject({
    plan: { key: "pro" },
    access: "plan",
    amount_minor: 2_900,
    cancel_at_period_end: false,
  });
  await expect
    .poll(() => booked(who.email))
    .toMatchObject({
      "revenue usd": "-2900",
      "wallet credit": "2000000000",
    });
  const [invoice] = await who.invoices();
  expect(invoice).toMatchObject({ status: "paid", reason: "create", total_minor: 2_900, paid_minor: 2_900 });
  const payments = (await who.call("GET", "/api/payments")).body.data as Json[];
  expect(payments).toMatchObject([
    { purpose: "subscription", status: "succeeded", amount_minor: 2_900, invoice_id: invoice?.id },
  ]);
  const pdf = await who.call("GET", `/api/invoices/${String(invoice?.id)}/pdf`);
  expect(pdf.headers.get("content-type")).toBe("application/pdf");
  expect(pdf.text).toMatch(/^%PDF-1\.4/);
  expect(pdf.text).toContain(String(invoice?.number));
  expect((await t.mailbox(who.email)).subject).toContain("Receipt");
});

test("two tabs: one checkout is open, and the other tab is shown where", async () => {
  const who = await somebody();
  const answers = await Promise.all([who.subscribe(), who.subscribe(), who.subscribe({ interval: "year" })]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409]);
  const made = answers.find(({ status }) => status === 201);
  const again = await who.subscribe();
  expect(again.body).toMatchObject({ code: "checkout_open", checkout_url: made?.body.url });
  await who.buyer.pay(String(made?.body.url));
  await who.until({ status: "active" });
  expect((await who.subscribe()).body).toMatchObject({ code: "already_subscribed" });
});

test("two tabs, both paid: the second is given back, its money refunded", async () => {
  const who = await somebody();
  const first = await who.subscribe();
  // The first checkout is believed to have run out, as it is when its closing is lost.
  await t.sql(
    "update billing.subscriptions set session_expires_at = now() - interval '1 minute' where id = $1",
    [first.body.subscription_id],
  );
  const second = await who.subscribe();
  expect(second.status).toBe(201);
  await who.buyer.pay(String(second.body.url));
  await who.until({ status: "active", subscription_id: String(second.body.subscription_id) });
  await who.buyer.pay(String(first.body.url));
  const row = async () => {
    const [found] = await t.sql("select status, provider_status from billing.subscriptions where id = $1", [
      first.body.subscription_id,
    ]);
    return found;
  };
  await expect.poll(row, { timeout: 30_000 }).toEqual({ status: "duplicate", provider_status: "canceled" });
  await expect
    .poll(() => booked(who.email), { timeout: 20_000 })
    .toMatchObject({
      "revenue usd": "-5800",
      "refunds usd": "2900",
      "wallet credit": "2000000000",
    });
  expect(await who.current()).toMatchObject({ status: "active", access: "plan" });
});

test("decline, then success: nothing is opened by the first", async () => {
  const who = await somebody();
  const { body } = await who.subscribe();
  await who.buyer.pay(String(body.url), "4000000000009995");
  expect(await who.current()).toMatchObject({ status: "incomplete", access: "free" });
  await who.buyer.pay(String(body.url));
  await who.until({ status: "active", access: "plan" });
  await expect.poll(() => booked(who.email)).toMatchObject({ "revenue usd": "-2900" });
});

test("3DS abandoned opens nothing; after the browser closed, its page still finishes it", async () => {
  const who = await somebody();
  const { body } = await who.subscribe();
  await who.buyer.pay(String(body.url), "4000002760003184");
  expect(await who.current()).toMatchObject({ access: "free", checkout_url: body.url });
  await who.buyer.authenticate(String(body.url), "complete");
  await who.until({ status: "active" });
});

test("webhook before and after return: both ways meet in one charge", async () => {
  const who = await somebody();
  await who.buyer.fault({ on: "webhook", fault: "drop", probability: 1 });
  const { body } = await who.subscribe();
  await who.buyer.pay(String(body.url));
  const status = async () =>
    (await t.anonymous.call("GET", `/checkout/session/${String(body.session_id)}`)).body.status;
  await expect.poll(status, { timeout: 15_000, interval: 1_000 }).toBe("paid");
  expect(await who.current()).toMatchObject({ status: "active" });
  await who.buyer.calm();
  await backfill(t);
  await expect.poll(() => booked(who.email), { timeout: 15_000 }).toMatchObject({ "revenue usd": "-2900" });
  expect(await status()).toBe("paid");
});

test("a charge that was refunded before its invoice is known here brings no credits that stay", async () => {
  const who = await somebody();
  const { body } = await who.subscribe();
  await who.buyer.fault({ on: "webhook", fault: "drop", probability: 1 });
  await who.buyer.pay(String(body.url));
  const answer = await fetch(`${t.credentials.stripe.base_url}/v1/charges?limit=1`, {
    headers: { authorization: `Bearer ${t.credentials.stripe.api_key}` },
  });
  const [charge] = ((await answer.json()) as { data: Json[] }).data;
  await who.buyer.stripe("/refunds", { charge: String(charge?.id) });
  await who.buyer.calm();
  await backfill(t);
  await expect
    .poll(() => booked(who.email), { timeout: 15_000 })
    .toEqual({
      "revenue usd": "-2900",
      "refunds usd": "2900",
      "issued credit": "-2000000000",
      "clawback credit": "2000000000",
      "recurring usd": "2900",
      "memo usd": "-2900",
    });
});

test("a second trial of the same person is refused; a trial's credits come with it, and canceling in it charges nothing", async () => {
  const who = await subscribed({ trial: true });
  await expect
    .poll(() => booked(who.email))
    .toEqual({ "wallet credit": "500000000", "issued credit": "-500000000" });
  const { body } = await who.call("POST", "/api/subscriptions/cancel", { at: "now", reason: "A test" });
  expect(body).toMatchObject({ status: "canceled", access: "free" });
  expect(await booked(who.email)).toMatchObject({ "expired credit": "500000000" });
  const again = await who.subscribe({ trial: true });
  expect([again.status, again.body.code]).toEqual([409, "trial_used"]);
  expect((await who.subscribe()).status).toBe(201);
});

test("cancel at the end of the period, reactivate, cancel: the plan goes on until then", async () => {
  const who = await subscribed();
  const cancel = () => who.call("POST", "/api/subscriptions/cancel", {});
  expect((await cancel()).body).toMatchObject({
    status: "active",
    cancel_at_period_end: true,
    access: "plan",
  });
  const back = await who.call("POST", "/api/subscriptions/reactivate");
  expect(back.body).toMatchObject({ cancel_at_period_end: false, canceled_at: null });
  const other = await somebody();
  expect((await other.call("POST", "/api/subscriptions/reactivate")).body.code).toBe("subscribe_again");
  expect((await other.call("POST", "/api/subscriptions/cancel", {})).body.code).toBe("not_subscribed");
});

test("a promotion code takes its part off the first invoice; one that is not good begins nothing", async () => {
  const who = await somebody();
  const { id } = await who.buyer.stripe("/coupons", { percent_off: "50", duration: "once" });
  await who.buyer.stripe("/promotion_codes", {
    "promotion[type]": "coupon",
    "promotion[coupon]": String(id),
    code: "HALF",
  });
  for (const more of [{ promo_code: "NEVER" }, { promo_code: "HALF", provider: "paypal" }]) {
    const { body } = await who.subscribe(more);
    expect(body).toMatchObject({ status: 422, errors: [{ pointer: "/promo_code" }] });
  }
  const { body, status, text } = await who.subscribe({ promo_code: "HALF" });
  expect(status, text).toBe(201);
  await who.buyer.pay(String(body.url));
  await who.until({ status: "active", amount_minor: 2_900 });
  await expect
    .poll(() => who.invoices())
    .toMatchObject([{ status: "paid", subtotal_minor: 2_900, total_minor: 1_450, paid_minor: 1_450 }]);
});

test("who had a trial is forgotten two years after the organization was deleted, and not before", async () => {
  const who = await subscribed({ trial: true }, "5555555555554444");
  const db = createDb({ url: t.database.url, max: 1 });
  const marks = () =>
    t.sql("select kind from billing.trial_marks where subscription_id = $1", [who.subscriptionId]);
  const gone = async (months: number) => {
    await t.sql(
      "update tenancy.organizations set deleted_at = now() - $2 * interval '1 month' where org_id = $1",
      [await orgOf(who.email), months],
    );
    await forgetTrials({ clock, db });
    return (await marks()).length;
  };
  // The card, the address, the person, the organization.
  expect(await marks()).toHaveLength(4);
  expect(await gone(23)).toBe(4);
  expect(await gone(25)).toBe(0);
  await db.close();
});
