/** What PayPal may answer about an order, over HTTP, and what becomes of the payment and of the events that ask. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startAnswering, type Answer, type Answering } from "../../../../../test/harness/answering.ts";
import { createTestDatabase, type TestDatabase } from "../../../../../test/harness/database.ts";
import { manualClock } from "../../../../platform/clock.ts";
import { createDb, withSystemTx, withTx, type Db } from "../../../../platform/db/index.ts";
import { newId, type OrgId } from "../../../../platform/ids.ts";
import { createMetrics } from "../../../../platform/telemetry/index.ts";
import { createPaypal, type PaypalApi } from "../../../../vendors/paypal/index.ts";
import type { InboxEvent } from "../../../webhooks/index.ts";
import { createFetchLimit } from "../fetch-limit.ts";
import type { PaymentRow } from "../payment.ts";
import { findPayment, insertPayment, placeObjects, updatePayments } from "../store.ts";
import { fetchOrder } from "./ask-paypal.ts";
import { prepareEvents } from "./prepare.ts";

const NOW = new Date("2026-03-01T12:00:00Z");
const LATER = new Date("2026-03-01T18:00:00Z");
const ACCOUNT = "paypal_1";
let database: TestDatabase;
let db: Db;
let company: Answering;
let api: PaypalApi;
/** What is answered at each address, in order; the last answer stays. What has none is not found. */
const answers = new Map<string, Answer[]>();
const NOT_FOUND: Answer = { status: 404, body: { details: [{ issue: "INVALID_RESOURCE_ID" }] } };
const TOKEN: Answer = { body: { access_token: "token", expires_in: 30_000 } };

beforeAll(async () => {
  database = await createTestDatabase();
  db = createDb({ url: database.url, max: 4 });
  company = await startAnswering(({ method, path }) => {
    const kept = answers.get(`${method} ${path}`) ?? [NOT_FOUND];
    return (kept.length > 1 ? kept.shift() : kept[0]) ?? NOT_FOUND;
  });
});
afterAll(async () => {
  await company.close();
  await db.close();
  await database.drop();
});
beforeEach(async () => {
  answers.clear();
  answers.set("POST /v1/oauth2/token", [TOKEN]);
  company.asked.length = 0;
  // A breaker of its own for each test.
  api = createPaypal({
    baseUrl: company.url,
    clientId: "client",
    clientSecret: "secret",
    metrics: createMetrics("test"),
    pausesMs: [],
  });
  return () => api.close();
});

const amount = { currency_code: "USD", value: "10.00" };
const capture = { id: "CAPTURE1", status: "COMPLETED", amount, create_time: "2026-03-01T11:59:00Z" };
const up = (id: string) => ({
  links: [{ rel: "up", href: `https://paypal.test/v2/payments/captures/${id}` }],
});
const refund = { ...capture, id: "REFUND1", ...up("CAPTURE1") };
let made = 0;

/** A payment with an order of its own. */
async function payment(more: Partial<PaymentRow> = {}): Promise<PaymentRow> {
  made += 1;
  const [org, id] = [newId("org"), newId("pay")];
  return withTx(db, org, async (tx) => {
    const row = await insertPayment(tx, org, {
      id,
      mode: "test",
      account_id: ACCOUNT,
      provider: "paypal",
      pack_key: "starter",
      amount_minor: 1_000n,
      currency: "usd",
      credits_micros: 0n,
      success_url: "",
      cancel_url: "",
      created_at: NOW,
      operation_id: `op_${made}`,
      created_by: "system",
    });
    const ours = { ...row, status: "requires_payment_method", session_id: `ORDER${made}`, ...more } as const;
    await updatePayments(tx, org, [ours]);
    await placeObjects(tx, ACCOUNT, [{ object_id: id, org_id: org, payment_id: id }]);
    return ours;
  });
}
const addressOf = (row: PaymentRow) => `/v2/checkout/orders/${row.session_id ?? ""}`;
function orderOf(row: PaymentRow, status: string, more: object = {}, payments: object = {}): Answer {
  const unit = { amount, custom_id: row.id, payments, ...more };
  return { body: { id: row.session_id, status, purchase_units: [unit] } };
}
const tell = (row: PaymentRow, ...kept: Answer[]) => answers.set(`GET ${addressOf(row)}`, kept);
const tellCapture = (row: PaymentRow, answer: Answer) =>
  answers.set(`POST ${addressOf(row)}/capture`, [answer]);
