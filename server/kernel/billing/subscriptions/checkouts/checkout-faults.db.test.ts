import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../../../test/harness/app.ts";
import { createBuyer, type Buyer } from "../../../../../test/harness/buyer.ts";
import type { Answer, Client, Json } from "../../../../../test/harness/client.ts";
import { startHub, type TestHub } from "../../../../../test/harness/hub.ts";
import { addNeighbour, OWNER } from "../../../../../test/harness/people.ts";
import { planDeps } from "../../../../../test/harness/plans.ts";
import { offsetClock } from "../../../../platform/clock.ts";
import { createDb, type Db } from "../../../../platform/db/index.ts";
import { newId, type OrgId } from "../../../../platform/ids.ts";
import { createLogger, createMetrics } from "../../../../platform/telemetry/index.ts";
import { createStripe } from "../../../../vendors/stripe/index.ts";
import { createBilling, readPacks } from "../../index.ts";
import { subscribe, type SubscribeInput } from "./subscribe.ts";
import defaults from "../../../../../config/plans.json" with { type: "json" };

/** Three tries, each made twice by the SDK when a kept connection turns out to be closed. */
const TRIES = 6;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** The company still knows the key, but we trust it no more. */
const KEY_END_MS = 21 * 60 * MINUTE_MS;
const sessions = { method: "POST", path: "*/checkout/sessions" };
/** Levels of a log line. */
const [WARN, ERROR] = [40, 50];
const never = new AbortController().signal;

let t: TestApp;
let buyer: Buyer;
let db: Db;
let hub: TestHub;
let people = 0;

beforeAll(async () => {
  t = await startTestApp({ haste: 20, env: { PLANS: JSON.stringify(defaults) } });
  buyer = createBuyer(t);
  db = createDb({ url: t.database.url, max: 2 });
  hub = startHub(db, t.database.url);
});
afterAll(async () => {
  await hub.close();
  await db.close();
  await t.close();
});
afterEach(() => buyer.calm());

/** Billing of a process whose clock stands this far ahead. */
function billingAt(offsetMs: number, lines: string[] = []) {
  const { api_key: apiKey, base_url: baseUrl } = t.credentials.stripe;
  return createBilling({
    db,
    clock: offsetClock(offsetMs),
    hub,
    logger: createLogger("info", { write: (line) => void lines.push(line) }),
    stripe: createStripe({ apiKey, baseUrl, metrics: createMetrics("test"), pausesMs: [] }),
    accountId: "acct_default",
    paypal: null,
    baseUrl: t.url,
    packs: readPacks(),
    ...planDeps({ db, clock: offsetClock(offsetMs) }),
  });
}

type Row = {
  id: string;
  org_id: OrgId;
  operation_id: SubscribeInput["operationId"];
  status: string;
  attempt: number;
  session_id: string | null;
  cancel_reason: string | null;
};
type Owner = {
  client: Client;
  email: string;
  subscribe(key?: string, body?: Json): Promise<Answer>;
};
async function owner(): Promise<Owner> {
  people += 1;
  const email = `tabs${people}@example.com`;
  await addNeighbour(t.sql, email);
  const client = await t.signIn({ ...OWNER, email });
  return {
    client,
    email,
    subscribe: (idempotencyKey = newId("evt"), body = {}) =>
      client.call("POST", "/api/subscriptions/subscribe", {
        body: { plan_key: "pro", interval: "month", ...body },
        idempotencyKey,
      }),
  };
}
const rowsOf = ({ email }: Owner) =>
  t.sql<Row>(
    `select s.* from billing.subscriptions s join tenancy.member_directory d using (org_id)
     join identity.users u on u.id = d.user_id where u.email = $1 order by s.created_at`,
    [email],
  );
