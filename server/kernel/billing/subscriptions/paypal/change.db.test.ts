import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { startTestApp, type TestApp } from "../../../../../test/harness/app.ts";
import type { Json } from "../../../../../test/harness/client.ts";
import { createPaypalBuyer, type PaypalBuyer } from "../../../../../test/harness/paypal.ts";
import { addNeighbour, OWNER } from "../../../../../test/harness/people.ts";
import { createSubscriber, movingClock, type Subscriber } from "../../../../../test/harness/subscriber.ts";
import defaults from "../../../../../config/plans.json" with { type: "json" };

vi.setConfig({ testTimeout: 90_000 });
const POLL = { timeout: 30_000, interval: 50 };
const plans = structuredClone(defaults) as unknown as {
  plans: { key: string; credits_per_month: number; prices: Json[] }[];
};
for (const plan of plans.plans) {
  if (plan.key === "free") plan.credits_per_month = 0;
  if (plan.key === "pro") plan.prices.push({ currency: "jpy", interval: "month", amount_minor: 4_350 });
  if (plan.key === "enterprise")
    plan.prices.push({ currency: "jpy", interval: "month", amount_minor: 29_850 });
}

let t: TestApp;
let paypal: PaypalBuyer;
let people = 0;
beforeAll(async () => {
  t = await startTestApp({ haste: 20, env: { PLANS: JSON.stringify(plans) } });
  paypal = createPaypalBuyer(t);
});
afterAll(() => t.close());
afterEach(() => paypal.calm());

type Person = Subscriber & { org: string; wallet: string; session: string };
async function subscribed(body: Json = {}): Promise<Person> {
  people += 1;
  const email = `mover${people}@example.com`;
  const wallet = `approve+mover${people}@sandbox.test`;
  await addNeighbour(t.sql, email);
  const who = createSubscriber(t, movingClock(), () => t.signIn({ ...OWNER, email }), "paypal");
  const made = await who.subscribe(body);
  if (made.status !== 201) throw new Error(made.text);
  await paypal.approve(String(made.body.url), wallet);
  await who.until({ access: "plan" });
  const [row] = await t.sql<{ org_id: string }>("select org_id from billing.subscriptions where id = $1", [
    made.body.subscription_id,
  ]);
  return { ...who, wallet, org: row?.org_id ?? "", session: String(made.body.session_id) };
}
const to = (plan_key: string, more: Json = {}) => ({ plan_key, interval: "month", quantity: 1, ...more });
async function change(who: Subscriber, direction: "upgrade" | "downgrade", wanted: Json) {
  const preview = await who.call("POST", "/api/subscriptions/preview", wanted);
  if (preview.status !== 200) throw new Error(preview.text);
  const body = { ...wanted, preview_id: preview.body.preview_id };
  const answer = await who.call("PUT", `/api/subscriptions/${direction}`, body);
  return { preview: preview.body, answer, body };
}
/** The page that the change waits for now, another one than before. */
async function nextPage(who: Subscriber, before: string | null = null): Promise<string> {
  let url: unknown = null;
  const other = async () => {
    url = ((await who.current()).next_action as Json | null)?.url ?? null;
    return url !== null && url !== before;
  };
  await expect.poll(other, POLL).toBe(true);
  return String(url);
}
async function payAndAgree(who: Person): Promise<void> {
  const order = await nextPage(who);
  await paypal.approve(order, who.wallet);
  await paypal.approve(await nextPage(who, order), who.wallet);
}
const booked = async ({ org }: Person, unit = "usd") => {
  const rows = await t.sql<{ account: string; balance: string }>(
    "select account, balance::text from ledger.balances where org_id = $1 and unit = $2 and balance <> 0",
    [org, unit],
  );
  return Object.fromEntries(rows.map(({ account, balance }) => [account, Number(balance)]));
};
const laterPaid = async (who: Person) =>
  (await who.invoices())
    .filter(({ reason, status }) => reason !== "create" && status === "paid")
    .map(({ reason, paid_minor }) => ({ reason, paid_minor }));
const at = (who: Person) => paypal.api("GET", `/v1/billing/subscriptions/${who.session}`);
const idle = () =>
  t.sql("select type from webhooks.events where state in ('received', 'processing', 'waiting_retry')");
/** As if so much of the period had passed; PayPal's own clock stands. */
const passed = async (who: Person, days: number) => {
  // What comes later would tell the period anew.
  await expect.poll(idle, POLL).toEqual([]);
  await t.sql(
    `update billing.subscriptions set period_start = period_start - make_interval(days => $2),
       period_end = period_end - make_interval(days => $2) where org_id = $1`,
    [who.org, days],
  );
};

