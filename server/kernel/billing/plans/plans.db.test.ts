import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../../test/harness/app.ts";
import type { Json } from "../../../../test/harness/client.ts";
import defaults from "../../../../config/plans.json" with { type: "json" };

const DAY_MS = 86_400_000;
let aheadMs = 0;
const clock = { now: () => new Date(Date.now() + aheadMs) };
let t: TestApp;
let userId = "";

beforeAll(async () => {
  t = await startTestApp({ clock, haste: 20, env: { PLANS: JSON.stringify(defaults) } });
  userId = String(((await t.owner.call("GET", "/api/auth/me")).body.user as Json).id);
});
afterAll(() => t.close());

type Grant = { kind: string; amount: string; remaining: string; reference: string };
const grants = () =>
  t.sql<Grant>(
    "select kind, amount::text, remaining::text, reference from ledger.grants order by created_at, id",
  );
/** A session of its own: the clock that moves ends the others. */
const asOwner = async () => t.signIn();
const current = async () => (await (await asOwner()).call("GET", "/api/subscriptions/current")).body;
const give = async (body: Json) =>
  (await asOwner()).call("PUT", `/api/admin/users/${userId}/plan`, { body: { reason: "A test", ...body } });

test("plans are told to anybody, by rank, their features side by side", async () => {
  const { body } = await t.anonymous.call("GET", "/api/subscriptions/plans?interval=year&currency=usd");
  expect(body).toMatchObject({
    data: [
      { key: "free", prices: [], credits_micros: 100_000_000, limits: { seats: 5 } },
      { key: "pro", prices: [{ interval: "year", amount_minor: 29_000 }], trial: { days: 14 } },
      { key: "enterprise", prices: [{ interval: "year", amount_minor: 199_000 }], trial: null },
    ],
  });
  expect((body.features as Json[]).find(({ key }) => key === "sso")).toMatchObject({
    values: [false, true, true],
  });
  const { body: none } = await t.anonymous.call("GET", "/api/subscriptions/plans?currency=jpy");
  expect((none.data as Json[]).map(({ key }) => key)).toEqual(["free"]);
});

test("an organization that pays for nothing gets the free plan's credits once a month, on its own day", async () => {
  expect(await current()).toMatchObject({ plan: { key: "free" }, access: "free", status: "none" });
  await expect.poll(grants, { timeout: 15_000 }).toMatchObject([{ kind: "plan", amount: "100000000" }]);
  const { body: usage } = await t.owner.call("GET", "/api/subscriptions/usage");
  expect(usage).toMatchObject({
    credits: { granted_micros: 100_000_000, used_micros: 0, available_micros: 100_000_000 },
    limits: { seats: { limit: 5, used: 1 } },
  });
  aheadMs += 32 * DAY_MS;
  await expect.poll(async () => (await grants()).length, { timeout: 15_000 }).toBe(2);
  const [, second] = await grants();
  expect(second).toMatchObject({ amount: "100000000", reference: "free:test:1" });
});

test("a gift opens a plan for its months at no charge, with its credits, and ends by itself", async () => {
  const answer = await give({ plan: "pro", months: 2 });
  expect(answer.status).toBe(200);
  expect(answer.body).toMatchObject({
    plan: { key: "pro" },
    access: "plan",
    status: "active",
    provider: "none",
    amount_minor: 0,
  });
  expect((await (await asOwner()).call("GET", "/api/team/licenses")).body).toMatchObject({ seats: 25 });
  const gifts = async () => (await grants()).filter(({ kind }) => kind === "gift");
  expect(await gifts()).toMatchObject([{ amount: "2000000000" }]);
  expect(await t.sql("select kind from ledger.transactions where kind like 'payment%'")).toEqual([]);
  aheadMs += 32 * DAY_MS;
  await expect.poll(async () => (await gifts()).length, { timeout: 15_000 }).toBe(2);
  aheadMs += 32 * DAY_MS;
  await expect.poll(async () => (await current()).status, { timeout: 15_000 }).toBe("canceled");
  expect(await current()).toMatchObject({ plan: { key: "free" }, access: "free" });
  expect(await gifts()).toHaveLength(2);
  const { body: revenue } = await (await asOwner()).call("GET", "/api/admin/revenue");
  expect(revenue.totals).toMatchObject([{ mrr_minor: 0, arr_minor: 0, churn: null }]);
});

test("a gift is taken back by the free plan, and nobody else's organization can be given one", async () => {
  await give({ plan: "enterprise" });
  expect(await current()).toMatchObject({ plan: { key: "enterprise" }, current_period: { end: null } });
  await give({ plan: "free" });
  expect(await current()).toMatchObject({ plan: { key: "free" }, status: "canceled" });
  await t.neighbour();
  const [other] = await t.sql<{ org_id: string }>(
    "select org_id from tenancy.organizations where name = 'Next door'",
  );
  expect((await give({ plan: "pro", org_id: other?.org_id })).status).toBe(404);
  expect((await give({ plan: "gold" })).status).toBe(422);
  const trail = await t.sql("select 1 from identity.audit_entries where action = 'plan.given'");
  expect(trail).toHaveLength(3);
});

test("parallel gifts leave one live subscription", async () => {
  const answers = await Promise.all(["pro", "pro", "enterprise"].map((plan) => give({ plan, months: 1 })));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  const live = await t.sql("select 1 from billing.subscriptions where status = 'active'");
  expect(live).toHaveLength(1);
});

test("plan gone from the file: it goes on for those who have it", async () => {
  await give({ plan: "enterprise", months: 3 });
  const without = { ...defaults, plans: defaults.plans.filter(({ key }) => key !== "enterprise") };
  const another = await t.startAnother({ PLANS: JSON.stringify(without), ROLE: "api" });
  const cookie = (await asOwner()).headers;
  const answer = await fetch(`${another.url}/api/subscriptions/current`, { headers: cookie });
  expect(await answer.json()).toMatchObject({ plan: { key: "enterprise", limits: { seats: 1_000 } } });
  const versions = await t.sql("select number from billing.plan_versions where plan_key = 'enterprise'");
  expect(versions).toEqual([{ number: 1 }]);
});
