/** Anthropic behind the shape of chats: answers, streams, tools and its cache cost its bill to the micro-credit. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { faultsOf, type Receipt } from "../receipts/receipt.ts";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ llm: ["anthropic"] });
});
afterAll(() => gateway.close());

const call = (rest: Record<string, unknown> = {}) =>
  gateway.key.call("POST", "/v1/chat/completions", {
    body: {
      model: "anthropic/claude-haiku-4.5",
      max_tokens: 200,
      messages: [{ role: "user", content: "Say 'hello'" }],
      holdfast: { routing: { only: ["anthropic"] } },
      ...rest,
    },
    idempotencyKey: null,
  });
/** Whatever failed before is outweighed. */
beforeEach(async () => {
  await call();
  await call();
});
const last = async () => (await gateway.requests()).at(-1);
async function costsItsBill(): Promise<void> {
  const bill = (await gateway.bill("anthropic")).at(-1);
  expect(Number((await last())?.cost_usd)).toBe(Number(bill?.cost));
}

test.each([false, true])("stream %s: an answer costs its bill", async (stream) => {
  const answer = await call({
    stream,
    ...(stream ? { stream_options: { include_usage: true } } : {}),
    seed: 7,
  });
  expect(answer.headers.get("x-holdfast-dropped")).toBe("seed");
  expect(answer.status, answer.text).toBe(200);
  expect(answer.headers.get("x-holdfast-provider")).toBe("anthropic");
  expect(answer.text).toContain("hello");
  if (stream) expect(answer.text.endsWith("data: [DONE]\n\n")).toBe(true);
  expect(await last()).toMatchObject({ state: "settled", outcome: "ok", basis: "reported" });
  await costsItsBill();
});

test.each([false, true])("stream %s: a tool is called", async (stream) => {
  const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
  const answer = await call({
    stream,
    messages: [{ role: "user", content: "What is the weather in Paris?" }],
    tools: [{ type: "function", function: { name: "weather", description: "Tells it", parameters } }],
    tool_choice: "required",
  });
  expect(answer.status, answer.text).toBe(200);
  expect(answer.text).toContain('"name":"weather"');
  expect(answer.text).toContain('"finish_reason":"tool_calls"');
  await costsItsBill();
});

test("what is written to the cache and read from it is priced as such", async () => {
  const text = "lighthouse ".repeat(2_000);
  const messages = [
    { role: "system", content: [{ type: "text", text, cache_control: { type: "ephemeral" } }] },
    { role: "user", content: "Say 'hello'" },
  ];
  const counted = () =>
    gateway.app.sql<{ cache_read_tokens: string; cache_write_tokens: string }>(
      "select cache_read_tokens, cache_write_tokens from gateway.requests order by created_at desc, id desc limit 1",
    );
  for (const [read, written] of [
    [0, 1],
    [1, 0],
  ]) {
    expect((await call({ messages })).status).toBe(200);
    const [row] = await counted();
    expect([Number(row?.cache_read_tokens) > 0, Number(row?.cache_write_tokens) > 0]).toEqual([
      read === 1,
      written === 1,
    ]);
    await costsItsBill();
  }
});

test("what is kept for an hour is priced as such, in a receipt that adds up", async () => {
  const body = {
    model: "anthropic/claude-haiku-4.5",
    max_tokens: 200,
    system: "harbour ".repeat(2_000),
    cache_control: { type: "ephemeral", ttl: "1h" },
    messages: [{ role: "user", content: "Say 'hello'" }],
    holdfast: { routing: { only: ["anthropic"] } },
  };
  const ask = (more: object = {}) =>
    gateway.key.call<{ usage: { cache_creation: Record<string, number> } }>("POST", "/v1/messages", {
      body: { ...body, ...more },
      idempotencyKey: null,
    });
  const first = await ask();
  expect(first.status, first.text).toBe(200);
  expect(first.headers.get("x-holdfast-dropped")).toBeNull();
  const written = first.body.usage.cache_creation["ephemeral_1h_input_tokens"] ?? 0;
  expect(written).toBeGreaterThan(1_000);
  expect(first.body.usage.cache_creation["ephemeral_5m_input_tokens"]).toBe(0);
  await costsItsBill();
  const { body: signed } = await gateway.key.call<{ receipt: Receipt }>(
    "GET",
    `/api/llm/receipts/${(await last())?.id}`,
  );
  expect(signed.receipt).toMatchObject({
    cost_from: "table",
    counts: { cache_write_tokens: written, cache_write_1h_tokens: written },
  });
  expect(signed.receipt.lines).toContainEqual(
    expect.objectContaining({ line: "cache_write_1h", quantity: written, price_usd: "0.000002" }),
  );
  expect(faultsOf(signed.receipt)).toEqual([]);
  for (const stream of [true, false]) {
    const again = await ask({ stream });
    expect(again.status, again.text).toBe(200);
    await costsItsBill();
  }
});

test("what cannot be said there is refused without being asked", async () => {
  const { length } = await gateway.bill("anthropic");
  expect((await call({ response_format: { type: "json_object" } })).status).toBe(400);
  expect(await gateway.bill("anthropic")).toHaveLength(length);
});

test.each(["error_first", "error_after_role", "broken_json", "empty_body"])(
  "%s before the first content goes on at OpenRouter",
  async (fault) => {
    await gateway.fault(fault, { params: { after: 0 }, effect: "none" }, 1, "anthropic");
    const answer = await call({
      stream: true,
      holdfast: { routing: { order: ["anthropic", "openrouter"] } },
    });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.headers.get("x-holdfast-provider")).toBe("openrouter");
  },
);

test.each(["error_mid", "cut_stream", "broken_json", "cut_before_usage"])(
  "%s after content is an error that the caller sees",
  async (fault) => {
    await gateway.fault(fault, { params: { after: 1 } }, 1, "anthropic");
    const answer = await call({ stream: true });
    expect(answer.text).toContain('"error"');
    expect(answer.text).not.toContain("[DONE]");
  },
);

test("a prompt is counted by who serves it, exactly; estimated while that one is away", async () => {
  const prompt = {
    model: "anthropic/claude-haiku-4.5",
    system: "You are a sailor.",
    messages: [{ role: "user", content: "When does the boat leave, and when does it come back?" }],
    tools: [{ name: "tide", description: "Tells the tide", input_schema: { type: "object" } }],
    holdfast: { routing: { only: ["anthropic"] } },
  };
  const count = async () => {
    const answer = await gateway.key.call<{ input_tokens: number; estimated: boolean }>(
      "POST",
      "/v1/messages/count_tokens",
      { body: prompt, idempotencyKey: null },
    );
    expect(answer.status, answer.text).toBe(200);
    return answer.body;
  };
  const before = await gateway.requests();
  const counted = await count();
  expect(counted.estimated).toBe(false);
  expect(await gateway.requests()).toHaveLength(before.length);
  const body = { ...prompt, max_tokens: 5 };
  expect((await gateway.key.call("POST", "/v1/messages", { body, idempotencyKey: null })).status).toBe(200);
  expect(counted.input_tokens).toBe((await gateway.bill("anthropic")).at(-1)?.prompt_tokens);

  const match = { path: "/v1/messages/count_tokens" };
  await gateway.fault("status", { match, params: { status: 500 } }, 1, "anthropic");
  expect((await count()).estimated).toBe(true);
  await gateway.fault("status", { match, params: { status: 529 } }, 1, "anthropic");
  expect((await count()).estimated).toBe(true);
  expect((await count()).estimated).toBe(false);
});
