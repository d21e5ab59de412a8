/** A refund of what is left of a subscription's period, which ends the subscription too, once. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startTestApp, type TestApp } from "../../../../test/harness/app.ts";
import type { Json } from "../../../../test/harness/client.ts";
import { addNeighbour, OWNER } from "../../../../test/harness/people.ts";
import { createSubscriber, movingClock } from "../../../../test/harness/subscriber.ts";

const clock = movingClock();
let t: TestApp;
let people = 0;
vi.setConfig({ testTimeout: 60_000 });
beforeAll(async () => {
  t = await startTestApp({ clock, haste: 20 });
});
afterAll(() => t.close());

async function subscribed() {
  people += 1;
  const email = `sharer${people}@example.com`;
  await addNeighbour(t.sql, email);
  const who = createSubscriber(t, clock, () => t.signIn({ ...OWNER, email }));
  const made = await who.subscribe();
  if (made.status !== 201) throw new Error(made.text);
  await who.buyer.pay(String(made.body.url));
  await who.until({ access: "plan", status: "active" });
  const find = () =>
    t.sql<{ id: string; org_id: string }>(
      `select p.id, p.org_id from billing.payments p join billing.subscriptions s using (org_id)
       where s.id = $1 and p.charge_id is not null and p.invoice_id is not null`,
      [made.body.subscription_id],
    );
  await expect.poll(async () => (await find()).length, { timeout: 15_000 }).toBe(1);
  const [paid] = await find();
  return { ...who, paid: paid?.id ?? "" };
}
const refund = (payment_id: string, body: Json) =>
  t.owner.call("POST", "/api/admin/refunds", {
    body: { payment_id, kind: "prorated", reason: "requested", ...body },
  });

test("prorated and now: what is unused goes back, and the subscription has ended", async () => {
  const who = await subscribed();
  const answer = await refund(who.paid, { cancel_subscription: "now" });
  expect(answer.status, answer.text).toBe(202);
  expect(answer.body).toMatchObject({ status: "succeeded", cancel_subscription: "now" });
  // Begun some seconds ago: each costs a tenth of a cent.
  expect(Number(answer.body.amount_minor)).toBeGreaterThan(2_890);
  expect(Number(answer.body.amount_minor)).toBeLessThanOrEqual(2_900);
  await who.until({ status: "canceled", access: "free" });
  const [row] = await t.sql<{ done: boolean }>(
    "select cancelled_at is not null as done from billing.refund_requests where id = $1",
    [answer.body.id],
  );
  expect(row).toEqual({ done: true });
});

test("a part and at the period's end: the plan stays until then", async () => {
  const who = await subscribed();
  const body = { kind: "partial", amount_minor: 500, cancel_subscription: "period_end" };
  expect((await refund(who.paid, body)).status).toBe(202);
  expect(await who.until({ cancel_at_period_end: true })).toMatchObject({ access: "plan", status: "active" });
});