async function rowOf(who: Owner): Promise<Row> {
  const [row] = await rowsOf(who);
  if (!row) throw new Error("no row");
  return row;
}
/** What the company has for this subscription. */
async function booksOf({ id }: Pick<Row, "id">): Promise<{ id: string }[]> {
  const answer = await fetch(`${t.credentials.stripe.base_url}/v1/checkout/sessions?limit=100`, {
    headers: { authorization: `Bearer ${t.credentials.stripe.api_key}` },
  });
  const { data } = (await answer.json()) as { data: { id: string; metadata: Json }[] };
  return data.filter(({ metadata }) => metadata.holdfast_id === id);
}
/** Somebody whose checkout was asked for, and whose answer did not come. */
async function cutOff(effect: "done" | "none", key?: string): Promise<Owner> {
  const who = await owner();
  await buyer.fault({ match: sessions, fault: "reset", effect, times: TRIES });
  expect((await who.subscribe(key)).status).toBe(503);
  await buyer.calm();
  return who;
}
const again = (row: Row): SubscribeInput => ({
  orgId: row.org_id,
  actorId: "system",
  mode: "test",
  planKey: "pro",
  period: "month",
  currency: "usd",
  quantity: 1,
  provider: "stripe",
  trial: false,
  operationId: row.operation_id,
});

test.each([
  ["a plan that is none", { plan_key: "huge" }, "/plan_key"],
  ["the plan that costs nothing", { plan_key: "free" }, "/plan_key"],
  ["a currency without a price", { currency: "eur" }, "/interval"],
  ["a trial that the plan has not", { plan_key: "enterprise", trial: true }, "/trial"],
  ["an address elsewhere", { success_url: "https://evil.example/" }, "/success_url"],
])("422 for %s, and nothing is begun", async (_, body, pointer) => {
  const who = await owner();
  const answer = await who.subscribe(undefined, body);
  expect([answer.status, answer.body.errors]).toMatchObject([422, [{ pointer }]]);
  expect(await rowsOf(who)).toEqual([]);
});

test("a subscription of the other mode than the account's is refused before anything is written", async () => {
  const orgId = newId("org");
  const input = { ...again({ org_id: orgId, operation_id: newId("idk") } as Row), mode: "live" as const };
  await expect(subscribe(billingAt(0).deps, input)).rejects.toMatchObject({ kind: { status: 403 } });
  expect(await t.sql("select id from billing.subscriptions where org_id = $1", [orgId])).toEqual([]);
});

