/** Every fault of the provider, before and after the first content: an answer or an error the client sees, and exact books. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { FREE } from "./call/charge.ts";
import { startTestGateway, type TestGateway } from "../../../test/harness/gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ haste: 10 });
});
afterAll(() => gateway.close());

/** In turn, so that no breaker opens: each meets few enough of the faults. */
const MODELS = ["openai/gpt-4o-mini", "openai/gpt-4o", "openai/gpt-5-mini", "deepseek/deepseek-chat-v3.1"];
let asked = 0;
const nextModel = () => MODELS[(asked += 1) % MODELS.length] as string;

const ask = (model: string, rest: Record<string, unknown> = {}) =>
  gateway.key.call("POST", "/v1/chat/completions", {
    body: {
      model,
      messages: [{ role: "user", content: "tokens=40 gap=0 please tell me a long story" }],
      ...rest,
    },
    idempotencyKey: null,
  });

type Books = { borne: bigint; billed: bigint };
let before: Books;
beforeEach(async () => {
  before = await readBooks();
});

/** What callers paid and what we bore as loss, beside the provider's bill; in 10⁻¹² USD. */
async function readBooks(): Promise<Books> {
  const billed = (await gateway.bill()).reduce(
    (sum, { cost }) => sum + BigInt(Math.round(Number(cost) * 1e12)),
    0n,
  );
  const [row] = await gateway.app.sql<{ borne: string }>(
    `select (coalesce(sum(case when outcome = any($1) then provider_cost_usd else cost_usd end), 0) * 1e12)::bigint as borne
     from gateway.attempts`,
    [[...FREE]],
  );
  return { borne: BigInt(row?.borne ?? 0), billed };
}

/** Waits until no call is open; then what this test's calls cost is what the provider billed. */
async function booksAgree(): Promise<void> {
  await gateway.until("nothing held, nothing to ask", async () => {
    const [row] = await gateway.app.sql<{ n: number }>(
      `select count(*)::int as n from gateway.requests
       where next_lookup_at is not null or state in ('open', 'reconciling')`,
    );
    return row?.n === 0;
  });
  const after = await readBooks();
  const [loss] = await gateway.app.sql<{ micros: number }>(
    `select coalesce(sum(provider_cost_usd) * 1e8, 0)::float8 as micros from gateway.attempts where outcome = any($1)`,
    [[...FREE]],
  );
  expect(await measuredLoss()).toBeCloseTo(loss?.micros ?? 0, 6);
  expect(after.borne - before.borne).toBe(after.billed - before.billed);
  expect(await gateway.balance()).toMatchObject({ held_micros: 0, held_count: 0 });
}

async function measuredLoss(): Promise<number> {
  const text = await gateway.app.app.metrics.text();
  return Number(/^holdfast_gateway_loss_micros_total (.*)$/m.exec(text)?.[1]);
}

const lastRequest = async () => (await gateway.requests()).at(-1);

test.each([
  ["sandbox/402", 503, "no_provider_available"],
  ["sandbox/429", 503, "no_provider_available"],
  ["sandbox/529", 503, "no_provider_available"],
  ["sandbox/error-first", 502, "upstream_failed"],
  ["sandbox/bad-json", 502, "upstream_failed"],
  ["sandbox/cut", 502, "upstream_failed"],
])("JSON from %s: %i %s, and the caller pays nothing", async (model, status, code) => {
  const answer = await ask(model);
  expect(answer.status, answer.text).toBe(status);
  expect(answer.body).toMatchObject({ error: { code, param: null, message: expect.any(String) } });
  expect(answer.text).not.toMatch(/sandbox|provider returned|upstream answered/i);
  if (status === 503) expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await lastRequest()).toMatchObject({ state: "released", outcome: code, cost_micros: "0" });
  await booksAgree();
});

test("JSON from sandbox/error-mid: 502, and the caller pays nothing", async () => {
  const answer = await ask("sandbox/error-mid");
  expect(answer.status).toBe(502);
  expect(await lastRequest()).toMatchObject({ state: "released", cost_micros: "0" });
});

test.each([
  ["sandbox/402", 503, "no_provider_available"],
  ["sandbox/429", 503, "no_provider_available"],
  ["sandbox/529", 503, "no_provider_available"],
  ["sandbox/error-first", 502, "upstream_failed"],
])("a stream from %s that never begins: %i %s as an ordinary answer", async (model, status, code) => {
  const answer = await ask(model, { stream: true });
  expect(answer.status, answer.text).toBe(status);
  expect(answer.body).toMatchObject({ error: { code } });
  expect(await lastRequest()).toMatchObject({ state: "released", outcome: code, cost_micros: "0" });
  await booksAgree();
});

