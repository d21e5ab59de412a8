/** Credits that programs reserve, consume and release, over HTTP. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";
import type { Client, Json } from "../../../../test/harness/client.ts";
import { manualClock } from "../../../platform/clock.ts";

const clock = manualClock(new Date());
let gateway: TestGateway;
let spender: Client;
beforeAll(async () => {
  gateway = await startTestGateway({ micros: 1_000_000n, clock });
  const scopes = ["credits.spend"];
  spender = (await gateway.app.createKey(gateway.app.owner, { scopes, limits: { rpm: 0 } })).client;
});
afterAll(() => gateway.close());

const post = (path: string, body: Json, who = spender, idempotencyKey?: string) =>
  who.call("POST", `/api/tokens/${path}`, { body, ...(idempotencyKey ? { idempotencyKey } : {}) });
const reserve = async (body: Json = {}): Promise<string> => {
  const answer = await post("reserve", { amount_micros: 1_000, ...body });
  expect(answer.status, answer.text).toBe(201);
  return String(answer.body.id);
};
const available = async () => (await gateway.balance()).available_micros;
const problem = ({ status, body }: { status: number; body: Json }) => [status, body.code];
const verify = async () => {
  const { body } = await gateway.app.owner.call("POST", "/api/ledger/verify");
  expect(body).toMatchObject({ ok: true });
};

test("what is reserved is held, what is consumed is taken, the rest returns", async () => {
  const before = await gateway.balance();
  const id = await reserve({ amount_micros: 5_000, purpose: "a picture", project_id: "p1" });
  expect(await gateway.balance()).toMatchObject({
    settled_micros: before.settled_micros,
    held_micros: 5_000,
    held_count: 1,
  });
  const spent = await post("consume", { hold_id: id, amount_micros: 3_000 });
  expect([spent.status, spent.body]).toMatchObject([
    200,
    {
      hold_id: id,
      captured_micros: 3_000,
      released_micros: 2_000,
      available_micros: before.available_micros - 3_000,
    },
  ]);
  const transaction = await gateway.app.owner.call(
    "GET",
    `/api/ledger/transactions/${String(spent.body.txn_id)}`,
  );
  expect(transaction.status).toBe(200);
  const { body } = await spender.call<{ data: Json[] }>("GET", "/api/tokens/holds?state=captured");
  expect(body.data[0]).toMatchObject({ id, state: "captured", captured_micros: 3_000, purpose: "a picture" });
  await verify();
});

test("a repeated request is answered as the first, and does nothing", async () => {
  const key = "once";
  const first = await post("reserve", { amount_micros: 700 }, spender, key);
  const again = await post("reserve", { amount_micros: 700 }, spender, key);
  expect(again.body).toEqual(first.body);
  expect(problem(await post("reserve", { amount_micros: 701 }, spender, key))).toEqual([
    422,
    "idempotency_mismatch",
  ]);
  const spent = await post("consume", { hold_id: first.body.id, amount_micros: 700 }, spender, "take");
  expect(
    (await post("consume", { hold_id: first.body.id, amount_micros: 700 }, spender, "take")).body,
  ).toEqual(spent.body);
  const other = await post("consume", { hold_id: first.body.id, amount_micros: 700 }, spender, "take again");
  expect(problem(other)).toEqual([409, "hold_not_pending"]);
});

test("taking at once needs no hold", async () => {
  const before = await available();
  const spent = await post("consume", { amount_micros: 1_234 });
  expect(spent.body).toMatchObject({
    captured_micros: 1_234,
    released_micros: 0,
    available_micros: before - 1_234,
  });
  expect(await gateway.balance()).toMatchObject({ held_micros: 0, held_count: 0 });
});

test("a model's prices say the bound and the cost", async () => {
  const reserved = await post("reserve", {
    model: "openai/gpt-4o-mini",
    prompt_tokens: 1_000,
    max_output_tokens: 100,
  });
  // 1,000 × 0.15 and 100 × 0.6 USD per million tokens.
  expect(reserved.body).toMatchObject({ amount_micros: 21_000, model: "openai/gpt-4o-mini" });
  const usage = { input_tokens: 400, output_tokens: 50 };
  const spent = await post("consume", { hold_id: reserved.body.id, model: "openai/gpt-4o-mini", usage });
  expect(spent.body).toMatchObject({ captured_micros: 9_000, released_micros: 12_000 });
  expect(
    problem(await post("reserve", { model: "no/such", prompt_tokens: 1, max_output_tokens: 1 })),
  ).toEqual([404, "model_not_found"]);
});

test("above the hold: 422, or all of the rest from what is available, or nothing", async () => {
  const id = await reserve();
  const before = await available();
  expect(problem(await post("consume", { hold_id: id, amount_micros: 1_001 }))).toEqual([
    422,
    "exceeds_hold",
  ]);
  const beyond = { hold_id: id, amount_micros: before + 1_001, allow_excess: true };
  expect(problem(await post("consume", beyond))).toEqual([402, "insufficient_credits"]);
  expect(await available()).toBe(before);
  const spent = await post("consume", { hold_id: id, amount_micros: 1_500, allow_excess: true });
  expect(spent.body).toMatchObject({
    captured_micros: 1_500,
    released_micros: 0,
    available_micros: before - 500,
  });
  await verify();
});

test("more than there is cannot be reserved", async () => {
  const before = await available();
  const answer = await post("reserve", { amount_micros: before + 1 });
  expect([answer.status, answer.body]).toMatchObject([
    402,
    { code: "insufficient_credits", available_micros: before, needed_micros: before + 1 },
  ]);
  expect(problem(await post("consume", { amount_micros: before + 1 }))).toEqual([
    402,
    "insufficient_credits",
  ]);
});

test("release gives all back, once or twice; what was taken cannot be released", async () => {
  const before = await available();
  const id = await reserve();
  for (let times = 0; times < 2; times += 1)
    expect((await post("release", { hold_id: id })).body).toMatchObject({
      captured_micros: 0,
      released_micros: 1_000,
      available_micros: before,
    });
  expect(problem(await post("consume", { hold_id: id, amount_micros: 1 }))).toEqual([
    409,
    "hold_not_pending",
  ]);
  const taken = await reserve();
  await post("consume", { hold_id: taken, amount_micros: 1_000 });
  expect(problem(await post("release", { hold_id: taken }))).toEqual([409, "hold_not_pending"]);
});

test("a hold that nobody ended in time is released, or taken where it asked so", async () => {
  const before = await available();
  const released = await reserve({ deadline_s: 10 });
  const captured = await reserve({ deadline_s: 10, on_expiry: "capture" });
  clock.advance(11_000);
  expect(problem(await post("consume", { hold_id: released, amount_micros: 1 }))).toEqual([
    409,
    "hold_not_pending",
  ]);
  await gateway.until("both have ended", async () => (await gateway.balance()).held_count === 0, 20_000);
  expect(await available()).toBe(before - 1_000);
  const { body } = await spender.call<{ data: Json[] }>("GET", "/api/tokens/holds?limit=2");
  expect(body.data).toMatchObject([
    { id: captured, state: "captured", captured_micros: 1_000 },
    { id: released, state: "released", captured_micros: 0 },
  ]);
  await verify();
});

test("others' holds are not found, except by admins; the gateway's own by nobody", async () => {
  const id = await reserve();
  const agent = await gateway.app.member("agent");
  expect(problem(await post("release", { hold_id: id }, agent))).toEqual([404, "not_found"]);
  const { body: none } = await agent.call<{ data: Json[] }>("GET", "/api/tokens/holds");
  expect(none.data).toEqual([]);
  const admin = await gateway.app.member("admin");
  const { body: all } = await admin.call<{ data: Json[] }>("GET", "/api/tokens/holds?state=pending");
  expect(all.data).toMatchObject([{ id }]);
  const call = gateway.key.call("POST", "/v1/chat/completions", {
    body: { model: "sandbox/hold", max_tokens: 5, messages: [{ role: "user", content: "Hello" }] },
  });
  await gateway.until("it is held upstream", async () => (await gateway.heldUpstream()) === 1);
  const [request] = await gateway.app.sql<{ hold_id: string }>("select hold_id from gateway.requests");
  expect(problem(await post("release", { hold_id: request?.hold_id }, admin))).toEqual([404, "not_found"]);
  expect(problem(await post("consume", { hold_id: request?.hold_id, amount_micros: 1 }))).toEqual([
    404,
    "not_found",
  ]);
  await gateway.release("sandbox/hold");
  expect((await call).status).toBe(200);
  expect((await post("release", { hold_id: id }, admin)).status).toBe(200);
});

test("of fifty who take from one hold at once, one does", async () => {
  const id = await reserve({ amount_micros: 50 });
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => post("consume", { hold_id: id, amount_micros: 50 })),
  );
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(answers.filter(({ status }) => status === 409)).toHaveLength(49);
  await verify();
});

test.each<[string, Json]>([
  ["nothing", {}],
  ["an amount and a model", { amount_micros: 1, model: "openai/gpt-4o-mini" }],
  ["a model alone", { model: "openai/gpt-4o-mini" }],
  ["nothing to hold", { amount_micros: 0 }],
  ["more than 10¹²", { amount_micros: 10 ** 12 + 1 }],
  ["a deadline below 10 s", { amount_micros: 1, deadline_s: 9 }],
  ["a purpose of 65 characters", { amount_micros: 1, purpose: "x".repeat(65) }],
])("422 for %s", async (_name, body) => {
  expect(problem(await post("reserve", body))).toEqual([422, "invalid_input"]);
});

test("the balance tells what the plan gives", async () => {
  const { body } = await gateway.app.owner.call("GET", "/api/tokens/balance");
  expect(body.plan).toMatchObject({ key: "free", name: "Free", allowance_micros: 0 });
});
