import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startTestApp, type TestApp } from "../../../../../test/harness/app.ts";
import type { Json } from "../../../../../test/harness/client.ts";
import {
  addSubscribed,
  movingClock,
  payBy,
  type Subscribed,
  type Subscriber,
} from "../../../../../test/harness/subscriber.ts";
import { PLANS_WITHOUT_GIFTS } from "../../../../../test/harness/plans.ts";

const clock = movingClock();
let t: TestApp;
let people = 0;
vi.setConfig({ testTimeout: 120_000 });

beforeAll(async () => {
  t = await startTestApp({ clock, env: { PLANS: PLANS_WITHOUT_GIFTS } });
});
afterAll(() => t.close());

const subscribed = (body: Json = {}): Promise<Subscribed> =>
  addSubscribed(t, clock, `changer${(people += 1)}@example.com`, { body });
const to = (plan_key: string, more: Json = {}) => ({ plan_key, interval: "month", quantity: 1, ...more });

async function change(who: Subscriber, direction: "upgrade" | "downgrade", wanted: Json) {
  const preview = await who.call("POST", "/api/subscriptions/preview", wanted);
  if (preview.status !== 200) throw new Error(preview.text);
  const body = { ...wanted, preview_id: preview.body.preview_id };
  return {
    preview: preview.body,
    answer: await who.call("PUT", `/api/subscriptions/${direction}`, body),
    body,
  };
}
const POLL = { timeout: 15_000, interval: 500 };
const wallet = async ({ org }: { org: string }) => {
  const [row] = await t.sql<{ balance: string }>(
    "select balance::text from ledger.balances where org_id = $1 and account = 'wallet' and unit = 'credit'",
    [org],
  );
  return BigInt(row?.balance ?? 0);
};
/** Everything that was invoiced and paid, but for the first invoice. */
const laterPaid = async (who: Subscriber) =>
  (await who.invoices())
    .filter(({ reason, status }) => reason !== "create" && status === "paid")
    .map(({ reason, paid_minor }) => ({ reason, paid_minor }));

test("an upgrade charges exactly its preview, and adds the credits of what is left; sent again it changes nothing", async () => {
  const who = await subscribed();
  await expect.poll(() => wallet(who), POLL).toBe(2_000_000_000n);
  await who.advance(10);
  const { preview, answer, body } = await change(who, "upgrade", to("enterprise"));
  expect(preview).toMatchObject({ direction: "up", blockers: [], next_invoice_minor: 19_900 });
  expect(Number(preview.due_now_minor)).toBeGreaterThan(10_000);
  expect(answer.body).toMatchObject({ plan: { key: "enterprise" }, access: "plan" });
  await expect
    .poll(() => laterPaid(who), POLL)
    .toEqual([{ reason: "update", paid_minor: Number(preview.due_now_minor) }]);
  await expect
    .poll(() => wallet(who), POLL)
    .toBe(2_000_000_000n + BigInt(Number(preview.credits_change_micros)));
  expect((await who.call("PUT", "/api/subscriptions/upgrade", body)).status).toBe(200);
  expect(await laterPaid(who)).toHaveLength(1);
  const stale = await change(who, "upgrade", to("enterprise", { quantity: 2 }));
  expect(stale.answer.status).toBe(200);
  const [second] = await t.sql<{ number: string }>(
    "select count(*) as number from billing.previews where org_id = $1 and done_at is not null",
    [who.org],
  );
  expect(Number(second?.number)).toBe(2);
});

test("two upgrades in a period are each charged as previewed", async () => {
  const who = await subscribed();
  await who.advance(5);
  const first = await change(who, "upgrade", to("pro", { quantity: 3 }));
  await who.advance(5);
  const second = await change(who, "upgrade", to("enterprise", { quantity: 3 }));
  expect([first.answer.status, second.answer.status]).toEqual([200, 200]);
  await expect
    .poll(async () => (await laterPaid(who)).map(({ paid_minor }) => paid_minor).toSorted(), POLL)
    .toEqual([Number(first.preview.due_now_minor), Number(second.preview.due_now_minor)].toSorted());
});

test("up and down in a day: what was paid stays until the period ends, and going back up costs nothing", async () => {
  const who = await subscribed();
  await change(who, "upgrade", to("enterprise"));
  const down = await change(who, "downgrade", to("pro"));
  expect(down.preview).toMatchObject({ direction: "down", due_now_minor: 0 });
  expect(down.answer.body).toMatchObject({
    plan: { key: "enterprise" },
    scheduled_change: { plan_key: "pro", amount_minor: 2_900 },
  });
  await expect.poll(() => laterPaid(who), POLL).toHaveLength(1);
  const paid = await laterPaid(who);
  const back = await change(who, "upgrade", to("enterprise"));
  expect(back.answer.body).toMatchObject({ plan: { key: "enterprise" }, scheduled_change: null });
  expect(await laterPaid(who)).toEqual(paid);
  expect((await change(who, "upgrade", to("pro"))).answer.body.code).toBe("wrong_direction");
  await change(who, "downgrade", to("pro"));
  await who.advance(32);
  expect(await who.until({ scheduled_change: null, subscribed_plan: "pro" })).toMatchObject({
    plan: { key: "pro" },
    amount_minor: 2_900,
  });
  // The renewal brings the credits of the plan that it pays for.
  await expect.poll(() => wallet(who), POLL).toBe(2_000_000_000n);
});

