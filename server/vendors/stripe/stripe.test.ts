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
