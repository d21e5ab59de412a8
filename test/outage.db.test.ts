/** Our endpoint off for three days, while the company goes on: what it did is found in its own list. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startTestApp, type TestApp } from "./harness/app.ts";
import { createClient, type Json } from "./harness/client.ts";
import { createPaypalBuyer, type PaypalBuyer } from "./harness/paypal.ts";
import { addNeighbour, OWNER } from "./harness/people.ts";
import { createSubscriber, movingClock, type Subscriber } from "./harness/subscriber.ts";

vi.setConfig({ testTimeout: 120_000 });
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const POLL = { timeout: 60_000, interval: 100 };
const clock = movingClock();

let t: TestApp;
let paypal: PaypalBuyer;
beforeAll(async () => {
  t = await startTestApp({ clock, haste: 60 });
  paypal = createPaypalBuyer(t);
});
afterAll(() => t.close());

/** Both clocks. */
async function pass(ms: number): Promise<void> {
  clock.aheadMs += ms;
  const answer = await createClient(t.sandbox.url).call("POST", "/_sandbox/clock", {
    body: { advance: `${ms / 1_000}s` },
    idempotencyKey: null,
  });
  if (answer.status >= 300) throw new Error(answer.text);
}
async function switchEndpoints(enabled: boolean): Promise<void> {
  const operator = await t.signIn();
  const { body } = await operator.call<{ data: { id: string; source: string }[] }>(
    "GET",
    "/api/admin/webhook-endpoints",
  );
  for (const { id, source } of body.data) {
    if (source === "resend") continue;
    const answer = await operator.call("PATCH", `/api/admin/webhook-endpoints/${id}`, { body: { enabled } });
    if (answer.status !== 200) throw new Error(answer.text);
  }
}
/** Ids of what both companies list. */
async function listed(): Promise<string[]> {
  const { base_url, api_key } = t.credentials.stripe;
  const headers = { authorization: `Bearer ${api_key}` };
  const ids: string[] = [];
  for (let more = true, after = ""; more;) {
    const answer = await fetch(`${base_url}/v1/events?limit=100${after && `&starting_after=${after}`}`, {
      headers,
    });
    const page = (await answer.json()) as { data: { id: string }[]; has_more: boolean };
    ids.push(...page.data.map(({ id }) => id));
    after = ids.at(-1) ?? "";
    more = page.has_more;
  }
  const byPaypal = await paypal.api("GET", "/v1/notifications/webhooks-events?page_size=100");
  return [...ids, ...(byPaypal.events as Json[]).map(({ id }) => String(id))];
}
const finished = async () => {
  const rows = await t.sql<{ id: string }>(
    "select provider_event_id as id from webhooks.events where state in ('processed', 'ignored')",
  );
  return new Set(rows.map(({ id }) => id));
};
async function person(n: number, by: "stripe" | "paypal"): Promise<Subscriber> {
  const email = `outage${n}@example.com`;
  await addNeighbour(t.sql, email);
  return createSubscriber(t, clock, () => t.signIn({ ...OWNER, email }), by);
}

test("endpoint off for 72 hours, then on: all is applied within 15 minutes", async () => {
  const [card, wallet] = [await person(1, "stripe"), await person(2, "paypal")];
  const first = await card.subscribe();
  await card.buyer.pay(String(first.body.url));
  await card.until({ status: "active" });
  const second = await wallet.subscribe();
  await switchEndpoints(false);
  await paypal.approve(String(second.body.url), "approve+outage@sandbox.test");
  const buy = async (provider: "stripe" | "paypal") => {
    const who = await t.signIn();
    const body = { pack_key: "starter", provider };
    const made = await who.call("POST", "/api/credits/purchase", { body });
    if (made.status !== 201) throw new Error(made.text);
    return made.body;
  };
  const bought: string[] = [];
  for (let day = 0; day < 3; day += 1) {
    const [stripes, paypals] = [await buy("stripe"), await buy("paypal")];
    await card.buyer.pay(String(stripes.url));
    await paypal.approve(String(paypals.url));
    bought.push(String(stripes.payment_id), String(paypals.payment_id));
    // An approved order is taken by our own sweep, before PayPal forgets it.
    await pass(20 * MINUTE_MS);
    const taken = "select 1 from billing.payments where id = $1 and charge_id is not null";
    await expect.poll(() => t.sql(taken, [paypals.payment_id]), POLL).toHaveLength(1);
    await pass(24 * HOUR_MS - 20 * MINUTE_MS);
  }
  const [paid] = await t.sql<{ charge_id: string }>(
    "select charge_id from billing.payments where provider = 'stripe' and charge_id is not null limit 1",
  );
  await card.buyer.stripe("/refunds", { charge: paid?.charge_id ?? "" });
  const missing = async () => {
    const here = await finished();
    return (await listed()).filter((id) => !here.has(id));
  };
  expect((await missing()).length).toBeGreaterThan(15);
  await switchEndpoints(true);
  const onAt = clock.now().getTime();
  await pass(10 * MINUTE_MS);
  await expect.poll(missing, POLL).toEqual([]);
  expect(clock.now().getTime() - onAt).toBeLessThanOrEqual(15 * MINUTE_MS);
  const payments = await t.sql<{ status: string }>("select status from billing.payments where id = any($1)", [
    bought,
  ]);
  expect(payments.map(({ status }) => status)).toEqual(bought.map(() => "succeeded"));
  const plan = await t.sql("select status from billing.subscriptions where id = $1", [
    second.body.subscription_id,
  ]);
  expect(plan).toEqual([{ status: "active" }]);
  const refunded = await t.sql(
    "select 1 from billing.payments where charge_id = $1 and status = 'refunded'",
    [paid?.charge_id],
  );
  expect(refunded).toHaveLength(1);
});
