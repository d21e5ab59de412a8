import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startSandbox, type Sandbox } from "../../../sandbox/main.ts";
import { createMetrics, type Metrics } from "../../platform/telemetry/index.ts";
import { createPaypal, PaypalFault, type PaypalApi } from "./index.ts";

let sandbox: Sandbox;
let metrics: Metrics;
let paypal: PaypalApi;
let client: { client_id: string; client_secret: string; base_url: string };

beforeAll(async () => {
  sandbox = await startSandbox();
  client = ((await control("POST", "/worlds", { name: "default" })) as { paypal: typeof client }).paypal;
  ({ paypal, metrics } = open());
});
afterAll(async () => {
  await paypal.close();
  await sandbox.close();
});
afterEach(() => control("DELETE", "/faults"));

async function control(method: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await fetch(`${sandbox.url}/_sandbox${path}`, {
    method,
    ...(body ? { body: JSON.stringify(body), headers: { "content-type": "application/json" } } : {}),
  });
  return answer.json().catch(() => null);
}
function open(more: { clientSecret?: string } = {}) {
  const own = createMetrics("test");
  const api = createPaypal({
    baseUrl: client.base_url,
    clientId: client.client_id,
    clientSecret: client.client_secret,
    metrics: own,
    pausesMs: [1, 1],
    ...more,
  });
  return { paypal: api, metrics: own };
}
const calls = async (op: string, outcome: string, from = metrics) =>
  Number(
    new RegExp(`vendor_calls_total\\{vendor="paypal",op="${op}",outcome="${outcome}"\\} (\\d+)`).exec(
      await from.text(),
    )?.[1] ?? 0,
  );
const fault = (what: Record<string, unknown>) => control("POST", "/faults", { company: "paypal", ...what });
const orders = { method: "POST", path: "*/checkout/orders" };
const order = (requestId: string, more = {}) =>
  paypal.createOrder({
    holdfastId: `pay_${requestId}`,
    name: "Starter credits",
    amountMinor: 1000n,
    currency: "usd",
    returnUrl: "http://127.0.0.1/back",
    cancelUrl: "http://127.0.0.1/",
    requestId,
    ...more,
  });
async function approve(url: string | null, buyer = "approve@sandbox.test"): Promise<void> {
  const body = new URLSearchParams({ buyer });
  const answer = await fetch(url ?? "", { method: "POST", body, headers: { accept: "application/json" } });
  expect(answer.status).toBe(200);
}
async function captured(requestId: string) {
  const made = await order(requestId);
  await approve(made.approveUrl);
  const [capture] = (await paypal.captureOrder(made.id, `${requestId}:capture`)).captures;
  if (!capture) throw new Error("nothing was captured");
  return { order: made, capture };
}

test("an order made, approved, captured and refunded, in our own words", async () => {
  const { order: made, capture } = await captured("whole");
  expect(made).toMatchObject({
    status: "CREATED",
    customId: "pay_whole",
    amountMinor: 1000n,
    currency: "usd",
  });
  expect(capture).toMatchObject({ status: "COMPLETED", amountMinor: 1000n, customId: "pay_whole" });
  expect(capture.feeMinor).toBeGreaterThan(0n);
  expect(await paypal.getCapture(capture.id)).toEqual(capture);
  const amount = { amountMinor: 250n, currency: "usd" };
  const refund = await paypal.refundCapture(capture.id, { amount, requestId: "whole:refund" });
  expect(refund).toMatchObject({ status: "COMPLETED", amountMinor: 250n, captureId: capture.id });
  expect(await paypal.getRefund(refund.id)).toEqual(refund);
  const now = await paypal.getOrder(made.id);
  expect(now.captures).toMatchObject([{ id: capture.id, status: "PARTIALLY_REFUNDED" }]);
  expect(now.refunds).toMatchObject([{ id: refund.id }]);
  const rest = await paypal.refundCapture(capture.id, { amount: null, requestId: "whole:rest" });
  expect(rest.amountMinor).toBe(750n);
});

test("yen travel whole", async () => {
  const made = await order("yen", { amountMinor: 1500n, currency: "jpy" });
  expect(await paypal.getOrder(made.id)).toMatchObject({ amountMinor: 1500n, currency: "jpy" });
});

