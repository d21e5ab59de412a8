/** How a subscription by Stripe goes on while time passes: trials, and periods that end on days that not every month has. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startTestApp, type TestApp } from "../../../../../test/harness/app.ts";
import type { Json } from "../../../../../test/harness/client.ts";
import {
  addSubscribed,
  createSubscriber,
  movingClock,
  type Subscribed,
} from "../../../../../test/harness/subscriber.ts";
import { PLANS_WITHOUT_GIFTS } from "../../../../../test/harness/plans.ts";

vi.setConfig({ testTimeout: 120_000 });
const DAY_MS = 86_400_000;
/** A list may be asked for a hundred times a minute. */
const POLL = { timeout: 30_000, interval: 600 };
/** A card has one trial, whoever pays with it. */
const CARDS = ["4242424242424242", "5555555555554444", "378282246310005"];
const clock = movingClock();

let t: TestApp;
let people = 0;
beforeAll(async () => {
  t = await startTestApp({ clock, env: { PLANS: PLANS_WITHOUT_GIFTS } });
});
afterAll(() => t.close());

type Person = Omit<Subscribed, "email">;
function subscribed(body: Json = {}): Promise<Person> {
  people += 1;
  return addSubscribed(t, clock, `lasting${people}@example.com`, {
    body,
    card: CARDS[people % CARDS.length],
  });
}
const paid = async (who: Person) =>
  (await who.invoices())
    .map(({ reason, paid_minor }) => ({ reason, paid_minor }))
    .filter(({ paid_minor }) => paid_minor !== 0);
/** What lies in the company's hands. */
const cash = ({ org }: Person) =>
  t.sql("select account, unit from ledger.balances where org_id = $1 and account like 'clearing:%'", [org]);
/** Takes away all that the customer could be charged by. */
async function loseCards(who: Person): Promise<void> {
  const [row] = await t.sql<{ customer: string }>(
    "select provider_customer_id as customer from billing.customers where org_id = $1",
    [who.org],
  );
  const answer = await fetch(
    `${t.credentials.stripe.base_url}/v1/payment_methods?customer=${row?.customer}&limit=10`,
    { headers: { authorization: `Bearer ${t.credentials.stripe.api_key}` } },
  );
  const { data } = (await answer.json()) as { data: { id: string }[] };
  for (const { id } of data) await who.buyer.stripe(`/payment_methods/${id}/detach`);
}

test("zero invoice: the one that a trial begins with is paid and numbered, moves no money and sends no receipt", async () => {
  const who = await subscribed({ trial: true });
  await expect
    .poll(() => who.invoices(), POLL)
    .toMatchObject([{ status: "paid", reason: "create", total_minor: 0, paid_minor: 0 }]);
  const [invoice] = await who.invoices();
  expect(invoice?.number).toBeTruthy();
  const pdf = await who.call("GET", `/api/invoices/${String(invoice?.id)}/pdf`);
  expect([pdf.status, pdf.text.slice(0, 5)]).toEqual([200, "%PDF-"]);
  expect((await who.call("GET", "/api/payments")).body.data).toEqual([]);
  expect(await cash(who)).toEqual([]);
  const receipt = "select 1 from mail.outbox where org_id = $1 and kind = 'billing.receipt'";
  expect(await t.sql(receipt, [who.org])).toEqual([]);
  await who.call("POST", "/api/subscriptions/cancel", { at: "now" });
});

test("trial end without card: late at once, the plan for its grace, then ended, and nothing was ever charged", async () => {
  const who = await subscribed({ trial: true });
  await loseCards(who);
  await who.advance(14.25);
  expect(await who.until({ status: "past_due" })).toMatchObject({ access: "grace", plan: { key: "pro" } });
  await who.advance(2);
  await who.advance(4);
  expect(await who.until({ status: "suspended" })).toMatchObject({ access: "free", plan: { key: "free" } });
  await who.advance(31);
  expect(await who.until({ status: "canceled" })).toMatchObject({ access: "free" });
  expect(await paid(who)).toEqual([]);
  expect(await cash(who)).toEqual([]);
});

test("cancel in trial: the trial goes on to its end, and nothing is ever charged", async () => {
  const who = await subscribed({ trial: true });
  const { body } = await who.call("POST", "/api/subscriptions/cancel", {});
  expect(body).toMatchObject({ status: "trialing", cancel_at_period_end: true, access: "plan" });
  await who.advance(14.25);
  expect(await who.until({ status: "canceled" })).toMatchObject({ access: "free" });
  expect(await paid(who)).toEqual([]);
  expect(await cash(who)).toEqual([]);
  expect((await who.call("POST", "/api/subscriptions/reactivate")).body.code).toBe("subscribe_again");
});

test("month end, leap day: periods end on a month's last day and come back to the 31st; a year from a leap day too", async () => {
  const until = (who: Person, date: string) =>
    who.advance((Date.parse(`${date}T12:00:00Z`) - clock.now().getTime()) / DAY_MS);
  const end = async (who: Person) =>
    String(((await who.current()).current_period as Json | null)?.end).slice(0, 10);
  const somebody = createSubscriber(t, clock, () => t.signIn());
  await until({ ...somebody, org: "" }, "2028-01-31");
  const monthly = await subscribed();
  expect(await end(monthly)).toBe("2028-02-29");
  await until(monthly, "2028-02-29");
  const yearly = await subscribed({ interval: "year" });
  expect(await end(yearly)).toBe("2029-02-28");
  for (const [at, wanted] of [
    ["2028-03-01", "2028-03-31"],
    ["2028-04-01", "2028-04-30"],
    ["2028-05-01", "2028-05-31"],
  ] as const) {
    await until(monthly, at);
    await expect.poll(() => end(monthly), POLL).toBe(wanted);
  }
  const four = [
    ...Array<Json>(3).fill({ reason: "cycle", paid_minor: 2_900 }),
    { reason: "create", paid_minor: 2_900 },
  ];
  await expect.poll(() => paid(monthly), POLL).toEqual(four);
  await yearly.advance(0.01);
  expect(await paid(yearly)).toEqual([{ reason: "create", paid_minor: 29_000 }]);
});
