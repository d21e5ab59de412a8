/** What a call can cost at most, and answers that are fitted to the credits there are. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";
import type { Json } from "../../../../test/harness/client.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ micros: 1_000_000n });
});
afterAll(() => gateway.close());

const messages = [{ role: "user", content: "Hello" }];
const call = (body: Json, headers: Record<string, string> = {}) =>
  gateway.key.call("POST", "/v1/chat/completions", {
    body: { messages, ...body },
    headers,
    idempotencyKey: null,
  });
const quote = (body: Json) =>
  gateway.key.call("POST", "/api/llm/quote", {
    body: { path: "/v1/chat/completions", body: { messages, ...body } },
  });
const model = "sandbox/hold";
/** Of `sandbox/hold`, in micro-credits. */
const PER_OUTPUT_TOKEN = 200;

test("a quote is the most a call can cost, and costs nothing", async () => {
  const before = await gateway.balance();
  const { body, status, text } = await quote({ model: "openai/gpt-4o-mini", max_tokens: 100 });
  expect(status, text).toBe(200);
  expect(body).toMatchObject({
    route: { model: "openai/gpt-4o-mini", provider: "openrouter", stream: false },
    max_output_tokens: 100,
    available_micros: before.available_micros,
    affordable: true,
    counted: true,
  });
  expect(await gateway.balance()).toEqual(before);
  const answer = await call({ model: "openai/gpt-4o-mini", max_tokens: 100 });
  expect(Number(answer.headers.get("x-holdfast-cost-micros"))).toBeLessThanOrEqual(Number(body.worst_micros));
});

test("a call in other words is quoted as the same chat; vectors have no answer to pay for", async () => {
  const quoteAt = (path: string, body: Json) =>
    gateway.key.call("POST", "/api/llm/quote", { body: { path, body: { model, ...body } } });
  const chat = await quote({ model, max_tokens: 100 });
  for (const [path, body] of [
    ["/v1/completions", { prompt: "Hello", max_tokens: 100 }],
    ["/v1/messages", { messages, max_tokens: 100 }],
    ["/api/llm/responses", { input: "Hello", max_output_tokens: 100 }],
  ] as const) {
    const { body: quoted, status, text } = await quoteAt(path, body);
    expect(status, text).toBe(200);
    expect([path, quoted.worst_micros]).toEqual([path, chat.body.worst_micros]);
  }
  const embedding = { model: "openai/text-embedding-3-small", input: "Hello" };
  expect((await quoteAt("/v1/embeddings", embedding)).body).toMatchObject({
    max_output_tokens: 0,
    affordable: true,
  });
  expect((await quoteAt("/v1/models", {})).status).toBe(422);
});

test("a quote refuses what the call would be refused for", async () => {
  const refused = await quote({ model: "nobody/knows" });
  expect([refused.status, refused.body.code]).toEqual([404, "model_not_found"]);
  expect((await quote({ model: "openai/gpt-4o-mini", n: 9 })).status).toBe(422);
  const dear = await quote({ model: "anthropic/claude-sonnet-5", max_tokens: 16_000 });
  expect(dear.body).toMatchObject({ affordable: false });
});

test("too dear a call is refused, or fitted where it asks so: the provider is told the shorter maximum", async () => {
  const { available_micros: available } = await gateway.balance();
  const asked = { model, max_tokens: 8_000 };
  expect((await call(asked)).status).toBe(402);
  const running = call({ ...asked, max_completion_tokens: 8_000, holdfast: { fit: true } });
  await gateway.until("it is held upstream", async () => (await gateway.heldUpstream()) === 1);
  expect((await gateway.balance()).available_micros).toBeLessThan(PER_OUTPUT_TOKEN);
  await gateway.release(model);
  const answer = await running;
  expect(answer.status, answer.text).toBe(200);
  const tokens = Number(answer.headers.get("x-holdfast-fit-tokens"));
  expect(tokens).toBeGreaterThanOrEqual(256);
  expect(tokens * PER_OUTPUT_TOKEN).toBeLessThanOrEqual(available);
  expect((tokens + 100) * PER_OUTPUT_TOKEN).toBeGreaterThan(available);
});

test("less than 256 tokens is no answer: 402", async () => {
  const { available_micros: available } = await gateway.balance();
  const leave = 256 * PER_OUTPUT_TOKEN;
  const { client } = await gateway.app.createKey(gateway.app.owner, { scopes: ["credits.spend"] });
  await client.call("POST", "/api/tokens/consume", { body: { amount_micros: available - leave } });
  expect((await call({ model, max_tokens: 8_000 }, { "x-holdfast-fit": "true" })).status).toBe(402);
  const wrong = await call({ model, holdfast: { fit: "perhaps" } });
  expect([wrong.status, wrong.body.error]).toMatchObject([400, { param: "holdfast.fit" }]);
});
