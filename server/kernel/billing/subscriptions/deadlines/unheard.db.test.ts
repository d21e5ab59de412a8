import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startTestApp, type TestApp } from "../../../../../test/harness/app.ts";
import { createClient, type Json } from "../../../../../test/harness/client.ts";
import { addNeighbour, OWNER } from "../../../../../test/harness/people.ts";
import { createSubscriber, movingClock, type Subscriber } from "../../../../../test/harness/subscriber.ts";
import { PLANS_WITHOUT_GIFTS } from "../../../../../test/harness/plans.ts";

vi.setConfig({ testTimeout: 180_000 });
const POLL = { timeout: 40_000, interval: 50 };
const clock = movingClock();

let t: TestApp;
let people = 0;

beforeAll(async () => {
  t = await startTestApp({ clock, haste: 20, env: { PLANS: PLANS_WITHOUT_GIFTS } });
});
afterAll(() => t.close());

type Row = {
  org_id: string;
  status: string;
  provider_status: string;
  provider_subscription_id: string;
  period_end: Date;
};
type Person = Subscriber & { row(): Promise<Row> };
async function subscribed(): Promise<Person> {
  people += 1;
  const email = `unheard${people}@example.com`;
  await addNeighbour(t.sql, email);
  const who = createSubscriber(t, clock, () => t.signIn({ ...OWNER, email }));
  const made = await who.subscribe();
  if (made.status !== 201) throw new Error(made.text);
  await who.buyer.pay(String(made.body.url));
  await who.until({ status: "active" });
  return {
    ...who,
    async row() {
      const [row] = await t.sql<Row>("select * from billing.subscriptions where id = $1", [
        made.body.subscription_id,
      ]);
      if (!row) throw new Error("no row");
      return row;
    },
  };
}
/** Refuses whatever is charged from now on. */
async function payByBadCard(who: Person): Promise<void> {
  const { org_id, provider_subscription_id } = await who.row();
  const [found] = await t.sql<{ customer: string }>(
    "select provider_customer_id as customer from billing.customers where org_id = $1",
    [org_id],
  );
  const { id } = await who.buyer.stripe("/payment_methods/pm_card_chargeCustomerFail/attach", {
    customer: found?.customer ?? "",
  });
  await who.buyer.stripe(`/subscriptions/${provider_subscription_id}`, {
    default_payment_method: String(id),
  });
}
async function atCompany(path: string, body: Json): Promise<void> {
  const sandbox = createClient(t.sandbox.url);
  const answer = await sandbox.call("POST", `/_sandbox${path}`, { body, idempotencyKey: null });
  if (answer.status >= 300) throw new Error(answer.text);
}
/** The company's days pass first, so that the sweep finds them done. */
async function pass(days: number): Promise<void> {
  await atCompany("/clock", { advance: `${days * 24}h` });
  clock.aheadMs += days * 86_400_000;
}

// No delivery arrives in here, and no list is read: what is known was asked for by the sweep.
test("a period that is over is asked for: renewed, ended there, or unpaid; grace and patience end by our clock", async () => {
  await atCompany("/stripe/settings", { after_retries: "leave_past_due" });
  const [renewed, ended, unpaid] = [await subscribed(), await subscribed(), await subscribed()];
  await payByBadCard(unpaid);
  const before = (await renewed.row()).period_end;
  await ended.buyer.fault({ on: "webhook", fault: "drop", probability: 1 });
  await ended.buyer.stripe(`/subscriptions/${(await ended.row()).provider_subscription_id}`, {
    cancel_at_period_end: "true",
  });
  await pass(32);
  await expect.poll(async () => (await ended.row()).status, POLL).toBe("canceled");
  await expect.poll(async () => (await renewed.row()).period_end > before, POLL).toBe(true);
  expect(await renewed.row()).toMatchObject({ status: "active" });
  await expect.poll(async () => (await unpaid.row()).status, POLL).toBe("past_due");
  await pass(15);
  await expect
    .poll(() => unpaid.row(), POLL)
    .toMatchObject({ status: "suspended", provider_status: "past_due" });
  await pass(31);
  await expect
    .poll(() => unpaid.row(), POLL)
    .toMatchObject({ status: "canceled", provider_status: "canceled" });
  expect(await renewed.row()).toMatchObject({ status: "active", provider_status: "active" });
});
