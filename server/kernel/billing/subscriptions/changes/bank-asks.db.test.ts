/** Upgrades by a card whose bank asks each time: they wait for their payment, and begin once it is made. */
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { startTestApp, type TestApp } from "../../../../../test/harness/app.ts";
import type { Json } from "../../../../../test/harness/client.ts";
import {
  addSubscribed,
  movingClock,
  payBy,
  type Subscribed,
} from "../../../../../test/harness/subscriber.ts";
import { PLANS_WITHOUT_GIFTS } from "../../../../../test/harness/plans.ts";

vi.setConfig({ testTimeout: 120_000 });
const POLL = { timeout: 20_000, interval: 300 };
const ASKS = "pm_card_authenticationRequired";
const CREDITS = 2_000_000_000;
const clock = movingClock();
let t: TestApp;
let people = 0;
beforeAll(async () => {
  t = await startTestApp({ clock, env: { PLANS: PLANS_WITHOUT_GIFTS } });
});
afterAll(() => t.close());

type Person = Subscribed;
/** On the small plan, by a card whose bank asks from now on. */
async function subscribed(): Promise<Person> {
  const who = await addSubscribed(t, clock, `asked${(people += 1)}@example.com`);
  await payBy(t, who, ASKS);
  return who;
}
afterEach(async () => {
  await fetch(`${t.sandbox.url}/_sandbox/faults`, { method: "DELETE" });
});

const wanted = { plan_key: "enterprise", interval: "month", quantity: 1 };
async function previewed(who: Person) {
  const { body } = await who.call("POST", "/api/subscriptions/preview", wanted);
  return { due: Number(body.due_now_minor), order: { ...wanted, preview_id: body.preview_id } };
}
const upgrade = (who: Person, order: Json) => who.call("PUT", "/api/subscriptions/upgrade", order);
/** The payment that an upgrade waits for. */
async function waiting(who: Person): Promise<Json> {
  const { next_action } = await who.current();
  const id = new URL(String((next_action as Json).url)).pathname.split("/").at(-1);
  return (await who.call("GET", `/api/payments/${String(id)}`)).body;
}
/** What /pay does: the card is tried with its holder there, and the bank's page comes back. */
async function triesCard(who: Person, { id }: Json): Promise<Json> {
  const [card] = await t.sql<{ id: string }>(
    `select id from billing.payment_methods where org_id = $1 order by id desc limit 1`,
    [who.org],
  );
  const answer = await who.call("POST", `/api/payments/intents/${String(id)}/confirm`, {
    payment_method_id: card?.id,
  });
  return answer.body;
}
/** The bank's page, answered; where it sends its visitor back to. */
async function answersBank({ next_action }: Json, outcome: "complete" | "fail"): Promise<void> {
  const { url } = next_action as { url: string };
  await fetch(url, { method: "POST", body: new URLSearchParams({ outcome }), redirect: "manual" });
}
const payUrl = ({ id }: Json): string => new URL(`/pay/${String(id)}`, t.url).href;
const later = async (who: Person) =>
  (await who.invoices())
    .filter(({ reason }) => reason === "update")
    .map(({ status, total_minor }) => [status, total_minor]);
const booked = async ({ org }: Person) => {
  const rows = await t.sql<{ account: string; sum: string }>(
    `select account, sum(amount)::text as sum from ledger.entries
     where org_id = $1 and account in ('revenue', 'receivable', 'recurring', 'wallet') group by 1 having sum(amount) <> 0`,
    [org],
  );
  return Object.fromEntries(rows.map(({ account, sum }) => [account, Number(sum)]));
};
const BEFORE = { revenue: -2_900, recurring: 2_900, wallet: CREDITS };

test("the plan stays until the bank is answered, then begins, charged exactly as previewed, once", async () => {
  const who = await subscribed();
  await expect.poll(() => booked(who), POLL).toEqual(BEFORE);
  const { due, order } = await previewed(who);
  const { status, body, text } = await upgrade(who, order);
  expect(status, text).toBe(200);
  expect(body).toMatchObject({ status: "active", plan: { key: "pro" }, access: "plan", grace: null });
  const paid = await waiting(who);
  expect(paid).toMatchObject({ status: "requires_action", purpose: "invoice", amount_minor: due });
  expect(body.payment).toMatchObject({ id: paid.id, status: "requires_action", pay_url: payUrl(paid) });
  expect(await later(who)).toEqual([["open", due]]);
  expect(await booked(who)).toEqual(BEFORE);
  // Sent again it is the same payment; another order is told of it.
  expect((await upgrade(who, order)).body).toMatchObject({ next_action: { url: payUrl(paid) } });
  const second = await previewed(who);
  expect((await upgrade(who, second.order)).body).toMatchObject({
    status: 409,
    code: "change_open",
    payment_id: paid.id,
    pay_url: payUrl(paid),
  });
  const tried = await triesCard(who, paid);
  expect(tried).toMatchObject({ id: paid.id, status: "requires_action", next_action: { type: "redirect" } });
  await answersBank(tried, "complete");
  await who.until({ next_action: null });
  await expect.poll(async () => (await who.current()).plan, POLL).toMatchObject({ key: "enterprise" });
  await expect.poll(() => later(who), POLL).toEqual([["paid", due]]);
  const wallet = 15_000_000_000;
  await expect
    .poll(() => booked(who), POLL)
    .toEqual({ revenue: -2_900 - due, recurring: 19_900, wallet: expect.closeTo(wallet, -7) });
  const rows = await t.sql("select status from billing.payments where org_id = $1 and purpose = 'invoice'", [
    who.org,
  ]);
  expect(rows).toEqual([{ status: "succeeded" }]);
});

