import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { startTestApp, type TestApp } from "../../../../test/harness/app.ts";
import { createBuyer, type Buyer } from "../../../../test/harness/buyer.ts";
import { createClient, type Json } from "../../../../test/harness/client.ts";
import { addPayer, keepCard, type Payer } from "../../../../test/harness/payer.ts";
import { OWNER } from "../../../../test/harness/people.ts";

vi.setConfig({ testTimeout: 60_000 });
const POLL = { timeout: 20_000, interval: 50 };
const path = "/api/payments/intents";
/** Three tries, each made twice by the SDK when a kept connection turns out to be closed. */
const TRIES = 6;
let t: TestApp;
let buyer: Buyer;
let people = 0;

beforeAll(async () => {
  t = await startTestApp({ haste: 20 });
  buyer = createBuyer(t);
});
afterAll(() => t.close());
afterEach(() => buyer.calm());

type Person = Payer & { payment(id: unknown): Promise<Json> };
async function person(): Promise<Person> {
  const payer = await addPayer(t, `payer${(people += 1)}@example.com`);
  return { ...payer, payment: async (id) => (await payer.call("GET", `/api/payments/${String(id)}`)).body };
}
const keeps = (who: Person, alias: string) => keepCard(t, buyer, who, alias);
const order = (method?: string, more: Json = {}) => ({
  purpose: "credits",
  reference: "starter",
  ...(method ? { payment_method_id: method } : {}),
  ...more,
});
async function start(who: Person, body: Json, idempotencyKey?: string): Promise<Json> {
  const answer = await who.call("POST", path, { body, ...(idempotencyKey ? { idempotencyKey } : {}) });
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
}
const confirm = (who: Person, id: unknown, body: Json = {}) =>
  who.call("POST", `${path}/${String(id)}/confirm`, { body });
/** The bank's page, as the company serves it. */
async function answersBank(started: Json, outcome: "complete" | "fail"): Promise<URL> {
  const { url } = started.next_action as { url: string };
  const answer = await fetch(url, {
    method: "POST",
    body: new URLSearchParams({ outcome }),
    redirect: "manual",
  });
  return new URL(answer.headers.get("location") ?? "about:blank");
}
const becomes = (who: Person, id: unknown, wanted: Json) =>
  expect.poll(() => who.payment(id), POLL).toMatchObject(wanted);
const atStripe = async (payment: Json) => {
  const { base_url, api_key } = t.credentials.stripe;
  const answer = await fetch(`${base_url}/v1/payment_intents/${String(payment.intent_id)}`, {
    headers: { authorization: `Bearer ${api_key}` },
  });
  return (await answer.json()) as Json;
};
/** As if so much time had passed since somebody last did something about it. */
const ages = (id: unknown, time: string) =>
  t.sql(
    `with i as (update billing.intents set acted_at = acted_at - $2::interval where payment_id = $1)
     update billing.payments set absent_since = absent_since - $2::interval, as_of = as_of - $2::interval where id = $1`,
    [id, time],
  );
/** What the organization's book holds. */
async function book({ org }: Person): Promise<Json> {
  const rows = await t.sql<{ key: string; sum: string }>(
    `select account || ' ' || unit as key, sum(amount)::text as sum from ledger.entries
     where org_id = $1 and account in ('wallet', 'revenue') group by 1`,
    [org],
  );
  return Object.fromEntries(rows.map(({ key, sum }) => [key, Number(sum)]));
}
const onlyFree = async (who: Person) => expect(await book(who)).not.toHaveProperty("revenue usd");

test("a kept card pays at once, and the same key is the same payment", async () => {
  const who = await person();
  const card = await keeps(who, "pm_card_visa");
  const first = await start(who, order(card), "once");
  expect(first).toMatchObject({ status: "succeeded", amount_minor: 1000, next_action: null });
  expect(await start(who, order(card), "once")).toEqual(first);
  await becomes(who, first.id, { status: "succeeded", fee_minor: 59 });
  expect(await book(who)).toMatchObject({ "revenue usd": -1000 });
});

test("without a method it waits for one, and shows the secret for the company's own elements", async () => {
  const who = await person();
  const made = await start(who, order());
  expect(made).toMatchObject({ status: "requires_payment_method", tries_left: 3 });
  expect(made.client_secret).toMatch(/^pi_.*_secret_/);
  expect((await confirm(who, made.id)).body).toMatchObject({
    status: 422,
    errors: [{ pointer: "/payment_method_id" }],
  });
  const card = await keeps(who, "pm_card_visa");
  expect((await confirm(who, made.id, { payment_method_id: card })).body).toMatchObject({
    status: "succeeded",
  });
});