test("an outage is waited out under one request id: one order is made, each try is counted", async () => {
  const before = await calls("orders.create", "unavailable");
  await fault({ match: orders, fault: "status", params: { status: 503 }, times: 2 });
  const made = await order("outage");
  expect((await calls("orders.create", "unavailable")) - before).toBe(2);
  expect((await order("outage")).id).toBe(made.id);
});

test("work that was done though its answer was lost is found again by the request id", async () => {
  await fault({ match: orders, fault: "reset", effect: "done", times: 1 });
  const made = await order("lost");
  expect((await order("lost")).id).toBe(made.id);
});

test("two who capture one order at once under one request id take the money once", async () => {
  const made = await order("twice");
  await approve(made.approveUrl);
  const both = await Promise.all([1, 2].map(() => paypal.captureOrder(made.id, "twice:capture")));
  expect(new Set(both.flatMap(({ captures }) => captures.map(({ id }) => id))).size).toBe(1);
});

test.each([
  [
    "an order that is not there",
    () => paypal.getOrder("5O190127TN364715T"),
    "not_found",
    "INVALID_RESOURCE_ID",
  ],
  [
    "an order that nobody approved",
    async () => paypal.captureOrder((await order("early")).id, "early:capture"),
    "refused",
    "ORDER_NOT_APPROVED",
  ],
] as const)("%s", async (_name, act, kind, code) => {
  const error = await act().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(PaypalFault);
  expect(error).toMatchObject({ kind, code });
});

test("a declined buyer is a refusal, and is not tried again by itself", async () => {
  const made = await order("declined");
  await approve(made.approveUrl, "declined@sandbox.test");
  const before = await calls("orders.capture", "refused");
  await expect(paypal.captureOrder(made.id, "declined:capture")).rejects.toMatchObject({
    kind: "refused",
    code: "INSTRUMENT_DECLINED",
  });
  expect((await calls("orders.capture", "refused")) - before).toBe(1);
});

test("many calls at once share one token; a refused client is never the object's fault", async () => {
  const one = open();
  const asked = async () =>
    ((await control("GET", "/recordings?company=paypal&path=/v1/oauth2/token")) as { data: unknown[] }).data
      .length;
  const before = await asked();
  await Promise.all(Array.from({ length: 10 }, () => one.paypal.getOrder("X1").catch(() => null)));
  expect((await asked()) - before).toBe(1);
  const wrong = open({ clientSecret: client.client_secret.replace("default", "nobody") });
  await expect(wrong.paypal.getOrder("X1")).rejects.toMatchObject({
    kind: "unavailable",
    code: "token_invalid_client",
  });
  await Promise.all([one.paypal.close(), wrong.paypal.close()]);
});

test("while most calls fail, the breaker saves the others the wait", async () => {
  const { paypal: api, metrics: own } = open();
  await fault({
    match: { method: "GET", path: "*/captures/*" },
    fault: "status",
    params: { status: 503 },
    times: 100,
  });
  for (let i = 0; i < 7; i += 1) await api.getCapture("X1").catch(() => null);
  await expect(api.getCapture("X1")).rejects.toMatchObject({ kind: "unavailable", code: "breaker_open" });
  expect(await calls("captures.get", "unavailable", own)).toBe(20);
  await api.close();
});

test("the list of events is read page by page, whatever its pages' size, each event once", async () => {
  const from = new Date(Date.now() - 3_600_000);
  for (let i = 0; i < 3; i += 1) await captured(`listed_${i}`);
  const never = new AbortController().signal;
  const to = new Date(Date.now() + 60_000);
  const { events, hasMore } = await paypal.listEvents({ from, to, after: null }, never);
  expect(hasMore).toBe(false);
  const ids = events.map(({ envelope }) => envelope.id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(
    events
      .filter(({ envelope }) => envelope.root === "pay_listed_1")
      .map(({ envelope }) => envelope.type)
      .toSorted(),
  ).toEqual(["CHECKOUT.ORDER.APPROVED", "CHECKOUT.ORDER.COMPLETED", "PAYMENT.CAPTURE.COMPLETED"]);
  const [first] = ids;
  const rest = await paypal.listEvents({ from, to, after: first ?? null }, never);
  expect(rest.events.map(({ envelope }) => envelope.id)).not.toContain(first);
  const one = await paypal.getEvent(first ?? "");
  expect(one.envelope).toEqual(events[0]?.envelope);
});
