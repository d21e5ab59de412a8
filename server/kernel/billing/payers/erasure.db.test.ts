/** What names payers: told whole, and erased with its organization or its person, here and at both companies. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../../test/harness/app.ts";
import { createBuyer, type Buyer } from "../../../../test/harness/buyer.ts";
import type { Client, Json } from "../../../../test/harness/client.ts";
import { createPaypalBuyer, type PaypalBuyer } from "../../../../test/harness/paypal.ts";
import { addNeighbour, OWNER } from "../../../../test/harness/people.ts";
import { systemClock } from "../../../platform/clock.ts";
import { createDb, withTx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { payerActions } from "../index.ts";

const NAME = "Ada Payer";
const POLL = { timeout: 30_000, interval: 100 };
const ADDRESS = {
  line1: "1 Analytical Way",
  line2: null,
  city: "London",
  state: null,
  postal_code: "N1",
  country: "GB",
};
const VAT = { type: "eu_vat", value: "DE123456789" };

let t: TestApp;
let cards: Buyer;
let wallets: PaypalBuyer;
let people = 0;

beforeAll(async () => {
  t = await startTestApp({ haste: 20 });
  cards = createBuyer(t);
  wallets = createPaypalBuyer(t);
});
afterAll(() => t.close());

type Payer = { who: Client; orgId: OrgId; email: string; customerId: string };

/** Somebody who has said who pays, and keeps a wallet under their own address. */
async function payer(): Promise<Payer> {
  people += 1;
  const email = `approve+erased${people}@sandbox.test`;
  await addNeighbour(t.sql, email);
  const who = await t.signIn({ ...OWNER, email });
  const [row] = await t.sql<{ org_id: OrgId }>(
    `update tenancy.organizations set personal = false
     where org_id = (select d.org_id from tenancy.member_directory d join identity.users u on u.id = d.user_id
       where u.email = $1) returning org_id`,
    [email],
  );
  if (!row) throw new Error("no organization");
  const body = { name: NAME, email, address: ADDRESS, tax_ids: [VAT] };
  const said = await who.call("PUT", "/api/billing/customer", { body });
  expect(said.body, said.text).toMatchObject({ state: "told" });
  const setup = await who.call("POST", "/api/payment-methods/setup", { body: { provider: "paypal" } });
  expect(setup.status, setup.text).toBe(201);
  await wallets.approve(String(setup.body.url), email);
  await expect.poll(async () => (await methodsOf(who)).length, POLL).toBe(1);
  return { who, orgId: row.org_id, email, customerId: String(said.body.provider_customer_id) };
}
const methodsOf = async (who: Client) => (await who.call("GET", "/api/payment-methods")).body.data as Json[];
async function atStripe(path: string): Promise<Json> {
  const answer = await fetch(`${t.credentials.stripe.base_url}/v1${path}`, {
    headers: { authorization: `Bearer ${t.credentials.stripe.api_key}` },
  });
  return (await answer.json()) as Json;
}
/** Whatever of these tables still names somebody. */
const written = async (orgId: OrgId) => {
  const [row] = await t.sql<{ rest: string }>(
    `select concat_ws(' ', (select string_agg(c::text, ' ') from billing.customers c where org_id = $1),
       (select string_agg(m::text, ' ') from billing.payment_methods m where org_id = $1)) as rest`,
    [orgId],
  );
  return row?.rest ?? "";
};
const walletsAtPaypal = async (orgId: OrgId) => {
  const rows = await t.sql<{ id: string }>(
    "select provider_method_id as id from billing.payment_methods where org_id = $1 and provider = 'paypal'",
    [orgId],
  );
  const found: string[] = [];
  for (const { id } of rows)
    found.push(
      await wallets.api("GET", `/v3/vault/payment-tokens/${id}`).then(
        () => "kept",
        (error: unknown) => (String(error).includes("RESOURCE_NOT_FOUND") ? "gone" : String(error)),
      ),
    );
  return found;
};

test("all that names payers is told to those who may see it", async () => {
  const { who, email, customerId } = await payer();
  const { body, status } = await who.call("GET", "/api/billing/customer/export");
  expect(status).toBe(200);
  expect(body.customers).toContainEqual(
    expect.objectContaining({
      account_id: "acct_default",
      provider_customer_id: customerId,
      name: NAME,
      email,
      address: ADDRESS,
      tax_ids: [VAT],
    }),
  );
  expect(body.payment_methods).toMatchObject([{ provider: "paypal", email, detached_at: null }]);
});

