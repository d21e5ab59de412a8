import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startTestApp, type TestApp } from "../../../../test/harness/app.ts";
import { addNeighbour, OWNER } from "../../../../test/harness/people.ts";
import { createSubscriber, movingClock } from "../../../../test/harness/subscriber.ts";

vi.setConfig({ testTimeout: 120_000 });
const POLL = { timeout: 20_000, interval: 500 };
const clock = movingClock();
let t: TestApp;

beforeAll(async () => {
  t = await startTestApp({ clock });
});
afterAll(() => t.close());

test("an open invoice is paid by hand with another card: the invoice, its payment and the plan, each once", async () => {
  const email = "late@example.com";
  await addNeighbour(t.sql, email);
  const who = createSubscriber(t, clock, () => t.signIn({ ...OWNER, email }));
  const made = await who.subscribe();
  await who.buyer.pay(String(made.body.url));
  await who.until({ status: "active" });
  const [known] = await t.sql<{ org: string; customer: string; subscription: string }>(
    `select c.org_id as org, c.provider_customer_id as customer, s.provider_subscription_id as subscription
     from billing.customers c join billing.subscriptions s using (org_id) where s.id = $1`,
    [made.body.subscription_id],
  );
  const attach = async (alias: string) =>
    String(
      (await who.buyer.stripe(`/payment_methods/${alias}/attach`, { customer: known?.customer ?? "" })).id,
    );
  const bad = await attach("pm_card_chargeCustomerFail");
  await who.buyer.stripe(`/subscriptions/${known?.subscription}`, { default_payment_method: bad });
  const good = await attach("pm_card_visa");
  const methodOf = async (id: string) =>
    (
      await t.sql<{ id: string }>("select id from billing.payment_methods where provider_method_id = $1", [
        id,
      ])
    )[0]?.id;
  await expect.poll(() => methodOf(good), POLL).toBeDefined();
  await who.advance(32);
  await who.until({ status: "past_due" });
  const findOpen = async () => (await who.invoices()).find(({ status }) => status === "open");
  await expect.poll(findOpen, POLL).toBeDefined();
  const open = await findOpen();
  const start = (method: string | undefined) =>
    who.call("POST", "/api/payments/intents", {
      purpose: "invoice",
      reference: String(open?.id),
      ...(method ? { payment_method_id: method } : {}),
    });
  // Without a method it waits; asked for again it is the same payment.
  const waiting = await start(undefined);
  expect(waiting.status, waiting.text).toBe(201);
  expect(waiting.body).toMatchObject({ purpose: "invoice", amount_minor: 2_900, provider: "stripe" });
  const cancel = await who.call("POST", `/api/payments/intents/${String(waiting.body.id)}/cancel`);
  expect(cancel.body).toMatchObject({ status: 409, code: "payment_over" });
  const checkout = await who.call("POST", "/api/checkout/sessions", {
    purpose: "invoice",
    reference: String(open?.id),
  });
  expect(checkout.status, checkout.text).toBe(201);
  expect(checkout.body).toMatchObject({ payment_id: waiting.body.id, url: waiting.body.pay_url });
  const asked = await who.call("GET", `/checkout/session/${String(checkout.body.session_id)}`);
  expect(asked.body).toMatchObject({ status: "open", purpose: "invoice", amount_minor: 2_900 });
  const paid = await start(await methodOf(good));
  expect(paid.body).toMatchObject({ id: waiting.body.id, status: "succeeded" });
  expect(await who.until({ status: "active" })).toMatchObject({ access: "plan" });
  await expect
    .poll(async () => (await who.invoices()).find(({ id }) => id === open?.id), POLL)
    .toMatchObject({ status: "paid", paid_minor: 2_900 });
  expect(
    await t.sql("select id, purpose, status from billing.payments where invoice_id = $1", [open?.id]),
  ).toEqual([{ id: waiting.body.id, purpose: "invoice", status: "succeeded" }]);
  const [revenue] = await t.sql<{ sum: string }>(
    "select sum(amount)::text as sum from ledger.entries where org_id = $1 and account = 'revenue'",
    [known?.org],
  );
  expect(revenue?.sum).toBe("-5800");
  expect((await start(await methodOf(good))).body).toMatchObject({ status: 409, code: "invoice_not_open" });
});