const refuse = (issue: string): Answer => ({ status: 422, body: { details: [{ issue }] } });
const fetchIt = (row: PaymentRow, now = NOW) => fetchOrder({ db, clock: manualClock(now) }, api, row);
const read = (row: PaymentRow) =>
  withTx(db, row.org_id as OrgId, (tx) => findPayment(tx, row.org_id as OrgId, row.id));
const captures = () => company.asked.filter(({ path }) => path.endsWith("/capture")).length;

test.each([
  ["another payment's", { custom_id: "pay_other" }, "pay_other"],
  ["nobody's", { custom_id: undefined }, "nobody"],
])("an order that is %s breaks the rule, and nothing is captured", async (_name, more, owner) => {
  const row = await payment();
  tell(row, orderOf(row, "APPROVED", more));
  await expect(fetchIt(row)).rejects.toMatchObject({
    rule: "foreign_order",
    message: `The order belongs to ${owner}, not to ${row.id}`,
  });
  expect(captures()).toBe(0);
});

test("an order approved for another amount is not captured", async () => {
  const row = await payment();
  tell(row, orderOf(row, "APPROVED", { amount: { ...amount, value: "9.99" } }));
  await expect(fetchIt(row)).rejects.toMatchObject({ rule: "amount_mismatch" });
  expect(captures()).toBe(0);
});

test("an order that PayPal keeps no more: its capture speaks; uncaptured it has expired, but not before its time", async () => {
  const paid = await payment({ charge_id: "CAPTURE1" });
  answers.set("GET /v2/payments/captures/CAPTURE1", [{ body: capture }]);
  expect((await fetchIt(paid)).found).toMatchObject({ state: null, charge: { id: "CAPTURE1" } });
  const open = await payment({ session_expires_at: LATER });
  await expect(fetchIt(open)).rejects.toMatchObject({ kind: "not_found" });
  expect((await fetchIt(open, LATER)).found).toMatchObject({
    sessionId: open.session_id,
    state: { status: "canceled", failureCode: "expired" },
  });
  await expect(fetchIt(await payment(), LATER)).rejects.toMatchObject({ kind: "not_found" });
});

test("an order captured elsewhere meanwhile is captured, no refusal", async () => {
  const row = await payment();
  tell(row, orderOf(row, "APPROVED"), orderOf(row, "COMPLETED", {}, { captures: [capture] }));
  tellCapture(row, refuse("ORDER_ALREADY_CAPTURED"));
  expect((await fetchIt(row)).found).toMatchObject({ state: null, charge: { id: "CAPTURE1" } });
  expect(await read(row)).toMatchObject({ attempt: row.attempt, failure_code: null });
});

test("a refusal is written once: who comes with an older attempt writes nothing", async () => {
  const row = await payment();
  tell(row, orderOf(row, "APPROVED"));
  tellCapture(row, refuse("INSTRUMENT_DECLINED"));
  const state = { status: "requires_payment_method", failureCode: "INSTRUMENT_DECLINED" };
  expect((await fetchIt(row)).found.state).toEqual(state);
  expect((await fetchIt(row)).found.state).toEqual(state);
  expect(await read(row)).toMatchObject({ attempt: row.attempt + 1, failure_code: "INSTRUMENT_DECLINED" });
});

test("an order that is gone right after its capture was refused has expired, when its time is over", async () => {
  const row = await payment({ session_expires_at: NOW });
  tell(row, orderOf(row, "APPROVED"), NOT_FOUND);
  tellCapture(row, refuse("ORDER_EXPIRED"));
  expect((await fetchIt(row)).found.state).toEqual({ status: "canceled", failureCode: "expired" });
});