test("an organization that is deleted takes its payers along: here at once, at the companies soon; amounts stay", async () => {
  const { who, orgId, email, customerId } = await payer();
  const started = await who.call("POST", "/api/subscriptions/subscribe", {
    body: { plan_key: "pro", interval: "month" },
  });
  await cards.pay(String(started.body.url));
  const status = async () =>
    (
      await t.sql<{ status: string }>("select status from billing.subscriptions where org_id = $1", [orgId])
    )[0]?.status;
  await expect.poll(status, POLL).toBe("active");
  await expect.poll(async () => (await methodsOf(who)).length, POLL).toBe(2);
  expect(await walletsAtPaypal(orgId)).toEqual(["kept"]);
  const deleted = await who.call("DELETE", `/api/organizations/${orgId}`);
  expect(deleted.status, deleted.text).toBe(204);
  const rest = await written(orgId);
  for (const told of [NAME, email, ADDRESS.line1, VAT.value, "4242"]) expect(rest).not.toContain(told);
  await expect.poll(status, POLL).toBe("canceled");
  await expect.poll(() => atStripe(`/customers/${customerId}`), POLL).toMatchObject({ deleted: true });
  await expect.poll(() => walletsAtPaypal(orgId), POLL).toEqual(["gone"]);
  const left = `select 1 from billing.customers where org_id = $1 and erased_there_at is null`;
  await expect.poll(() => t.sql(left, [orgId]), POLL).toEqual([]);
  // Whatever the companies told of it on the way, nothing is learned again.
  expect(await written(orgId)).not.toContain(email);
  const kept = await t.sql<{ amount_minor: string }>(
    "select amount_minor from billing.payments where org_id = $1 and status = 'succeeded'",
    [orgId],
  );
  expect(kept.map(({ amount_minor }) => Number(amount_minor))).toEqual([2_900]);
});

test("a person who is erased takes along what names them alone, where the organization goes on", async () => {
  const { who, orgId, email, customerId } = await payer();
  const db = createDb({ url: t.database.url, max: 1 });
  const { forgetPerson } = payerActions({ clock: systemClock });
  await withTx(db, orgId, (tx) => forgetPerson(tx, orgId, { email, fullName: NAME }));
  await db.close();
  const rest = await written(orgId);
  for (const told of [NAME, email]) expect(rest).not.toContain(told);
  expect((await who.call("GET", "/api/billing/customer")).body).toMatchObject({
    name: null,
    email: null,
    address: ADDRESS,
    tax_ids: [VAT],
  });
  await expect
    .poll(() => atStripe(`/customers/${customerId}`), POLL)
    .toMatchObject({ name: null, email: null, address: ADDRESS });
  await expect.poll(() => walletsAtPaypal(orgId), POLL).toEqual(["gone"]);
  expect(await methodsOf(who)).toEqual([]);
});

test("wallets that PayPal never forgets do not hold up those behind them", async () => {
  const { orgId } = await payer();
  const [own] = await t.sql<{ id: string }>(
    "select id from billing.payment_methods where org_id = $1 and provider = 'paypal'",
    [orgId],
  );
  await wallets.fault({
    match: { method: "DELETE", path: "*/payment-tokens/refused*" },
    fault: "status",
    params: { status: 403 },
  });
  // As many as are taken at once, and all older than the one that PayPal would forget.
  await t.sql(
    `insert into billing.payment_methods
     select (jsonb_populate_record(m, jsonb_build_object('id', m.id || n, 'provider_method_id', 'refused' || n,
       'erased_at', now() - interval '1 day', 'detached_at', now()))).*
     from billing.payment_methods m, generate_series(1, 20) n where m.id = $1`,
    [own?.id],
  );
  await t.sql("update billing.payment_methods set erased_at = now(), detached_at = now() where id = $1", [
    own?.id,
  ]);
  const there = `select count(*) filter (where erased_there_at is null)::int as left,
    count(*) filter (where id = $2 and erased_there_at is not null)::int as gone
    from billing.payment_methods where org_id = $1`;
  await expect.poll(() => t.sql(there, [orgId, own?.id]), POLL).toEqual([{ left: 20, gone: 1 }]);
});
