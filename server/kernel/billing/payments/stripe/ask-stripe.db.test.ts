import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startAnswering, type Answer, type Answering } from "../../../../../test/harness/answering.ts";
import { createTestDatabase, type TestDatabase } from "../../../../../test/harness/database.ts";
import { manualClock } from "../../../../platform/clock.ts";
import { createDb, type Db } from "../../../../platform/db/index.ts";
import { createMetrics } from "../../../../platform/telemetry/index.ts";
import { createStripe } from "../../../../vendors/stripe/index.ts";
import type { BillingDeps } from "../../deps.ts";
import { createFetchLimit } from "../fetch-limit.ts";
import { askForEvent, fetchForEvent } from "./ask-stripe.ts";

const clock = manualClock(new Date("2026-03-01T12:00:00Z"));
let database: TestDatabase;
let db: Db;
let company: Answering;
let deps: Pick<BillingDeps, "db" | "clock" | "stripe">;
let answer: Answer;

beforeAll(async () => {
  database = await createTestDatabase();
  db = createDb({ url: database.url, max: 2 });
  company = await startAnswering(() => answer);
  const metrics = createMetrics("test");
  const stripe = createStripe({ apiKey: "sk_test_1", baseUrl: company.url, metrics, pausesMs: [] });
  deps = { db, clock, stripe };
});
afterAll(async () => {
  await company.close();
  await db.close();
  await database.drop();
});
beforeEach(() => void (company.asked.length = 0));

const ask = (
  object: { intentId: string | null; sessionId: string | null },
  limit = createFetchLimit(clock),
) => fetchForEvent(deps, limit, object);
const intent = { intentId: "pi_1", sessionId: "cs_1" };
const refused = (status: number, code: string): Answer => ({
  status,
  body: { error: { type: "invalid_request_error", code, message: "no" } },
});

test("a payment is asked for by its intent, else by its session, at the clock's time", async () => {
  answer = {
    body: {
      id: "pi_1",
      object: "payment_intent",
      status: "processing",
      created: 1,
      latest_charge: null,
      metadata: { holdfast_id: "pay_1" },
    },
  };
  expect(await ask(intent)).toMatchObject({
    found: { intentId: "pi_1", state: { status: "processing" } },
    at: clock.now(),
  });
  answer = { body: { id: "cs_1", status: "expired", expires_at: 1, payment_intent: null } };
  expect(await ask({ ...intent, intentId: null })).toMatchObject({
    found: { state: { status: "canceled" } },
  });
  expect(company.asked.map(({ path }) => path)).toEqual([
    "/v1/payment_intents/pi_1",
    "/v1/checkout/sessions/cs_1",
  ]);
});

test("what names neither is waited for, and nobody is asked", async () => {
  expect(await ask({ intentId: null, sessionId: null })).toEqual({ kind: "wait", code: "missing_parent" });
  expect(company.asked).toEqual([]);
});

test("Stripe away, or not knowing the payment yet, is waited for; any other no ends the event", async () => {
  answer = refused(503, "api_error");
  expect(await ask(intent)).toEqual({ kind: "wait", code: "stripe_unavailable" });
  answer = refused(404, "resource_missing");
  expect(await ask(intent)).toEqual({ kind: "wait", code: "missing_parent" });
  answer = refused(403, "secret_key_required");
  expect(await ask(intent)).toEqual({
    kind: "dead",
    code: "stripe_refused",
    detail: "Stripe refused: secret_key_required",
  });
});

test("beyond the limit an event waits and nobody is asked", async () => {
  const limit = createFetchLimit(clock, 1);
  answer = refused(404, "resource_missing");
  await ask(intent, limit);
  expect(await ask(intent, limit)).toEqual({
    kind: "wait",
    code: "fetch_limit",
    isOurs: true,
  });
  expect(company.asked).toHaveLength(1);
});

test("an error of our own is not taken for Stripe's", async () => {
  const own = () => Promise.reject(new TypeError("ours"));
  await expect(askForEvent(createFetchLimit(clock), own)).rejects.toThrow("ours");
});
