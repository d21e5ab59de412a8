/** Answers of Stripe that differ from the usual ones, over HTTP. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startAnswering, type Answering } from "../../../test/harness/answering.ts";
import { createMetrics } from "../../platform/telemetry/index.ts";
import { createStripe, type StripeApi } from "./index.ts";

let company: Answering;
let stripe: StripeApi;
/** What is answered, in order. */
let answers: { status?: number; body: object }[] = [];

beforeAll(async () => {
  company = await startAnswering(() => answers.shift() ?? { status: 500, body: {} });
  const metrics = createMetrics("test");
  stripe = createStripe({ apiKey: "sk_test_1", baseUrl: company.url, metrics, pausesMs: [] });
});
afterAll(() => company.close());
beforeEach(() => {
  answers = [];
  company.asked.length = 0;
});

const signal = new AbortController().signal;
const list = (data: object[], has_more = false) => ({ body: { object: "list", data, has_more } });
const session = (n: number, holdfast_id: string) => ({
  id: `cs_${n}`,
  object: "checkout.session",
  url: null,
  expires_at: 1_900_000_000,
  status: "open",
  payment_intent: null,
  metadata: { holdfast_id },
});

test("a session is looked for page by page, each after the last row of the one before", async () => {
  answers = [list([session(1, "pay_1"), session(2, "pay_2")], true), list([session(3, "pay_3")])];
  expect((await stripe.findCheckoutSession("pay_3", new Date(0)))?.id).toBe("cs_3");
  expect(company.asked.map(({ query }) => query.get("starting_after"))).toEqual([null, "cs_2"]);
});

test("a session is not found after the last page, nor after one without rows, nor beyond ten pages", async () => {
  answers = [list([session(1, "pay_1")])];
  expect(await stripe.findCheckoutSession("pay_9", new Date(0))).toBeNull();
  answers = [list([], true)];
  expect(await stripe.findCheckoutSession("pay_9", new Date(0))).toBeNull();
  company.asked.length = 0;
  answers = Array.from({ length: 12 }, (_, n) => list([session(n, "pay_1")], true));
  expect(await stripe.findCheckoutSession("pay_9", new Date(0))).toBeNull();
  expect(company.asked).toHaveLength(10);
});

test("a session that nobody pays is open until it has expired", async () => {
  answers = [{ body: session(1, "pay_1") }, { body: { ...session(1, "pay_1"), status: "expired" } }];
  expect((await stripe.fetchSession("cs_1")).state).toEqual({
    status: "requires_payment_method",
    failureCode: null,
  });
  expect((await stripe.fetchSession("cs_1")).state).toEqual({ status: "canceled", failureCode: "expired" });
});

test("the books go on after the last id of the page before", async () => {
  answers = [list([], true), list([])];
  const range = { from: new Date(0), to: new Date(1_000) };
  expect(await stripe.listBalance({ ...range, after: null }, signal)).toEqual({ records: [], hasMore: true });
  expect((await stripe.listBalance({ ...range, after: "txn_1" }, signal)).hasMore).toBe(false);
  expect(company.asked.map(({ query }) => query.get("starting_after"))).toEqual([null, "txn_1"]);
});

test("the list of events goes on after an id, keeps to the asked types, and leaves out what is no event", async () => {
  const event = { id: "evt_1", object: "event", type: "charge.succeeded", created: 1_900_000_000, data: {} };
  answers = [list([{ id: "evt_2", object: "event" }, event])];
  const range = { from: new Date(0), to: new Date(1_000), after: "evt_9", types: ["charge.succeeded"] };
  const { events } = await stripe.listEvents(range, signal);
  expect(events.map(({ envelope }) => envelope.id)).toEqual(["evt_1"]);
  const query = company.asked[0]?.query;
  expect(query?.get("starting_after")).toBe("evt_9");
  expect([...(query ?? [])].filter(([name]) => name.startsWith("types")).map(([, type]) => type)).toEqual([
    "charge.succeeded",
  ]);
});

test("an endpoint whose secret is not told is made all the same", async () => {
  answers = [
    { body: { id: "we_1", object: "webhook_endpoint" } },
    { body: { id: "we_2", object: "webhook_endpoint", secret: "whsec_1" } },
  ];
  const made = () => stripe.createWebhookEndpoint({ url: "https://a.example/", idempotencyKey: "k" });
  expect(await made()).toEqual({ webhookId: "we_1", secret: null });
  expect(await made()).toEqual({ webhookId: "we_2", secret: "whsec_1" });
});

test("removing an endpoint is done when it is gone, and not while Stripe is away", async () => {
  const error = { type: "invalid_request_error", code: "resource_missing", message: "No such endpoint" };
  answers = [
    { status: 404, body: { error } },
    { status: 503, body: { error } },
  ];
  await expect(stripe.deleteWebhookEndpoint("we_1")).resolves.toBeUndefined();
  await expect(stripe.deleteWebhookEndpoint("we_1")).rejects.toMatchObject({ kind: "unavailable" });
});

test("a refund says why in Stripe's words, or not at all, and keeps the credits only when told", async () => {
  const refund = {
    id: "re_1",
    object: "refund",
    amount: 5,
    currency: "usd",
    created: 1,
    status: "succeeded",
  };
  const base = { holdfastId: "re_1", chargeId: "ch_1", amountMinor: 5n, idempotencyKey: "k" };
  answers = [{ body: refund }, { body: refund }];
  await stripe.createRefund({ ...base, reason: "requested", keepsCredits: true });
  await stripe.createRefund({ ...base, reason: "other", keepsCredits: false });
  expect(company.asked.map(({ form }) => form.get("reason"))).toEqual(["requested_by_customer", null]);
  expect(company.asked.map(({ form }) => form.get("metadata[holdfast_keeps_credits]"))).toEqual([
    "true",
    null,
  ]);
});