test("PayPal away in the middle of a capture is an outage, never a refusal", async () => {
  const row = await payment();
  tell(row, orderOf(row, "APPROVED"));
  tellCapture(row, { status: 503, body: {} });
  await expect(fetchIt(row)).rejects.toMatchObject({ kind: "unavailable" });
  tell(row, { status: 503, body: {} });
  await expect(fetchIt(row)).rejects.toMatchObject({ kind: "unavailable" });
  expect(await read(row)).toMatchObject({ attempt: row.attempt, failure_code: null });
});

let told = 0;
function eventOf(type: string, resource: object): InboxEvent {
  told += 1;
  const providerEventId = `WH-${told}`;
  return {
    id: newId("evt"),
    source: "paypal",
    endpointId: newId("whe"),
    accountId: ACCOUNT,
    mode: "test",
    providerEventId,
    type,
    root: "root",
    objectId: "id" in resource ? String(resource.id) : providerEventId,
    createdAt: NOW,
    receivedAt: NOW,
    body: Buffer.from(JSON.stringify({ id: providerEventId, event_type: type, resource })),
  };
}
/** The event as PayPal keeps it. */
const keep = ({ providerEventId: id, type }: InboxEvent, resource: object) =>
  answers.set(`GET /v1/notifications/webhooks-events/${id}`, [
    { body: { id, event_type: type, create_time: NOW.toISOString(), resource } },
  ]);
const limit = (perSecond = 20) => createFetchLimit(manualClock(NOW), perSecond);
const prepare = (events: InboxEvent[], within = limit()) =>
  prepareEvents({ db, clock: manualClock(NOW) }, { api, accountId: ACCOUNT }, within, events);
const captured = (row: PaymentRow) => eventOf("PAYMENT.CAPTURE.COMPLETED", { ...capture, custom_id: row.id });
const refunded = (row: PaymentRow, id = "REFUND1") =>
  eventOf("PAYMENT.CAPTURE.REFUNDED", { id, custom_id: row.id });

test("one question serves all events of a payment; beyond the limit an event waits", async () => {
  const row = await payment();
  tell(row, orderOf(row, "COMPLETED", {}, { captures: [capture] }));
  const results = await prepare([captured(row), captured(row), captured(row)], limit(2));
  expect(results).toMatchObject([
    { kind: "facts", orgId: row.org_id, facts: { paymentId: row.id, found: { charge: { id: "CAPTURE1" } } } },
    { kind: "facts" },
    { kind: "wait", code: "fetch_limit", isOurs: true },
  ]);
  expect(company.asked.filter(({ path }) => path === addressOf(row))).toHaveLength(1);
});

test("PayPal away, or not knowing the order yet, is waited for; any other no ends the event", async () => {
  const row = await payment();
  expect(await prepare([captured(row)])).toEqual([{ kind: "wait", code: "missing_parent" }]);
  tell(row, { status: 503, body: {} });
  expect(await prepare([captured(row)])).toEqual([{ kind: "wait", code: "paypal_unavailable" }]);
  tell(row, { status: 403, body: { name: "NOT_AUTHORIZED" } });
  expect(await prepare([captured(row)])).toEqual([
    { kind: "dead", code: "paypal_refused", detail: "PayPal refused: NOT_AUTHORIZED" },
  ]);
});

test("a broken rule is no wait: it is thrown", async () => {
  const row = await payment();
  tell(row, orderOf(row, "APPROVED", { custom_id: "pay_other" }));
  await expect(prepare([captured(row)])).rejects.toMatchObject({ rule: "foreign_order" });
});

test("an event that comes before the order's own answer waits, and PayPal is not asked", async () => {
  const row = await payment({ session_id: null });
  expect(await prepare([captured(row)])).toEqual([{ kind: "wait", code: "missing_parent" }]);
  expect(company.asked).toEqual([]);
});

test("a capture that is told of before the order shows it is asked for again", async () => {
  const row = await payment();
  tell(row, orderOf(row, "COMPLETED"));
  expect(await prepare([captured(row)])).toEqual([{ kind: "wait", code: "object_older" }]);
});

