import { afterAll, beforeAll, expect, test } from "vitest";
import { startSandbox, type Sandbox } from "../../../sandbox/main.ts";
import { createMetrics, type Metrics } from "../../platform/telemetry/index.ts";
import { createStripe, type StripeApi } from "./index.ts";

let sandbox: Sandbox;
let metrics: Metrics;
let stripe: StripeApi;

beforeAll(async () => {
  sandbox = await startSandbox();
  metrics = createMetrics("test");
  stripe = createStripe({
    apiKey: await newKey("default"),
    baseUrl: `${sandbox.url}/stripe`,
    metrics,
    pausesMs: [1, 1],
  });
});
afterAll(() => sandbox.close());

async function control(method: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await fetch(`${sandbox.url}/_sandbox${path}`, {
    method,
    ...(body ? { body: JSON.stringify(body), headers: { "content-type": "application/json" } } : {}),
  });
  return answer.json().catch(() => null);
}
async function newKey(name: string): Promise<string> {
  const world = (await control("POST", "/worlds", { name })) as { stripe: { api_key: string } };
  return world.stripe.api_key;
}
const customers = { method: "POST", path: "*/customers" };
const calls = async (outcome: string) =>
  Number(
    new RegExp(
      `vendor_calls_total\\{vendor="stripe",op="customers.create",outcome="${outcome}"\\} (\\d+)`,
    ).exec(await metrics.text())?.[1] ?? 0,
  );

test("an outage is waited out under one idempotency key: one object is made, each try is counted", async () => {
  await control("POST", "/faults", {
    company: "stripe",
    match: customers,
    fault: "status",
    params: { status: 503 },
    times: 2,
  });
  const made = await stripe.createCustomer({ holdfastId: "org_1", idempotencyKey: "k1" });
  expect(await calls("unavailable")).toBe(2);
  expect(await calls("ok")).toBe(1);
  expect(await stripe.createCustomer({ holdfastId: "org_1", idempotencyKey: "k1" })).toEqual(made);
});

test("work that was done though its answer was lost is found again by the key", async () => {
  await control("POST", "/faults", {
    company: "stripe",
    match: customers,
    fault: "reset",
    effect: "done",
    times: 1,
  });
  const made = await stripe.createCustomer({ holdfastId: "org_2", idempotencyKey: "k2" });
  expect(await stripe.createCustomer({ holdfastId: "org_2", idempotencyKey: "k2" })).toEqual(made);
});

test("errors are of three kinds, and refusals are not tried again", async () => {
  await expect(stripe.fetchPayment("pi_unknown")).rejects.toMatchObject({
    kind: "not_found",
    code: "resource_missing",
  });
  const before = await calls("refused");
  await expect(stripe.createCustomer({ holdfastId: "org_3", idempotencyKey: "k1" })).rejects.toMatchObject({
    kind: "refused",
  });
  expect((await calls("refused")) - before).toBe(1);
  const away = createStripe({
    apiKey: "sk_test_x",
    baseUrl: "http://127.0.0.1:9",
    metrics: createMetrics("t"),
    pausesMs: [],
  });
  await expect(away.fetchPayment("pi_1")).rejects.toMatchObject({ kind: "unavailable", answered5xx: false });
});

test("while most calls fail the others are saved the wait, until the clock has moved and one works", async () => {
  let now = 0;
  const own = createMetrics("t");
  const apiKey = await newKey("away");
  const baseUrl = `${sandbox.url}/stripe`;
  const api = createStripe({ apiKey, baseUrl, metrics: own, pausesMs: [], nowMs: () => now });
  const make = (key: string) => api.createCustomer({ holdfastId: `org_${key}`, idempotencyKey: key });
  await control("POST", "/faults", {
    world: "away",
    company: "stripe",
    match: customers,
    fault: "status",
    params: { status: 503 },
    probability: 1,
  });
  for (let i = 0; i < 20; i += 1)
    await expect(make(`b${i}`)).rejects.toMatchObject({ kind: "unavailable", answered5xx: true });
  await expect(make("b20")).rejects.toMatchObject({ kind: "unavailable", code: "breaker_open" });
  expect(await own.text()).toContain(
    'vendor_calls_total{vendor="stripe",op="customers.create",outcome="unavailable"} 20',
  );
  now += 5_000;
  await expect(make("b21")).rejects.toMatchObject({ answered5xx: true });
  await expect(make("b22")).rejects.toMatchObject({ code: "breaker_open" });
  await control("DELETE", "/faults?world=away");
  await expect(make("b23")).rejects.toMatchObject({ code: "breaker_open" });
  now += 5_000;
  expect((await make("b24")).id).toMatch(/^cus_/);
  expect((await make("b25")).id).toMatch(/^cus_/);
});

test("a company that asks to be asked less is not taken to be away", async () => {
  const apiKey = await newKey("busy");
  const baseUrl = `${sandbox.url}/stripe`;
  const api = createStripe({ apiKey, baseUrl, metrics: createMetrics("t"), pausesMs: [] });
  await control("POST", "/faults", {
    world: "busy",
    company: "stripe",
    match: customers,
    fault: "status",
    params: { status: 429 },
    times: 25,
  });
  for (let i = 0; i < 25; i += 1)
    await expect(
      api.createCustomer({ holdfastId: `org_c${i}`, idempotencyKey: `c${i}` }),
    ).rejects.toMatchObject({ kind: "unavailable", isBusy: true });
  expect((await api.createCustomer({ holdfastId: "org_c", idempotencyKey: "c" })).id).toMatch(/^cus_/);
});

test("the key's own prefix says the mode", () => {
  const modeOf = (apiKey: string) =>
    createStripe({ apiKey, baseUrl: null, metrics: createMetrics("t") }).mode;
  expect(["sk_test_1", "rk_test_1", "sk_live_1", "rk_live_1"].map(modeOf)).toEqual([
    "test",
    "test",
    "live",
    "live",
  ]);
});

test("events are listed a page at a time, with bytes that read as they were sent", async () => {
  const { events, hasMore } = await stripe.listEvents(
    { from: new Date(0), to: new Date(Date.now() + 60_000), after: null },
    AbortSignal.timeout(5_000),
  );
  expect(hasMore).toBe(false);
  expect(events.length).toBeGreaterThan(0);
  for (const { envelope, body } of events)
    expect(JSON.parse(body.toString())).toMatchObject({
      id: envelope.id,
      type: envelope.type,
      object: "event",
    });
});