test("decline, then success: another card pays the same payment once", async () => {
  const who = await person();
  const [bad, good] = [await keeps(who, "pm_card_chargeCustomerFail"), await keeps(who, "pm_card_visa")];
  const made = await start(who, order(bad));
  expect(made).toMatchObject({
    status: "requires_payment_method",
    failure_code: "generic_decline",
    tries_left: 2,
  });
  await onlyFree(who);
  expect((await confirm(who, made.id, { payment_method_id: good })).body).toMatchObject({
    status: "succeeded",
    failure_code: null,
  });
  await expect.poll(() => book(who), POLL).toMatchObject({ "revenue usd": -1000 });
});

test("three refusals: cancelled at the company, and only then here", async () => {
  const who = await person();
  const bad = await keeps(who, "pm_card_chargeCustomerFail");
  const made = await start(who, order(bad));
  expect((await confirm(who, made.id)).body).toMatchObject({ tries_left: 1 });
  const match = { method: "POST", path: "*/cancel" };
  await buyer.fault({ match, fault: "status", params: { status: 503 }, times: TRIES });
  expect((await confirm(who, made.id)).body).toMatchObject({ code: "provider_unavailable" });
  expect(await who.payment(made.id)).toMatchObject({ status: "requires_payment_method" });
  await buyer.calm();
  await becomes(who, made.id, { status: "canceled" });
  expect(await atStripe(await who.payment(made.id))).toMatchObject({ status: "canceled" });
  expect((await confirm(who, made.id)).body).toMatchObject({ status: 409, code: "payment_over" });
  await onlyFree(who);
});

test("3DS abandoned: 23 hours later it is cancelled at the company and here", async () => {
  const who = await person();
  const made = await start(who, order(await keeps(who, "pm_card_authenticationRequired")));
  expect(made).toMatchObject({ status: "requires_action", next_action: { type: "redirect" } });
  await ages(made.id, "22 hours");
  // The sweep has looked once it has written its mail.
  await t.mailbox(who.email);
  expect(await atStripe(await who.payment(made.id))).toMatchObject({ status: "requires_action" });
  await ages(made.id, "1 hour");
  await becomes(who, made.id, { status: "canceled", failure_code: "abandoned" });
  expect(await atStripe(await who.payment(made.id))).toMatchObject({ status: "canceled" });
  await onlyFree(who);
});

test("3DS answered in the last moment, its events lost: the fetched success wins over the cancelling", async () => {
  const who = await person();
  const made = await start(who, order(await keeps(who, "pm_card_authenticationRequired")));
  await buyer.fault({ on: "webhook", fault: "drop" });
  await answersBank(made, "complete");
  expect(await who.payment(made.id)).toMatchObject({ status: "requires_action" });
  await ages(made.id, "23 hours");
  await becomes(who, made.id, { status: "succeeded" });
  expect(await book(who)).toMatchObject({ "revenue usd": -1000 });
});

test("3DS after the browser closed: the mail leads to /pay, where it goes on", async () => {
  const who = await person();
  const made = await start(who, order(await keeps(who, "pm_card_authenticationRequired")));
  await ages(made.id, "6 minutes");
  const mail = await t.mailbox(who.email);
  expect(mail.subject).toContain("waits for you");
  expect(mail.links.some((link) => new URL(link).pathname === `/pay/${String(made.id)}`)).toBe(true);
  // Another browser, another session.
  const later = await t.signIn({ ...OWNER, email: who.email });
  const again = await later.call("POST", `${path}/${String(made.id)}/confirm`, { body: {} });
  expect(again.body).toMatchObject({ id: made.id, status: "requires_action" });
  const back = await answersBank(again.body, "complete");
  expect(back.pathname).toBe(`/pay/${String(made.id)}`);
  expect(back.searchParams.get("redirect_status")).toBe("succeeded");
  await becomes(who, made.id, { status: "succeeded" });
  await expect.poll(() => book(who), POLL).toMatchObject({ "revenue usd": -1000 });
});

test("3DS refused by its holder: the same card may be tried again", async () => {
  const who = await person();
  const made = await start(who, order(await keeps(who, "pm_card_authenticationRequired")));
  await answersBank(made, "fail");
  await becomes(who, made.id, { status: "requires_payment_method" });
  const again = (await confirm(who, made.id)).body;
  expect(again).toMatchObject({ status: "requires_action", tries_left: 1 });
  await answersBank(again, "complete");
  await becomes(who, made.id, { status: "succeeded" });
});