test("downgrade over limits: refused, and says what is in the way", async () => {
  const who = await subscribed(to("enterprise"));
  await t.sql(
    `with people as (
       insert into identity.users (id, email, full_name, created_at)
       select 'usr_' || lpad(to_hex(n + 1000 * $2::int), 32, '0'), 'seat' || n || '-' || $2 || '@example.com', 'Seat', now()
       from generate_series(1, 30) n returning id)
     insert into tenancy.memberships (org_id, user_id, role, created_at) select $1, id, 'viewer', now() from people`,
    [who.org, people],
  );
  const { preview, answer } = await change(who, "downgrade", to("pro"));
  expect(preview.blockers).toEqual([{ limit: "seats", allowed: 25, used: 31 }]);
  expect(answer.body).toMatchObject({ code: "limits_exceeded", blockers: preview.blockers });
  expect(await who.current()).toMatchObject({ scheduled_change: null });
});

test("an upgrade whose card is refused leaves the old plan, and charges nothing", async () => {
  const who = await subscribed();
  await payBy(t, who, "pm_card_chargeCustomerFail");
  const { answer } = await change(who, "upgrade", to("enterprise"));
  expect([answer.status, answer.body.code]).toEqual([502, "provider_refused"]);
  expect(await who.current()).toMatchObject({ plan: { key: "pro" }, access: "plan" });
  expect(await laterPaid(who)).toEqual([]);
});

test("three failures, then paid: grace, the free plan's limits, and the plan again at once", async () => {
  const who = await subscribed();
  await payBy(t, who, "pm_card_chargeCustomerFail");
  await who.advance(32);
  const late = await who.until({ status: "past_due" });
  expect(late).toMatchObject({ access: "grace", plan: { key: "pro" }, grace: { max_failed_payments: 3 } });
  await who.advance(2);
  await who.advance(4);
  const over = await who.until({ status: "suspended" });
  expect(over).toMatchObject({ access: "free", plan: { key: "free" }, grace: { failed_payments: 3 } });
  await payBy(t, who, "pm_card_visa");
  const [open] = await t.sql<{ id: string }>(
    "select provider_invoice_id as id from billing.invoices where org_id = $1 and status = 'open'",
    [who.org],
  );
  await who.buyer.stripe(`/invoices/${open?.id}/pay`);
  expect(await who.until({ status: "active" })).toMatchObject({ access: "plan", grace: null });
  await expect.poll(() => laterPaid(who), POLL).toEqual([{ reason: "cycle", paid_minor: 2_900 }]);
});

/** What leads the subscription at Stripe, if anything does. */
async function scheduleAtStripe({ org }: { org: string }): Promise<unknown> {
  const [row] = await t.sql<{ id: string }>(
    "select provider_subscription_id as id from billing.subscriptions where org_id = $1",
    [org],
  );
  const { base_url, api_key } = t.credentials.stripe;
  const answer = await fetch(`${base_url}/v1/subscriptions/${row?.id}`, {
    headers: { authorization: `Bearer ${api_key}` },
  });
  return ((await answer.json()) as { schedule: unknown }).schedule;
}
const yearly = { interval: "year" };

test("a year becomes months when it ends: nothing is charged before, and by the month from then on", async () => {
  const who = await subscribed(yearly);
  const down = await change(who, "downgrade", to("pro"));
  expect(down.preview).toMatchObject({ direction: "down", due_now_minor: 0, next_invoice_minor: 2_900 });
  const { body } = down.answer;
  expect(body).toMatchObject({
    interval: "year",
    amount_minor: 29_000,
    scheduled_change: {
      plan_key: "pro",
      interval: "month",
      amount_minor: 2_900,
      effective_at: (body.current_period as Json).end,
    },
  });
  // The same order again changes nothing more.
  expect((await who.call("PUT", "/api/subscriptions/downgrade", down.body)).body).toEqual(body);
  expect(await scheduleAtStripe(who)).toMatch(/^sub_sched_/);
  expect(await laterPaid(who)).toEqual([]);
  // A leap year, and the hour in which its invoice is a draft.
  await who.advance(367);
  expect(await who.until({ interval: "month", scheduled_change: null })).toMatchObject({
    plan: { key: "pro" },
    amount_minor: 2_900,
    status: "active",
  });
  await expect.poll(() => laterPaid(who), POLL).toEqual([{ reason: "cycle", paid_minor: 2_900 }]);
});

test("a year that is to become months: no upgrade meanwhile, taken back at no cost, let go of by an end", async () => {
  const who = await subscribed(yearly);
  await change(who, "downgrade", to("pro"));
  const up = await who.call("POST", "/api/subscriptions/preview", to("enterprise", yearly));
  expect(up.body).toMatchObject({ status: 409, code: "change_scheduled" });
  const back = await change(who, "upgrade", to("pro", yearly));
  expect(back.answer.body).toMatchObject({ interval: "year", scheduled_change: null });
  expect(await scheduleAtStripe(who)).toBeNull();
  await change(who, "downgrade", to("pro"));
  expect(await scheduleAtStripe(who)).toMatch(/^sub_sched_/);
  const ended = await who.call("POST", "/api/subscriptions/cancel", {});
  expect(ended.body).toMatchObject({ cancel_at_period_end: true });
  expect(await who.current()).toMatchObject({ scheduled_change: null, interval: "year" });
  expect(await scheduleAtStripe(who)).toBeNull();
  const again = await who.call("POST", "/api/subscriptions/reactivate");
  expect(again.body).toMatchObject({ cancel_at_period_end: false, scheduled_change: null });
  expect(await laterPaid(who)).toEqual([]);
});
