/** Operators see every organization's payments, page by page, and each version of each plan with who has it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../../test/harness/app.ts";
import type { Json } from "../../../../test/harness/client.ts";
import { addNeighbour, OWNER } from "../../../../test/harness/people.ts";
import { newId } from "../../../platform/ids.ts";

let t: TestApp;

beforeAll(async () => {
  t = await startTestApp();
  await addNeighbour(t.sql, "other@buyers.example");
});
afterAll(() => t.close());

/** A payment of the organization of this person, so many minutes old. */
async function aPayment(email: string, status: string, provider: string, minutes: number): Promise<string> {
  const id = newId("pay");
  const rows = await t.sql(
    `insert into billing.payments (org_id, id, mode, account_id, provider, purpose, pack_key, amount_minor, currency,
       credits_micros, status, operation_id, success_url, cancel_url, as_of, created_by, created_at)
     select d.org_id, $1, 'test', 'acct_default', $3, 'credits', 'starter', 1000, 'usd', 1, $2, $1, '', '', now(), 'test',
       now() - make_interval(mins => $5)
     from tenancy.member_directory d join identity.users u on u.id = d.user_id where u.email = $4 limit 1
     returning id`,
    [id, status, provider, email, minutes],
  );
  expect(rows).toHaveLength(1);
  return id;
}

const list = async (
  query: string,
): Promise<{ data: Json[]; has_more: boolean; next_cursor: string | null }> => {
  const operator = await t.signIn();
  const { status, body } = await operator.call("GET", `/api/admin/payments?${query}`);
  expect(status).toBe(200);
  return body as never;
};

test("payments of all organizations, newest first, one page after the other, and filtered", async () => {
  const ids = [
    await aPayment("other@buyers.example", "succeeded", "stripe", 1),
    await aPayment("other@buyers.example", "failed", "paypal", 2),
    await aPayment(OWNER.email, "succeeded", "paypal", 3),
  ];
  const first = await list("limit=2");
  expect(first.data.map(({ id }) => id)).toEqual(ids.slice(0, 2));
  expect(first.has_more).toBe(true);
  const second = await list(`limit=2&cursor=${first.next_cursor}`);
  expect(second.data.map(({ id }) => id)).toEqual([ids[2]]);
  expect(second.has_more).toBe(false);
  const failed = await list("status=failed&provider=paypal");
  expect(failed.data.map(({ id }) => id)).toEqual([ids[1]]);
  const org = String(first.data[0]?.["org_id"]);
  expect((await list(`org_id=${org}`)).data).toHaveLength(2);
  expect((await list(`org_id=${newId("org")}`)).data).toEqual([]);
  expect(first.data[0]?.["organization"]).toEqual(expect.any(String));
});

test("each version of a plan is there with how many have it, and says whether it is on sale", async () => {
  await t.sql(
    `insert into billing.plan_versions (id, plan_key, number, content, created_at)
     select 'pro:before', 'pro', 2, jsonb_set(content, '{credits_per_month}', '7'), now() from billing.plan_versions
     where plan_key = 'pro'`,
  );
  await t.sql(
    `insert into billing.subscriptions (org_id, id, mode, account_id, provider, plan_key, version_id, period, quantity,
       currency, amount_minor, status, operation_id, created_by, created_at, as_of)
     select org_id, $1, 'test', 'acct_default', 'stripe', 'pro', 'pro:before', 'month', 1, 'usd', 2900, 'active', $1, 'test',
       now(), now()
     from tenancy.organizations limit 1`,
    [newId("sub")],
  );
  const operator = await t.signIn();
  const { body } = await operator.call<{ data: Json[] }>("GET", "/api/admin/plans");
  const pro = body.data.filter(({ key }) => key === "pro");
  expect(
    pro.map(({ number, on_sale, subscribers, credits_micros }) => [
      number,
      on_sale,
      subscribers,
      credits_micros,
    ]),
  ).toEqual([
    [2, false, 1, 7_000_000],
    [1, true, 0, 2_000_000_000],
  ]);
  expect(body.data[0]?.["key"]).toBe("free");
});
