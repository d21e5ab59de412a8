import { afterAll, expect, test } from "vitest";
import { startTestApp } from "../../../../test/harness/app.ts";
import type { Client, Json } from "../../../../test/harness/client.ts";
import { addMember, OWNER } from "../../../../test/harness/people.ts";

const app = await startTestApp({ env: { SECOND_APPROVAL_CREDITS: "100", SECOND_APPROVAL_MAJOR_UNITS: "5" } });
afterAll(() => app.close());

const me = (await app.owner.call<{ organization: { id: string } }>("GET", "/api/auth/me")).body;
const org_id = me.organization.id;
await addMember(app.sql, { email: "second@operators.example", role: "viewer" });
await app.sql("update identity.users set is_operator = true where email = 'second@operators.example'");
const second = await app.signIn({ ...OWNER, email: "second@operators.example" });

type Made = Json & { id: string; state: string };
const post = (who: Client, path: string, body: Json = {}) => who.call<Made>("POST", path, { body });
const grantBy = (who: Client, amount: number, more: Json = {}) =>
  post(who, "/api/admin/grants", { org_id, unit: "credit", amount, reason: "Sorry for the outage", ...more });
const adjustBy = (who: Client, amount: number, more: Json = {}) =>
  post(who, "/api/admin/ledger/adjustments", {
    org_id,
    unit: "credit",
    amount,
    reason: "Counted twice",
    ...more,
  });
type Balance = { unit: string; available: number; debt: number };
const balance = async (unit = "credit") => {
  const { body } = await app.owner.call<{ data: Balance[] }>("GET", "/api/ledger/balances");
  const row = body.data.find((each) => each.unit === unit);
  return row ? { available: row.available, debt: row.debt } : null;
};

test("422: credits that would have expired already are not given", async () => {
  const before = await balance();
  const late = await grantBy(app.owner, 1_000, { expires_at: "2020-01-01T00:00:00Z" });
  expect([late.status, late.body.errors]).toEqual([
    422,
    [{ pointer: "/expires_at", detail: "is over already" }],
  ]);
  expect(await balance()).toEqual(before);
});

test("201: up to the bound one operator gives and takes alone, below zero as debt", async () => {
  const given = await grantBy(app.owner, 100_000_000);
  expect([given.status, given.body.state]).toEqual([201, "posted"]);
  expect(await balance()).toEqual({ available: 100_000_000, debt: 0 });
  expect((await adjustBy(app.owner, -99_000_000)).status).toBe(201);
  expect((await adjustBy(app.owner, -3_000_000)).status).toBe(201);
  expect(await balance()).toEqual({ available: 0, debt: 2_000_000 });
  expect((await adjustBy(app.owner, 2_500_000)).status).toBe(201);
  expect(await balance()).toEqual({ available: 500_000, debt: 0 });
  const { body } = await app.owner.call("POST", "/api/ledger/verify");
  expect(body.ok).toBe(true);
});

test.each(["1e6", "1000000.0", "-1E3", "1.5"])(
  "422 for %s as an amount; nothing is given",
  async (amount) => {
    const before = await balance();
    const asked = { org_id, unit: "credit", amount: 0, reason: "Amount: as one writes it" };
    const body = JSON.stringify(asked).replace('"amount":0', `"amount": ${amount}`);
    const { status, body: problem } = await app.owner.call("POST", "/api/admin/ledger/adjustments", { body });
    expect([status, problem.code]).toEqual([422, "invalid_input"]);
    expect(problem.errors).toMatchObject([{ pointer: "/amount" }]);
    expect(await balance()).toEqual(before);
  },
);

test("202: above the bound another operator approves, once, and never the one who asked", async () => {
  const before = (await balance())?.available ?? 0;
  const asked = await grantBy(app.owner, 100_000_001);
  expect([asked.status, asked.body.state]).toEqual([202, "pending"]);
  expect((await balance())?.available).toBe(before);
  expect((await app.mailbox("second@operators.example")).subject).toContain("waits for your approval");
  const path = `/api/admin/grants/${asked.body.id}`;
  const own = await post(app.owner, `${path}/approve`);
  expect([own.status, own.body.code]).toEqual([409, "own_request"]);
  const wrongKind = await post(second, `/api/admin/ledger/adjustments/${asked.body.id}/approve`);
  expect(wrongKind.status).toBe(404);
  const approvals = await Promise.all([1, 2, 3].map(() => post(second, `${path}/approve`)));
  expect(approvals.map(({ status }) => status).toSorted()).toEqual([200, 409, 409]);
  expect((await balance())?.available).toBe(before + 100_000_001);
  const late = await post(second, `${path}/reject`);
  expect([late.status, late.body.code]).toEqual([409, "already_decided"]);
});

test("a rejected request posts nothing; who asked may take it back", async () => {
  const before = await balance();
  const asked = await adjustBy(app.owner, -200_000_000);
  expect(asked.status).toBe(202);
  const taken = await post(app.owner, `/api/admin/ledger/adjustments/${asked.body.id}/reject`);
  expect([taken.status, taken.body.state]).toEqual([200, "rejected"]);
  expect(await balance()).toEqual(before);
  const list = await app.owner.call<{ data: Made[] }>("GET", "/api/admin/ledger/adjustments?state=rejected");
  expect(list.body.data).toMatchObject([
    { id: asked.body.id, requested_by_name: "Ona Owner", amount: -200_000_000 },
  ]);
});

test("a budget in a currency has its own bound; a retry of the request finds the same row", async () => {
  const headers = { "idempotency-key": "budget-1" };
  const body = { org_id, unit: "jpy", amount: 5, reason: "Postage for tests" };
  const first = await app.owner.call<Made>("POST", "/api/admin/grants", { body, headers });
  const again = await app.owner.call<Made>("POST", "/api/admin/grants", { body, headers });
  expect([first.status, again.status, again.body.id]).toEqual([201, 201, first.body.id]);
  expect(await balance("jpy")).toEqual({ available: 5, debt: 0 });
  expect((await grantBy(app.owner, 6, { unit: "jpy" })).status).toBe(202);
  expect((await grantBy(app.owner, 501, { unit: "usd" })).status).toBe(202);
});

test("404 and 422: nobody's organization, no such currency, no reason, expiry of what is taken", async () => {
  const unknown = await grantBy(app.owner, 5, { org_id: `org_${"0".repeat(31)}1` });
  expect(unknown.status).toBe(404);
  const coin = await grantBy(app.owner, 5, { unit: "xyz" });
  expect([coin.status, coin.body.code]).toEqual([422, "currency_not_supported"]);
  for (const more of [{ reason: "    a" }, { amount: 0 }, { amount: -5 }, { amount: 1.5 }, { amount: "5" }])
    expect((await grantBy(app.owner, 5, more)).status).toBe(422);
  expect((await adjustBy(app.owner, -5, { expires_at: "2030-01-01T00:00:00Z" })).status).toBe(422);
});

test("posts are counted by kind, and suspense is told", async () => {
  const metrics = await app.anonymous.call("GET", "/metrics");
  expect(metrics.text).toMatch(/holdfast_ledger_posts_total\{kind="grant"\} [1-9]/);
  expect(metrics.text).toMatch(/holdfast_ledger_posts_total\{kind="adjustment"\} 2/);
  expect(metrics.text).toMatch(/holdfast_ledger_check_faults 0/);
});