test.each(["sandbox/cut", "sandbox/error-mid", "sandbox/bad-json"])(
  "a stream from %s that breaks: an error event, no [DONE], and the provider's bill",
  async (model) => {
    const answer = await ask(model, { stream: true });
    expect(answer.status).toBe(200);
    const events = answer.text.split("\n\n").filter((event) => event.startsWith("data: "));
    expect(events.at(-1)).toBe(
      'data: {"error":{"message":"The provider failed to answer","type":"server_error","param":null,"code":"upstream_failed"}}',
    );
    expect(answer.text).not.toContain("[DONE]");
    expect(events.length).toBeGreaterThan(2);
    await booksAgree();
    expect(await lastRequest()).toMatchObject({
      state: "settled",
      outcome: "broken_off",
      basis: "reconciled",
    });
  },
);

test.each([
  { status: 502, fault: "empty_body", params: {} },
  { status: 502, fault: "html_502", params: {} },
  { status: 502, fault: "error_after_role", params: {} },
  { status: 502, fault: "reset", params: {} },
  { status: 502, fault: "status", params: { params: { status: 500 } } },
  { status: 503, fault: "status", params: { params: { status: 401 } } },
  { status: 504, fault: "status", params: { params: { status: 408 } } },
])(
  "a stream that meets $fault $params before its first content is answered $status",
  async ({ fault, params, status }) => {
    await gateway.fault(fault, params);
    const answer = await ask(nextModel(), { stream: true });
    expect(answer.status, answer.text).toBe(status);
    await booksAgree();
  },
);

test.each([
  ["no_usage", "reconciled"],
  ["zero_usage", "reconciled"],
  ["cumulative_usage", "reported"],
  ["doubled_usage", "reported"],
  ["cost_unlike_table", "reported"],
  ["split_utf8", "reported"],
  ["cut_before_usage", "reconciled"],
  ["big_chunk", "reported"],
  ["wrong_type", "reported"],
])("a whole stream despite %s: [DONE], cost %s, equal to the bill", async (fault, basis) => {
  await gateway.fault(fault);
  const answer = await ask(nextModel(), { stream: true });
  expect(answer.status).toBe(200);
  expect(answer.text.endsWith("data: [DONE]\n\n"), answer.text.slice(-300)).toBe(true);
  expect(await lastRequest()).toMatchObject({ state: "settled", outcome: "ok", basis });
  await booksAgree();
});

test.each(["no_usage", "zero_usage", "doubled_usage", "cost_unlike_table", "split_utf8"])(
  "a whole JSON answer despite %s, at the provider's bill",
  async (fault) => {
    await gateway.fault(fault);
    const answer = await ask(nextModel());
    expect(answer.status, answer.text).toBe(200);
    expect(await lastRequest()).toMatchObject({ state: "settled", outcome: "ok" });
    await booksAgree();
  },
);

test("usage that nobody tells is estimated, and put right when the provider's books tell it", async () => {
  await gateway.fault("no_usage");
  await gateway.fault("lookup_404", { match: { path: "/api/v1/generation" } }, 2);
  const answer = await ask(nextModel(), { stream: true });
  expect(answer.text.endsWith("data: [DONE]\n\n")).toBe(true);
  expect(answer.text).toContain("basis=estimated");
  await gateway.until("corrected", async () => (await lastRequest())?.basis === "reconciled");
  await booksAgree();
});

test("an answer without content costs nothing", async () => {
  for (const stream of [false, true]) {
    const answer = await ask("sandbox/empty", { stream });
    expect(answer.status, answer.text).toBe(200);
    expect(await lastRequest()).toMatchObject({ state: "released", outcome: "empty", cost_micros: "0" });
  }
  await booksAgree();
});

test("an answer cut by the caller's maximum is whole and paid", async () => {
  const answer = await ask("sandbox/length", { stream: true });
  expect(answer.text).toContain('"finish_reason":"length"');
  expect(await lastRequest()).toMatchObject({ state: "settled", outcome: "ok", basis: "reported" });
});

test.each(["truncate", "corrupt", "timeout"])(
  "%s: an error the caller sees, and nothing stays held",
  async (fault) => {
    for (const stream of [false, true]) {
      await gateway.fault(fault, { params: { ms: 300 } });
      const answer = await ask(nextModel(), { stream });
      const whole = stream ? answer.text.endsWith("data: [DONE]\n\n") : answer.status === 200;
      expect(whole || answer.text.includes('{"error":'), answer.text.slice(-200)).toBe(true);
    }
    await gateway.until("nothing held", async () => (await gateway.balance()).held_count === 0);
  },
);