test.each(["usd", "jpy"])(
  "%s: an upgrade is charged exactly as previewed, then agreed to, and brings the credits of what is left",
  async (currency) => {
    const who = await subscribed({ currency });
    await passed(who, 10);
    const { preview, answer, body } = await change(who, "upgrade", to("enterprise"));
    const lines = preview.lines as Json[];
    expect(lines).toHaveLength(2);
    expect(preview.due_now_minor).toBe(lines.reduce((sum, line) => sum + Number(line.amount_minor), 0));
    expect(answer.body).toMatchObject({ plan: { key: "pro" }, next_action: { type: "redirect" } });
    expect((await who.call("PUT", "/api/subscriptions/upgrade", body)).body).toMatchObject({
      next_action: answer.body.next_action,
    });
    const order = await nextPage(who);
    await paypal.approve(order, who.wallet);
    const agreement = await nextPage(who, order);
    expect(await who.current()).toMatchObject({ plan: { key: "pro" } });
    await paypal.approve(agreement, who.wallet);
    expect(await who.until({ subscribed_plan: "enterprise" })).toMatchObject({
      access: "plan",
      next_action: null,
    });
    const due = Number(preview.due_now_minor);
    expect(await laterPaid(who)).toEqual([{ reason: "update", paid_minor: due }]);
    expect((await booked(who, currency)).revenue).toBe(-due - (currency === "usd" ? 2_900 : 4_350));
    const invoice = (await who.invoices()).find(({ reason }) => reason === "update");
    expect(((invoice?.lines ?? []) as Json[]).map(({ amount_minor }) => amount_minor)).toEqual(
      lines.map(({ amount_minor }) => amount_minor),
    );
    const wallet = (await booked(who, "credit")).wallet;
    expect(wallet).toBe(2_000_000_000 + Number(preview.credits_change_micros));
    expect((await change(who, "upgrade", to("pro"))).answer.body.code).toBe("wrong_direction");
  },
);

test("two upgrades in a period are each charged as previewed", async () => {
  const who = await subscribed();
  const first = await change(who, "upgrade", to("pro", { quantity: 3 }));
  await payAndAgree(who);
  await who.until({ quantity: 3 });
  const second = await change(who, "upgrade", to("enterprise", { quantity: 3 }));
  await payAndAgree(who);
  await who.until({ subscribed_plan: "enterprise" });
  expect((await laterPaid(who)).map(({ paid_minor }) => paid_minor).toSorted()).toEqual(
    [Number(first.preview.due_now_minor), Number(second.preview.due_now_minor)].toSorted(),
  );
});

test("up and down in a day: what was paid stays until the period ends, and going back up costs nothing", async () => {
  const who = await subscribed();
  await change(who, "upgrade", to("enterprise"));
  await payAndAgree(who);
  await who.until({ subscribed_plan: "enterprise" });
  const down = await change(who, "downgrade", to("pro"));
  expect(down.preview).toMatchObject({ direction: "down", due_now_minor: 0 });
  // Nothing is scheduled before the buyer agrees.
  expect(down.answer.body).toMatchObject({ plan: { key: "enterprise" }, scheduled_change: null });
  await paypal.approve(await nextPage(who), who.wallet);
  const scheduled = async () => (await who.current()).scheduled_change;
  await expect.poll(scheduled, POLL).toMatchObject({ plan_key: "pro", amount_minor: 2_900 });
  expect(await who.current()).toMatchObject({ plan: { key: "enterprise" }, next_action: null });
  const paid = await laterPaid(who);
  await change(who, "upgrade", to("enterprise"));
  await paypal.approve(await nextPage(who), who.wallet);
  await expect.poll(scheduled, POLL).toBeNull();
  expect(await who.current()).toMatchObject({ plan: { key: "enterprise" }, next_action: null });
  expect(await laterPaid(who)).toEqual(paid);
});

test("order of a change approved, never captured: the money is taken later, and the change goes on", async () => {
  const who = await subscribed();
  const { preview } = await change(who, "upgrade", to("enterprise"));
  const order = await nextPage(who);
  await paypal.fault({ match: { method: "POST", path: "*/capture" }, fault: "reset", effect: "none" });
  await paypal.fault({ on: "webhook", fault: "drop", probability: 1 });
  await paypal.approve(order, who.wallet);
  expect(await who.current()).toMatchObject({ plan: { key: "pro" } });
  expect(await laterPaid(who)).toEqual([]);
  await paypal.calm();
  // The sweep asks for orders that were silent for a quarter of an hour; here the buyer looks in first.
  await t.sql(
    "update billing.payments set as_of = as_of - interval '1 hour' where org_id = $1 and status = 'requires_payment_method'",
    [who.org],
  );
  const id = new URL(order).searchParams.get("token");
  await t.anonymous.call("GET", `/checkout/session/${id}`);
  await paypal.approve(await nextPage(who, order), who.wallet);
  await who.until({ subscribed_plan: "enterprise" });
  expect(await laterPaid(who)).toEqual([{ reason: "update", paid_minor: preview.due_now_minor }]);
});