test("an id that leads to no payment by PayPal is not ours", async () => {
  const row = await payment();
  const place = { object_id: "ELSEWHERE1", org_id: row.org_id as OrgId, payment_id: newId("pay") };
  await withSystemTx(db, (tx) => placeObjects(tx, ACCOUNT, [place]));
  expect(await prepare([eventOf("PAYMENT.CAPTURE.COMPLETED", { id: "ELSEWHERE1" })])).toEqual([
    { kind: "ignored", code: "not_ours" },
  ]);
});

const refundsOf = async (row: PaymentRow, event = refunded(row)) => {
  const [result] = await prepare([event]);
  if (result?.kind !== "facts") throw new Error(JSON.stringify(result));
  return result.facts.found.refunds.map(({ id, chargeId }) => [id, chargeId]);
};

test("a refund that the order lists is not asked for; one that it does not list yet is, and is its capture's", async () => {
  const row = await payment();
  tell(row, orderOf(row, "COMPLETED", {}, { captures: [capture], refunds: [refund] }));
  expect(await refundsOf(row)).toEqual([["REFUND1", "CAPTURE1"]]);
  expect(company.asked.some(({ path }) => path.includes("/refunds/"))).toBe(false);
  tell(row, orderOf(row, "COMPLETED", {}, { captures: [capture] }));
  answers.set("GET /v2/payments/refunds/REFUND1", [{ body: refund }]);
  expect(await refundsOf(row)).toEqual([["REFUND1", "CAPTURE1"]]);
});

test("a refund of another capture, or of none that it names, moves nothing", async () => {
  const row = await payment();
  tell(row, orderOf(row, "COMPLETED", {}, { captures: [capture] }));
  answers.set("GET /v2/payments/refunds/REFUND1", [{ body: { ...refund, ...up("CAPTURE2") } }]);
  expect(await refundsOf(row)).toEqual([]);
  answers.set("GET /v2/payments/refunds/REFUND1", [{ body: { ...refund, links: [] } }]);
  expect(await refundsOf(row)).toEqual([]);
});

test("a refund is known by the capture that we wrote down, where the order shows none any more", async () => {
  const row = await payment({ charge_id: "CAPTURE1" });
  tell(row, orderOf(row, "COMPLETED"));
  answers.set("GET /v2/payments/refunds/REFUND1", [{ body: refund }]);
  expect(await refundsOf(row)).toEqual([["REFUND1", "CAPTURE1"]]);
});

test("a body that names nobody: the event as PayPal keeps it does, else its refund, else it is not ours", async () => {
  const row = await payment();
  tell(row, orderOf(row, "COMPLETED", {}, { captures: [capture], refunds: [refund] }));
  const byEvent = eventOf("PAYMENT.CAPTURE.COMPLETED", {});
  keep(byEvent, { ...capture, custom_id: row.id });
  const byRefund = eventOf("PAYMENT.CAPTURE.REFUNDED", { id: "REFUND1" });
  keep(byRefund, { id: "REFUND1" });
  answers.set("GET /v2/payments/refunds/REFUND1", [{ body: { ...refund, custom_id: row.id } }]);
  const byNobody = eventOf("PAYMENT.CAPTURE.COMPLETED", {});
  keep(byNobody, { id: "CAPTURE9" });
  const ofNothing = eventOf("PAYMENT.CAPTURE.REFUNDED", {});
  keep(ofNothing, {});
  expect(await prepare([byEvent, byRefund, byNobody, ofNothing])).toMatchObject([
    { kind: "facts", facts: { paymentId: row.id } },
    { kind: "facts", facts: { paymentId: row.id } },
    { kind: "ignored", code: "not_ours" },
    { kind: "ignored", code: "not_ours" },
  ]);
});

test("an event that PayPal itself does not know is waited for", async () => {
  expect(await prepare([eventOf("PAYMENT.CAPTURE.COMPLETED", {})])).toEqual([
    { kind: "wait", code: "missing_parent" },
  ]);
});
