import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { startTestApp, type TestApp } from "../../../../test/harness/app.ts";
import { createBuyer, type Buyer } from "../../../../test/harness/buyer.ts";
import type { Json } from "../../../../test/harness/client.ts";
import { addPayer, keepCard, type Payer } from "../../../../test/harness/payer.ts";

vi.setConfig({ testTimeout: 60_000 });
const POLL = { timeout: 20_000, interval: 50 };
const path = "/api/credits/auto-topup";
let t: TestApp;
let buyer: Buyer;
let people = 0;

beforeAll(async () => {
  t = await startTestApp({ haste: 20 });
  buyer = createBuyer(t);
});
afterAll(() => t.close());
afterEach(() => buyer.calm());

const person = () => addPayer(t, `topup${(people += 1)}@example.com`);
const keeps = (who: Payer, alias: string) => keepCard(t, buyer, who, alias);
/** What is there is always below it. */
const HIGH = 900_000_000_000;
const wanted = (method: string, more: Json = {}) => ({
  threshold_micros: HIGH,
  amount_minor: 1500,
  monthly_cap_minor: 3000,
  payment_method_id: method,
  ...more,
});
async function turnOn(who: Payer, body: Json): Promise<Json> {
  const answer = await who.call("PUT", path, { body });
  expect(answer.status, answer.text).toBe(200);
  return answer.body;
}
const state = async (who: Payer) => (await who.call("GET", path)).body;
const bought = ({ org }: Payer) =>
  t.sql<{ status: string; amount: string; credits: string }>(
    `select status, amount_minor::text as amount, credits_micros::text as credits from billing.payments
     where org_id = $1 order by created_at`,
    [org],
  );
const ONE = { status: "succeeded", amount: "1500", credits: "1500000000" };
/** Waits until a run has bought for somebody else. */
async function anotherBuys(): Promise<void> {
  const other = await person();
  await turnOn(other, wanted(await keeps(other, "pm_card_visa"), { monthly_cap_minor: 1500 }));
  await expect.poll(() => bought(other), POLL).toEqual([ONE]);
}
/** As if the wait after a decline were over. */
const waits = ({ org }: Payer) =>
  t.sql("update billing.auto_topups set next_try_at = now() where org_id = $1", [org]);

test("off until it is turned on; under the threshold it buys, one at a time, up to the month's cap", async () => {
  const who = await person();
  expect(await state(who)).toMatchObject({ enabled: false, amount_minor: null, spent_minor: 0 });
  const card = await keeps(who, "pm_card_visa");
  expect(await turnOn(who, wanted(card))).toMatchObject({
    enabled: true,
    currency: "usd",
    payment_method_id: card,
  });
  await expect.poll(() => bought(who), POLL).toEqual([ONE, ONE]);
  await expect
    .poll(() => state(who), POLL)
    .toMatchObject({ spent_minor: 3000, payment_id: null, declines: 0 });
  // Still under the threshold, and the cap leaves no room: the run that buys for another passes over this one.
  await anotherBuys();
  expect(await bought(who)).toEqual([ONE, ONE]);
});

test("enough credits: nothing is bought", async () => {
  const who = await person();
  const card = await keeps(who, "pm_card_visa");
  await who.call("POST", "/api/payments/intents", {
    body: { purpose: "credits", reference: "starter", payment_method_id: card },
  });
  const before = await bought(who);
  expect(before).toMatchObject([{ status: "succeeded", amount: "1000" }]);
  await turnOn(who, wanted(card, { threshold_micros: 1 }));
  await anotherBuys();
  expect(await bought(who)).toEqual(before);
});

test("a suspended organization buys nothing by itself; once it goes on, it does", async () => {
  const who = await person();
  const card = await keeps(who, "pm_card_visa");
  await t.sql("update tenancy.organizations set suspended_at = now() where org_id = $1", [who.org]);
  await turnOn(who, wanted(card, { monthly_cap_minor: 1500 }));
  await anotherBuys();
  expect(await bought(who)).toEqual([]);
  await t.sql("update tenancy.organizations set suspended_at = null where org_id = $1", [who.org]);
  await expect.poll(() => bought(who), POLL).toEqual([ONE]);
});

test("declined twice in a row: off, with a mail; turned on again it begins anew", async () => {
  const who = await person();
  await turnOn(who, wanted(await keeps(who, "pm_card_chargeCustomerFail")));
  await expect.poll(() => state(who), POLL).toMatchObject({ declines: 1, enabled: true, payment_id: null });
  expect(await bought(who)).toHaveLength(1);
  await waits(who);
  await expect
    .poll(() => state(who), POLL)
    .toMatchObject({ enabled: false, declines: 2, off_reason: "declined", spent_minor: 0 });
  expect((await t.mailbox(who.email)).subject).toMatch(/top-up of .* is off/);
  await expect.poll(() => bought(who), POLL).toMatchObject([{ status: "canceled" }, { status: "canceled" }]);
  const good = await keeps(who, "pm_card_visa");
  await turnOn(who, wanted(good, { monthly_cap_minor: 1500 }));
  await expect.poll(async () => (await bought(who)).at(-1), POLL).toEqual(ONE);
});

test("a bank that asks: the owner is written to, and pays at /pay", async () => {
  const who = await person();
  await turnOn(who, wanted(await keeps(who, "pm_card_authenticationRequired")));
  const mail = await t.mailbox(who.email);
  expect(mail.text).toContain("/pay/pay_");
  expect(await state(who)).toMatchObject({ declines: 1, enabled: true });
});

test("its method taken away: off, with a mail", async () => {
  const who = await person();
  const card = await keeps(who, "pm_card_visa");
  await turnOn(who, wanted(card, { threshold_micros: 1 }));
  await t.sql("update billing.payment_methods set detached_at = now() where id = $1", [card]);
  await t.sql("update billing.auto_topups set threshold_micros = $2 where org_id = $1", [who.org, HIGH]);
  await expect.poll(() => state(who), POLL).toMatchObject({ enabled: false, off_reason: "method_gone" });
  expect((await t.mailbox(who.email)).text).toContain("not kept any more");
});

test("the company is away in the middle: the same payment is carried on, charged once", async () => {
  const who = await person();
  const card = await keeps(who, "pm_card_visa");
  const match = { method: "POST", path: "*/confirm" };
  await buyer.fault({ match, fault: "status", params: { status: 429 }, times: 6 });
  await turnOn(who, wanted(card, { monthly_cap_minor: 1500 }));
  await expect.poll(async () => (await state(who)).payment_id, POLL).not.toBeNull();
  await expect.poll(() => bought(who), POLL).toEqual([ONE]);
});

test.each([
  [{ monthly_cap_minor: 1499 }, "/monthly_cap_minor"],
  [{ payment_method_id: `pym_${"0".repeat(32)}` }, "/payment_method_id"],
  [{ amount_minor: 99 }, "/amount_minor"],
  [{ threshold_micros: 0 }, "/threshold_micros"],
])("422 for %j", async (more, pointer) => {
  const answer = await t.owner.call("PUT", path, {
    body: wanted(await once(), more),
  });
  expect(answer.body).toMatchObject({ status: 422, errors: [{ pointer }] });
  expect((await t.owner.call("GET", path)).body).toMatchObject({ enabled: false });
});

let ownCard: Promise<string> | null = null;
/** A card of the first organization. */
const once = (): Promise<string> => {
  ownCard ??= (async () => {
    const { body } = await t.owner.call("PUT", "/api/billing/customer", { body: { name: "Ada" } });
    return keeps({ customer: String(body.provider_customer_id) } as Payer, "pm_card_visa");
  })();
  return ownCard;
};
