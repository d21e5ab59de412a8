/** What subscriptions bring in a month stands in the ledger, moves with them and is reported from there. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startTestApp, type TestApp } from "../../../../test/harness/app.ts";
import type { Json } from "../../../../test/harness/client.ts";
import { addNeighbour, OWNER } from "../../../../test/harness/people.ts";
import { createSubscriber, movingClock } from "../../../../test/harness/subscriber.ts";
import plans from "../../../../config/plans.json" with { type: "json" };

vi.setConfig({ testTimeout: 120_000 });
const POLL = { timeout: 15_000, interval: 300 };
const clock = movingClock();
let t: TestApp;
beforeAll(async () => {
  t = await startTestApp({ clock, env: { PLANS: JSON.stringify(plans) } });
});
afterAll(() => t.close());

const standing = async () =>
  (
    await t.sql<{ unit: string; balance: string }>(
      "select unit, sum(balance)::text as balance from ledger.balances where account = 'recurring' group by unit",
    )
  ).map(({ unit, balance }) => [unit, Number(balance)]);
const kinds = async () =>
  (
    await t.sql<{ kind: string }>(
      "select kind from ledger.transactions where kind like 'recurring.%' order by posted_at, id",
    )
  ).map(({ kind }) => kind);
async function report(name: string): Promise<Json> {
  const operator = await t.signIn();
  const to = new Date(clock.now().getTime() + 1_000).toISOString();
  return (await operator.call("GET", `/api/reports/${name}?to=${to}`)).body;
}

test("it begins with the first payment, goes up with the plan and ends with it", async () => {
  await addNeighbour(t.sql, "monthly@example.com");
  const who = createSubscriber(t, clock, () => t.signIn({ ...OWNER, email: "monthly@example.com" }));
  const made = await who.subscribe();
  expect(await standing()).toEqual([]);
  await who.buyer.pay(String(made.body.url));
  await who.until({ status: "active" });
  await expect.poll(standing, POLL).toEqual([["usd", 2_900]]);

  const wanted = { plan_key: "enterprise", interval: "month", quantity: 1 };
  const preview = await who.call("POST", "/api/subscriptions/preview", wanted);
  const body = { ...wanted, preview_id: preview.body.preview_id };
  expect((await who.call("PUT", "/api/subscriptions/upgrade", body)).status).toBe(200);
  await who.until({ status: "active" });
  await expect.poll(standing, POLL).toEqual([["usd", 19_900]]);
  expect((await report("mrr")).totals).toEqual([
    { group: "total", unit: "usd", values: [2_900, 17_000, 0, 0, 1, 0, 19_900] },
  ]);
  const { body: revenue } = await (await t.signIn()).call("GET", "/api/admin/revenue");
  expect((revenue.totals as Json[]).find(({ currency }) => currency === "usd")).toMatchObject({
    mrr_minor: 19_900,
    arr_minor: 238_800,
    churn: null,
  });

  await who.call("POST", "/api/subscriptions/cancel", { at: "now" });
  await who.until({ status: "canceled" });
  await expect.poll(standing, POLL).toEqual([["usd", 0]]);
  // Whatever is heard of it again posts nothing.
  await who.advance(1);
  await who.current();
  expect(await kinds()).toEqual(["recurring.started", "recurring.raised", "recurring.ended"]);
  const ended = await report("mrr");
  expect(ended.totals).toEqual([
    { group: "total", unit: "usd", values: [2_900, 17_000, 0, 19_900, 1, 1, 0] },
  ]);
  expect(ended.rows).toHaveLength(1);
});

test("one that began before the ledger knew of it is posted by the clock, once", async () => {
  const begin = async (email: string, id: string) => {
    await addNeighbour(t.sql, email);
    const who = createSubscriber(t, clock, () => t.signIn({ ...OWNER, email }), "paypal");
    const { body: me } = await who.call("GET", "/api/auth/me");
    await t.sql(
      `insert into billing.subscriptions (org_id, id, mode, account_id, provider, plan_key, version_id, period, currency,
         amount_minor, quantity, status, operation_id, success_url, cancel_url, created_by, created_at, as_of, period_start, period_end)
       select $1, $3, 'test', 'paypal_default', 'paypal', plan_key, version_id, 'year', 'usd', 29000, 2, 'active',
         $3, '', '', 'system', $2, $2, $2, $2::timestamptz + interval '1 year'
       from billing.subscriptions where plan_key = 'enterprise' limit 1`,
      [(me.organization as Json).id, clock.now(), id],
    );
    return who;
  };
  const who = await begin("older@example.com", "sub_older");
  await expect.poll(standing, POLL).toEqual([["usd", 4_833]]);
  expect((await who.current()).status).toBe("active");
  // The run that posts another one passes over it.
  await begin("oldest@example.com", "sub_oldest");
  await expect.poll(standing, POLL).toEqual([["usd", 2 * 4_833]]);
});