test("Stripe away: 503, the row is kept, and the same key carries it on with one checkout", async () => {
  const who = await owner();
  await buyer.fault({ match: sessions, fault: "reset", effect: "done", times: TRIES });
  const away = await who.subscribe("away");
  expect([away.status, away.body.code]).toEqual([503, "provider_unavailable"]);
  expect(Number(away.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await rowsOf(who)).toMatchObject([{ status: "creating", attempt: 1 }]);
  expect((await who.subscribe("another")).body).toMatchObject({ code: "checkout_open", checkout_url: null });
  expect((await who.client.call("POST", "/api/subscriptions/cancel", { body: {} })).body.code).toBe(
    "checkout_open",
  );
  const done = await who.subscribe("away");
  expect(done.status, done.text).toBe(201);
  const row = await rowOf(who);
  expect(row).toMatchObject({ id: done.body.subscription_id, status: "incomplete" });
  expect(await booksOf(row)).toMatchObject([{ id: done.body.session_id }]);
  // What is known is told again without asking anybody.
  await buyer.fault({ match: {}, fault: "reset", effect: "none" });
  expect(await subscribe(billingAt(0).deps, again(row))).toMatchObject({ sessionId: done.body.session_id });
});

test("a definite refusal ends the row: the same key begins nothing more, another one does", async () => {
  const who = await owner();
  await buyer.fault({ match: sessions, fault: "status", params: { status: 402 }, times: 1 });
  const refused = await who.subscribe("refused");
  expect([refused.status, refused.body.code]).toEqual([502, "provider_refused"]);
  const row = await rowOf(who);
  expect(row).toMatchObject({ status: "canceled", session_id: null });
  expect(row.cancel_reason).toBeTruthy();
  expect((await who.subscribe("refused")).body).toMatchObject({ status: 409, code: "checkout_over" });
  expect(await booksOf(row)).toEqual([]);
  expect((await who.subscribe("wanted")).status).toBe(201);
});

test("one that ends while the company is asked is over, whatever the company answers", async () => {
  const who = await owner();
  await buyer.fault({ match: sessions, fault: "delay", params: { ms: 2_000 }, times: 1 });
  const asked = who.subscribe();
  await expect.poll(() => rowsOf(who)).toMatchObject([{ status: "creating" }]);
  await t.sql("update billing.subscriptions set status = 'canceled' where id = $1", [(await rowOf(who)).id]);
  expect((await asked).body).toMatchObject({ status: 409, code: "checkout_over" });
  expect(await rowOf(who)).toMatchObject({ status: "canceled", session_id: null });
});

test("one whose request died is carried on by the sweep, after a minute, with one checkout", async () => {
  const who = await cutOff("done");
  expect(await billingAt(0).watch(never)).toBe(0);
  expect(await billingAt(MINUTE_MS + 1_000).watch(AbortSignal.abort())).toBe(1);
  expect(await rowOf(who)).toMatchObject({ status: "creating" });
  expect(await billingAt(MINUTE_MS + 1_000).watch(never)).toBe(1);
  const row = await rowOf(who);
  expect(row.status).toBe("incomplete");
  expect(await booksOf(row)).toMatchObject([{ id: row.session_id }]);
});

test("past the life of Stripe's key the checkout is looked up and adopted, not made again", async () => {
  const who = await cutOff("done", "late");
  const row = await rowOf(who);
  // The buyer's own next try is as late, and must not use the key either.
  await expect(subscribe(billingAt(KEY_END_MS + 4 * 60 * MINUTE_MS).deps, again(row))).rejects.toMatchObject({
    kind: { code: "provider_unavailable" },
  });
  await billingAt(KEY_END_MS).watch(never);
  const [made, ...more] = await booksOf(row);
  expect(more).toEqual([]);
  expect(await rowOf(who)).toMatchObject({ status: "incomplete", session_id: made?.id });
});

test("absent twice, ten minutes apart: a new key, and one checkout in the end", async () => {
  const who = await cutOff("none");
  for (const [offset, attempt] of [
    [KEY_END_MS, 1],
    [KEY_END_MS + 9 * MINUTE_MS, 1],
    [KEY_END_MS + 11 * MINUTE_MS, 2],
  ] as const) {
    await billingAt(offset).watch(never);
    expect(await rowOf(who)).toMatchObject({ status: "creating", attempt });
  }
  await billingAt(KEY_END_MS + 12 * MINUTE_MS).watch(never);
  const row = await rowOf(who);
  expect(row).toMatchObject({ status: "incomplete", attempt: 2 });
  expect(await booksOf(row)).toMatchObject([{ id: row.session_id }]);
});

test("a 500 that Stripe keeps under the customer's key passes with the attempt", async () => {
  const who = await owner();
  const customers = { method: "POST", path: "*/customers" };
  // The job that makes customers must not come before it.
  await buyer.fault({ match: customers, fault: "status", params: { status: 500 }, probability: 1 });
  expect((await who.subscribe("kept")).status).toBe(503);
  expect((await who.subscribe("kept")).status).toBe(503);
  await billingAt(61_000).watch(never);
  await billingAt(12 * MINUTE_MS).watch(never);
  expect(await rowOf(who)).toMatchObject({ status: "creating", attempt: 2 });
  await buyer.calm();
  expect((await who.subscribe("kept")).status).toBe(201);
});

test("a checkout that was over before it was found ends its row at once, and makes room", async () => {
  await buyer.fault({ on: "webhook", fault: "drop" });
  const who = await owner();
  await buyer.fault({ match: sessions, fault: "reset", effect: "done", times: TRIES });
  await who.subscribe("over");
  const [made] = await booksOf(await rowOf(who));
  await buyer.stripe(`/checkout/sessions/${made?.id}/expire`);
  await billingAt(KEY_END_MS).watch(never);
  expect(await rowOf(who)).toMatchObject({ status: "canceled", cancel_reason: "checkout_expired" });
  expect((await who.subscribe("over")).body.code).toBe("checkout_over");
  expect((await who.subscribe()).status).toBe(201);
});

test("a checkout that ran out, or was paid, while no event came is asked for a minute after its end", async () => {
  await buyer.fault({ on: "webhook", fault: "drop" });
  const [left, paid] = [await owner(), await owner()];
  const { body } = await left.subscribe();
  await buyer.stripe(`/checkout/sessions/${String(body.session_id)}/expire`);
  await buyer.pay(String((await paid.subscribe()).body.url));
  expect(await rowOf(paid)).toMatchObject({ status: "incomplete" });
  await billingAt(DAY_MS + 2 * MINUTE_MS).watch(never);
  expect(await rowOf(left)).toMatchObject({ status: "canceled", cancel_reason: "checkout_expired" });
  expect(await rowOf(paid)).toMatchObject({ status: "active" });
});

test("a company that is away, or a row that cannot be carried on, is logged and holds up no other", async () => {
  const [away, broken, behind] = [await owner(), await cutOff("none"), await cutOff("none")];
  await away.subscribe();
  const { session_id: first } = await rowOf(away);
  await t.sql("update billing.subscriptions set success_url = null where id = $1", [
    (await rowOf(broken)).id,
  ]);
  // Its end is near for a sweep of tomorrow's, who finds the company away.
  await t.sql(
    "update billing.subscriptions set session_expires_at = now() + interval '1 minute' where id = $1",
    [(await rowOf(away)).id],
  );
  await buyer.fault({ match: { path: `*/checkout/sessions/${first}` }, fault: "reset", effect: "none" });
  const lines: string[] = [];
  await billingAt(5 * MINUTE_MS, lines).watch(never);
  const told = lines.map((line) => JSON.parse(line) as Json);
  const levelOf = async (who: Owner) => {
    const { id } = await rowOf(who);
    return told.find(({ subscription_id }) => subscription_id === id)?.level;
  };
  expect([await levelOf(away), await levelOf(broken)]).toEqual([WARN, ERROR]);
  expect(await rowOf(behind)).toMatchObject({ status: "incomplete" });
  // No later sweep is to find it.
  await t.sql("update billing.subscriptions set status = 'canceled' where id = $1", [
    (await rowOf(broken)).id,
  ]);
});

test("canceling while Stripe is away is 503, where it refuses 502; then nothing has changed", async () => {
  const who = await owner();
  await buyer.pay(String((await who.subscribe()).body.url));
  await expect.poll(() => rowOf(who), { timeout: 15_000 }).toMatchObject({ status: "active" });
  const cancel = () => who.client.call("POST", "/api/subscriptions/cancel", { body: {} });
  const change = { method: "POST", path: "*/subscriptions/*" };
  await buyer.fault({ match: change, fault: "reset", effect: "none", times: TRIES });
  expect((await cancel()).body).toMatchObject({ status: 503, code: "provider_unavailable" });
  await buyer.calm();
  await buyer.fault({ match: change, fault: "status", params: { status: 400 }, times: 1 });
  const refused = await cancel();
  expect(refused.body).toMatchObject({ status: 502, code: "provider_refused" });
  expect(refused.body.reason).toBeTruthy();
  expect(await rowOf(who)).toMatchObject({ status: "active", cancel_at_period_end: false });
});

test("ending at once what has ended at Stripe already, by an answer that was lost, is done and no refusal", async () => {
  const who = await owner();
  await buyer.pay(String((await who.subscribe()).body.url));
  await expect.poll(() => rowOf(who), { timeout: 15_000 }).toMatchObject({ status: "active" });
  const cancel = () => who.client.call("POST", "/api/subscriptions/cancel", { body: { at: "now" } });
  await buyer.fault({ on: "webhook", fault: "drop", probability: 1 });
  const end = { method: "DELETE", path: "*/subscriptions/*" };
  await buyer.fault({ match: end, fault: "reset", effect: "done", times: TRIES });
  expect((await cancel()).body).toMatchObject({ status: 503, code: "provider_unavailable" });
  const again = await cancel();
  expect(again.body, again.text).toMatchObject({ status: "canceled", access: "free" });
});

test("a trial that no person began is remembered by its organization", async () => {
  const who = await owner();
  const [home] = await t.sql<{ org_id: OrgId }>(
    `select d.org_id from tenancy.member_directory d join identity.users u on u.id = d.user_id where u.email = $1`,
    [who.email],
  );
  if (!home) throw new Error("no organization");
  const input = { ...again({ ...home, operation_id: newId("idk") } as Row), trial: true };
  const { url } = await subscribe(billingAt(0).deps, input);
  await buyer.pay(url);
  await expect.poll(() => rowOf(who), { timeout: 15_000 }).toMatchObject({ status: "trialing" });
  const ended = await who.client.call("POST", "/api/subscriptions/cancel", { body: { at: "now" } });
  expect(ended.body).toMatchObject({ status: "canceled" });
  expect((await who.subscribe(undefined, { trial: true })).body).toMatchObject({
    status: 409,
    code: "trial_used",
  });
});

const direct = { method: "POST", path: "*/subscriptions" };
/** Somebody who pays by a kept card, and whose answer did not come; every event is lost. */
async function cutOffDirect(effect: "done" | "none"): Promise<Owner> {
  const who = await owner();
  const { body } = await who.client.call("PUT", "/api/billing/customer", { body: { name: "Ada" } });
  const customer = String(body.provider_customer_id);
  const { id } = await buyer.stripe("/payment_methods/pm_card_visa/attach", { customer });
  const kept = () =>
    t.sql<{ id: string }>("select id from billing.payment_methods where provider_method_id = $1", [id]);
  await expect.poll(async () => (await kept()).length, { timeout: 15_000 }).toBe(1);
  await buyer.fault({ on: "webhook", fault: "drop", probability: 1 });
  await buyer.fault({ match: direct, fault: "reset", effect, times: TRIES });
  const wanted = { payment_method_id: (await kept())[0]?.id };
  expect((await who.subscribe("direct", wanted)).status).toBe(503);
  return who;
}
/** What the company has for a subscription that began without a checkout. */
async function directOf({ id }: Pick<Row, "id">): Promise<Json[]> {
  const answer = await fetch(`${t.credentials.stripe.base_url}/v1/subscriptions?limit=100&status=all`, {
    headers: { authorization: `Bearer ${t.credentials.stripe.api_key}` },
  });
  const { data } = (await answer.json()) as { data: { id: string; metadata: Json }[] };
  return data.filter(({ metadata }) => metadata.holdfast_id === id);
}

test.each([
  ["in time, under its key", 61_000],
  ["too late for its key, in the company's list", KEY_END_MS],
])("a plan by a kept card whose answer was lost is found %s, and charged once", async (_name, ahead) => {
  const who = await cutOffDirect("done");
  await billingAt(ahead).watch(never);
  const row = await rowOf(who);
  expect(row).toMatchObject({ status: "active", attempt: 1 });
  expect(await directOf(row)).toMatchObject([{ status: "active" }]);
});

test("a plan by a kept card that never came about is begun with a new key after two looks", async () => {
  const who = await cutOffDirect("none");
  await billingAt(KEY_END_MS).watch(never);
  expect(await rowOf(who)).toMatchObject({ status: "creating", attempt: 1 });
  await billingAt(KEY_END_MS + 11 * MINUTE_MS).watch(never);
  await billingAt(KEY_END_MS + 12 * MINUTE_MS).watch(never);
  const row = await rowOf(who);
  expect(row).toMatchObject({ status: "active", attempt: 2 });
  expect(await directOf(row)).toHaveLength(1);
});