test("given up, nothing is owed and the plan goes on; another order can be made", async () => {
  const who = await subscribed();
  await upgrade(who, (await previewed(who)).order);
  const paid = await waiting(who);
  const gone = await who.call("POST", `/api/payments/intents/${String(paid.id)}/cancel`);
  expect(gone.body).toMatchObject({ id: paid.id, status: "canceled" });
  expect(await who.until({ next_action: null })).toMatchObject({ plan: { key: "pro" }, status: "active" });
  expect((await later(who)).map(([status]) => status)).toEqual(["void"]);
  expect(await booked(who)).toEqual(BEFORE);
  expect((await upgrade(who, (await previewed(who)).order)).status).toBe(200);
  expect((await waiting(who)).id).not.toBe(paid.id);
});

test("the answer is lost after Stripe took the order: the same order asked again is the same payment", async () => {
  const who = await subscribed();
  const { due, order } = await previewed(who);
  const match = { method: "POST", path: "/v1/subscriptions/*" };
  await who.buyer.fault({ match, fault: "reset", effect: "done", times: 6 });
  expect((await upgrade(who, order)).status).toBe(503);
  await who.buyer.calm();
  expect((await upgrade(who, order)).status).toBe(200);
  const paid = await waiting(who);
  expect(paid).toMatchObject({ amount_minor: due, status: "requires_action" });
  const open = (await later(who)).filter(([status]) => status === "open");
  expect(open).toEqual([["open", due]]);
});

test.each([
  ["now", { status: "canceled" }],
  ["period_end", { status: "active", cancel_at_period_end: true }],
])("the plan is canceled (%s): what waited is given up with it", async (at, state) => {
  const who = await subscribed();
  await upgrade(who, (await previewed(who)).order);
  const paid = await waiting(who);
  expect((await who.call("POST", "/api/subscriptions/cancel", { at })).status).toBe(200);
  await who.until(state);
  expect((await who.call("GET", `/api/payments/${String(paid.id)}`)).body).toMatchObject({
    status: "canceled",
  });
  expect((await later(who)).map(([status]) => status)).toEqual(["void"]);
});

test("cut off once Stripe has taken the order: nobody asks again, and its payment is begun all the same", async () => {
  const who = await subscribed();
  const { due, order } = await previewed(who);
  const match = { method: "GET", path: "/v1/invoices/*" };
  await who.buyer.fault({ match, fault: "reset", effect: "none", times: 6 });
  expect((await upgrade(who, order)).status).toBe(503);
  await who.buyer.calm();
  await expect.poll(async () => (await later(who)).length, POLL).toBe(1);
  await t.sql(
    "update billing.invoices set created_at = created_at - interval '2 minutes' where org_id = $1",
    [who.org],
  );
  // Another order would make a second invoice of the same change.
  const second = await previewed(who);
  expect((await upgrade(who, second.order)).body).toMatchObject({ status: 409, code: "change_open" });
  await expect.poll(async () => (await who.current()).next_action, POLL).not.toBeNull();
  // Begun first, then asked for at Stripe.
  await expect.poll(() => waiting(who), POLL).toMatchObject({ amount_minor: due, status: "requires_action" });
  await answersBank(await triesCard(who, await waiting(who)), "complete");
  await expect.poll(async () => (await who.current()).plan, POLL).toMatchObject({ key: "enterprise" });
  await expect.poll(() => later(who), POLL).toEqual([["paid", due]]);
});

test("left for a day: its holder is written to, then Stripe gives it up, and the plan goes on", async () => {
  const who = await subscribed();
  await upgrade(who, (await previewed(who)).order);
  const paid = await waiting(who);
  await t.sql("update billing.intents set acted_at = acted_at - interval '6 minutes' where payment_id = $1", [
    paid.id,
  ]);
  let mail = await t.mailbox(who.email);
  while (!mail.subject.includes("waits for you")) mail = await t.mailbox(who.email);
  expect(mail.links.some((link) => new URL(link).pathname === `/pay/${String(paid.id)}`)).toBe(true);
  await who.advance(1);
  await who.until({ next_action: null });
  expect(await who.until({ status: "active" })).toMatchObject({ plan: { key: "pro" } });
  await expect
    .poll(async () => (await who.call("GET", `/api/payments/${String(paid.id)}`)).body, POLL)
    .toMatchObject({ status: "canceled" });
  expect(await booked(who)).toEqual(BEFORE);
  while (!mail.subject.includes("is off")) mail = await t.mailbox(who.email);
});

test.each([
  ["refused", "pm_card_chargeCustomerFail"],
  ["given up", ASKS],
])(
  "an order that was %s brings no credits when a later one is paid, and is not sent again",
  async (_how, first) => {
    const who = await subscribed();
    await expect.poll(() => booked(who), POLL).toEqual(BEFORE);
    await payBy(t, who, first);
    const before = await previewed(who);
    if ((await upgrade(who, before.order)).status === 200)
      await who.call("POST", `/api/payments/intents/${String((await waiting(who)).id)}/cancel`);
    await payBy(t, who, "pm_card_visa");
    const { order } = await previewed(who);
    expect((await upgrade(who, order)).body).toMatchObject({ plan: { key: "enterprise" } });
    const [told] = await t.sql<{ credits: string }>(
      "select credits_micros::text as credits from billing.previews where id = $1",
      [order.preview_id],
    );
    await expect.poll(async () => (await booked(who)).wallet, POLL).toBe(CREDITS + Number(told?.credits));
    expect((await upgrade(who, before.order)).body).toMatchObject({ status: 409, code: "preview_stale" });
  },
);