test("off session a bank that asks is a refusal; the mail leads its owner to /pay, where it passes", async () => {
  const who = await person();
  const card = await keeps(who, "pm_card_authenticationRequired");
  const made = await start(who, order(card, { off_session: true }));
  expect(made).toMatchObject({
    status: "requires_payment_method",
    failure_code: "authentication_required",
    next_action: null,
  });
  expect((await t.mailbox(who.email)).text).toContain(`/pay/${String(made.id)}`);
  const asked = (await confirm(who, made.id)).body;
  await answersBank(asked, "complete");
  await becomes(who, made.id, { status: "succeeded" });
});

test("the answer to a try is lost: 503, then the same key tells what became of it, charged once", async () => {
  const who = await person();
  const card = await keeps(who, "pm_card_visa");
  const made = await start(who, order());
  const body = { payment_method_id: card };
  const ask = () => who.call("POST", `${path}/${String(made.id)}/confirm`, { body, idempotencyKey: "lost" });
  const match = { method: "POST", path: "*/confirm" };
  await buyer.fault({ match, fault: "reset", effect: "done", times: TRIES });
  expect((await ask()).status).toBe(503);
  await buyer.calm();
  expect((await ask()).body).toMatchObject({ status: "succeeded" });
  await expect.poll(() => book(who), POLL).toMatchObject({ "revenue usd": -1000 });
});

test("cut off before its intent was known: the sweep finds it under the same key", async () => {
  const who = await person();
  const match = { method: "POST", path: "*/payment_intents" };
  await buyer.fault({ match, fault: "status", params: { status: 503 }, times: TRIES });
  expect((await who.call("POST", path, { body: order() })).status).toBe(503);
  await buyer.calm();
  const [row] = await t.sql<{ id: string }>("select id from billing.payments where org_id = $1", [who.org]);
  await ages(row?.id, "2 minutes");
  // Nothing is there; only the second look ten minutes later lets a new key be used, for the 503 is kept under the old one.
  await expect
    .poll(
      () => t.sql("select absent_since is not null as gone from billing.payments where id = $1", [row?.id]),
      POLL,
    )
    .toEqual([{ gone: true }]);
  await ages(row?.id, "11 minutes");
  await becomes(who, row?.id, { status: "requires_payment_method" });
});

test("cancelled by its owner: at the company too; another organization sees none of it", async () => {
  const [who, other] = [await person(), await person()];
  const made = await start(who, order());
  for (const act of ["confirm", "cancel"])
    expect((await other.call("POST", `${path}/${String(made.id)}/${act}`, { body: {} })).status).toBe(404);
  const over = await who.call("POST", `${path}/${String(made.id)}/cancel`);
  expect(over.body).toMatchObject({ status: "canceled", tries_left: 0 });
  expect(await atStripe(await who.payment(made.id))).toMatchObject({ status: "canceled" });
});

test.each([
  [{ reference: "nothing" }, "/reference"],
  [{ purpose: "invoice", reference: "inv_none" }, "/reference"],
  [{ payment_method_id: `pym_${"0".repeat(32)}` }, "/payment_method_id"],
  [{ off_session: true }, "/payment_method_id"],
  [{ return_url: "https://elsewhere.example/" }, "/return_url"],
])("422 for %j", async (more, pointer) => {
  const before = await t.sql("select count(*) from billing.payments");
  const answer = await t.owner.call("POST", path, { body: order(undefined, more) });
  expect(answer.body).toMatchObject({ status: 422, errors: [{ pointer }] });
  expect(await t.sql("select count(*) from billing.payments")).toEqual(before);
});

test("async payment fails late: days of processing bring nothing, and the failure nothing either", async () => {
  const who = await person();
  const made = await start(who, order(await keeps(who, "pm_usBankAccount_insufficientFunds")));
  expect(made).toMatchObject({ status: "processing" });
  await ages(made.id, "25 hours");
  expect((await who.call("POST", `${path}/${String(made.id)}/cancel`)).body).toMatchObject({ status: 409 });
  const moved = await createClient(t.sandbox.url).call("POST", "/_sandbox/clock", {
    body: { advance: "5d" },
    idempotencyKey: null,
  });
  expect(moved.status, moved.text).toBeLessThan(300);
  await becomes(who, made.id, { status: "canceled", charge_id: null });
  await onlyFree(who);
});
