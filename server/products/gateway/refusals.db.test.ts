/** What is refused before the provider hears of it: each with its documented answer, and nothing changes. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../../test/harness/gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ micros: 1_000_000n });
});
afterAll(() => gateway.close());

const messages = [{ role: "user", content: "Hello" }];
const post = (body: unknown, headers: Record<string, string> = {}) =>
  gateway.key.call<{ error: { code: string; param: string | null; message: string; type: string } }>(
    "POST",
    "/v1/chat/completions",
    { body, headers, idempotencyKey: null },
  );

const deep = (depth: number): unknown => (depth === 0 ? 1 : { a: deep(depth - 1) });
const model = "openai/gpt-4o-mini";

test.each([
  ["no JSON", "{", 400, "malformed_json", null],
  [
    "bytes that are no text",
    Buffer.from(JSON.stringify({ model, messages }).replace("Hello", "\xe9"), "latin1"),
    400,
    "malformed_json",
    null,
  ],
  ["no object", [], 400, "invalid_input", null],
  ["no model", { messages }, 400, "invalid_input", "model"],
  ["no messages", { model }, 400, "invalid_input", "messages"],
  ["an empty list of messages", { model, messages: [] }, 400, "invalid_input", "messages"],
  [
    "an unknown role",
    { model, messages: [{ role: "boss", content: "" }] },
    400,
    "invalid_input",
    "messages.0.role",
  ],
  [
    "a content that is no text",
    { model, messages: [{ role: "user", content: 5 }] },
    400,
    "invalid_input",
    "messages.0.content",
  ],
  [
    "too many messages",
    { model, messages: Array(2_001).fill(messages[0]) },
    400,
    "invalid_input",
    "messages",
  ],
  [
    "too many tools",
    { model, messages, tools: Array(257).fill({ type: "function" }) },
    400,
    "invalid_input",
    "tools",
  ],
  ["n above 8", { model, messages, n: 9 }, 400, "invalid_input", "n"],
  ["a maximum below 1", { model, messages, max_tokens: 0 }, 400, "invalid_input", "max_tokens"],
  ["a stream that is no boolean", { model, messages, stream: "yes" }, 400, "invalid_input", "stream"],
  ["depth above 64", { model, messages, metadata: deep(70) }, 400, "invalid_input", null],
  [
    "a hundred thousand lists",
    `{"model":"${model}","x":[${"[],".repeat(250_000)}0]}`,
    400,
    "invalid_input",
    null,
  ],
  [
    "a misspelt option of ours",
    { model, messages, holdfast: { memroy: false } },
    400,
    "invalid_input",
    "holdfast.memroy",
  ],
  ["plugins", { model, messages, plugins: [{ id: "web" }] }, 400, "unpriced_feature", "plugins.0"],
  [
    "a server-side tool",
    { model, messages, tools: [{ type: "web_search" }] },
    400,
    "unpriced_feature",
    "tools.0.type",
  ],
  [
    "other models to fall back on",
    { model, messages, models: ["openai/o1-pro"] },
    400,
    "unpriced_feature",
    "models",
  ],
  [
    "an image for a model without eyes",
    {
      model: "sandbox/echo",
      messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "data:," } }] }],
    },
    400,
    "invalid_input",
    "messages.0.content.0",
  ],
  ["a model that does not exist", { model: "nobody/knows", messages }, 404, "model_not_found", null],
  ["a model without a price", { model: "sandbox/unpriced", messages }, 400, "price_unknown", null],
  [
    "more than there are credits for",
    { model: "anthropic/claude-sonnet-5", messages },
    402,
    "insufficient_quota",
    null,
  ],
])("%s", async (_name, body, status, code, param) => {
  const answer = await post(body);
  expect(answer.status, answer.text).toBe(status);
  expect(answer.body.error).toMatchObject({ code, param });
  expect(await gateway.requests()).toHaveLength(0);
  expect(await gateway.bill()).toHaveLength(0);
});

test("no key, a wrong key, a key without the scope", async () => {
  const body = { model, messages };
  const anonymous = await gateway.app.anonymous.call("POST", "/v1/chat/completions", { body });
  expect([anonymous.status, anonymous.body.error]).toMatchObject([401, { code: "unauthenticated" }]);
  const wrong = await post(body, { authorization: "Bearer hf_test_nothing" });
  expect(wrong.status).toBe(401);
  const other = await gateway.app.createKey(gateway.app.owner, { scopes: ["payments.read"] });
  const unscoped = await other.client.call("POST", "/v1/chat/completions", { body });
  expect([unscoped.status, unscoped.body.error]).toMatchObject([403, { code: "scope_missing" }]);
});

test("a body over 8 MiB is 413", async () => {
  const answer = await post({ model, messages: [{ role: "user", content: "a".repeat(8 * 1024 * 1024) }] });
  expect(answer.status).toBe(413);
});

test.each([
  ["more than there are credits for", "anthropic/claude-sonnet-5", 402, "insufficient_quota"],
  ["beyond the window, which is counted", model, 400, "context_length_exceeded"],
])(
  "an 8 MiB prompt of one letter is %s, and others are answered meanwhile",
  async (_, long, status, code) => {
    const content = "a".repeat(8 * 1024 * 1024 - 200);
    const huge = JSON.stringify({ model: long, messages: [{ role: "user", content }] });
    const slow = [post(huge), post(huge), post(huge)];
    let answered = 0;
    let running = true;
    const all = Promise.all(slow).finally(() => (running = false));
    while (running) {
      await gateway.app.anonymous.call("GET", "/health");
      answered += 1;
    }
    for (const answer of await all) expect(answer).toMatchObject({ status, body: { error: { code } } });
    expect(answered).toBeGreaterThan(10);
  },
);

test("a prompt that only its bytes make too dear is counted, not refused", async () => {
  const before = await gateway.balance();
  const text = "the quick brown fox jumps over the lazy dog ".repeat(2_000);
  const worstMicrosByBytes = Buffer.byteLength(text) * 15;
  expect(before.available_micros).toBeLessThan(worstMicrosByBytes);
  const answer = await post({ model, messages: [{ role: "user", content: text }], max_tokens: 16 });
  expect(answer.status, answer.text).toBe(200);
  expect(Number(answer.headers.get("x-holdfast-held-micros"))).toBeLessThan(before.available_micros);
});