test("a change that PayPal refuses after it was paid for leaves the old plan and pays back", async () => {
  const who = await subscribed();
  const { preview } = await change(who, "upgrade", to("enterprise"));
  const due = Number(preview.due_now_minor);
  const order = await nextPage(who);
  await paypal.fault({
    match: { method: "POST", path: "*/revise" },
    fault: "status",
    params: { status: 422 },
    times: 1,
  });
  await paypal.approve(order, who.wallet);
  await expect.poll(async () => (await booked(who)).refunds, POLL).toBe(due);
  expect(await who.current()).toMatchObject({ plan: { key: "pro" }, next_action: null });
  expect((await at(who)).status).toBe("ACTIVE");
  expect((await booked(who, "credit")).wallet).toBe(2_000_000_000);
});

test("a change that is paid for and not agreed to in time leaves the old plan and pays back", async () => {
  const who = await subscribed();
  const { preview } = await change(who, "upgrade", to("enterprise"));
  const order = await nextPage(who);
  await paypal.approve(order, who.wallet);
  const agreement = await nextPage(who, order);
  await t.sql(
    "update billing.previews set approve_until = now() where org_id = $1 and approve_url is not null",
    [who.org],
  );
  await expect.poll(async () => (await booked(who)).refunds, POLL).toBe(Number(preview.due_now_minor));
  expect(await who.current()).toMatchObject({ plan: { key: "pro" }, next_action: null });
  // Agreed to all the same, it waits for the period that is billed at its price.
  await paypal.approve(agreement, who.wallet);
  const later = async () => (await who.current()).scheduled_change;
  await expect.poll(later, POLL).toMatchObject({ plan_key: "enterprise", amount_minor: 19_900 });
  expect(await who.current()).toMatchObject({ plan: { key: "pro" }, next_action: null });
});

test("an order that was paid for after another was made is paid back; the newer one counts", async () => {
  const who = await subscribed();
  const first = await change(who, "upgrade", to("pro", { quantity: 2 }));
  const older = await nextPage(who);
  await change(who, "upgrade", to("enterprise"));
  const newer = await nextPage(who, older);
  await paypal.approve(older, who.wallet);
  await expect.poll(async () => (await booked(who)).refunds, POLL).toBe(Number(first.preview.due_now_minor));
  await paypal.approve(newer, who.wallet);
  await paypal.approve(await nextPage(who, newer), who.wallet);
  await who.until({ subscribed_plan: "enterprise", quantity: 1 });
});

test("downgrade over limits: refused before the buyer is asked, and says what is in the way", async () => {
  const who = await subscribed({ plan_key: "enterprise" });
  await t.sql(
    `with people as (
       insert into identity.users (id, email, full_name, created_at)
       select 'usr_' || lpad(to_hex(n), 32, '0'), 'seat' || n || '@example.com', 'Seat', now()
       from generate_series(1, 30) n returning id)
     insert into tenancy.memberships (org_id, user_id, role, created_at) select $1, id, 'viewer', now() from people`,
    [who.org],
  );
  const { preview, answer } = await change(who, "downgrade", to("pro"));
  expect(preview.blockers).toEqual([{ limit: "seats", allowed: 25, used: 31 }]);
  expect(answer.body).toMatchObject({ code: "limits_exceeded", blockers: preview.blockers });
  expect(await who.current()).toMatchObject({ scheduled_change: null, next_action: null });
});

test("in a trial a change costs nothing", async () => {
  const who = await subscribed({ trial: true });
  const { preview } = await change(who, "upgrade", to("enterprise"));
  expect(preview).toMatchObject({ due_now_minor: 0, lines: [] });
  await paypal.approve(await nextPage(who), who.wallet);
  await who.until({ subscribed_plan: "enterprise", status: "trialing" });
});

test("422 for another interval: PayPal goes on with the one that was agreed to", async () => {
  const who = await subscribed();
  const year = await who.call("POST", "/api/subscriptions/preview", to("pro", { interval: "year" }));
  expect([year.status, (year.body.errors as Json[])[0]?.pointer]).toEqual([422, "/interval"]);
});
