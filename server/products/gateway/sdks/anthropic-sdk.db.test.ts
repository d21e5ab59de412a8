/** Anthropic's unchanged SDK reaches any chat model by base URL alone: the root of this server. */
import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";

let gateway: TestGateway;
let client: Anthropic;
beforeAll(async () => {
  gateway = await startTestGateway({ llm: ["openai"] });
  client = new Anthropic({ baseURL: gateway.app.url, apiKey: gateway.secret, maxRetries: 0 });
});
afterAll(() => gateway.close());

const max_tokens = 200;
const hello = [{ role: "user" as const, content: "Say 'hello, world'" }];
const weather = [{ role: "user" as const, content: "What is the weather in Paris?" }];
const tools: Anthropic.Tool[] = [
  {
    name: "get_weather",
    description: "The weather of a city",
    input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
];

test.each(["openai/gpt-4o-mini", "anthropic/claude-haiku-4.5"])(
  "%s: whole and as a stream",
  async (model) => {
    const whole = await client.messages.create({ model, max_tokens, messages: hello });
    const [block] = whole.content;
    expect(block).toMatchObject({ type: "text", text: expect.stringContaining("hello") });
    expect(whole.stop_reason).toBe("end_turn");
    const final = await client.messages.stream({ model, max_tokens, messages: hello }).finalMessage();
    expect(final.content).toMatchObject([{ type: "text", text: (block as Anthropic.TextBlock).text }]);
    expect(final.stop_reason).toBe("end_turn");
    expect(final.usage).toMatchObject({
      input_tokens: whole.usage.input_tokens,
      output_tokens: whole.usage.output_tokens,
    });
  },
);

test("a tool, asked for in a stream, and what it said", async () => {
  const model = "openai/gpt-4o";
  const first = await client.messages.stream({ model, max_tokens, messages: weather, tools }).finalMessage();
  expect(first.stop_reason).toBe("tool_use");
  const call = first.content.find((block) => block.type === "tool_use");
  expect(call).toMatchObject({ name: "get_weather", input: { city: "Paris" } });
  const result = { type: "tool_result" as const, tool_use_id: call?.id ?? "", content: "12 degrees, rain" };
  const second = await client.messages.create({
    model,
    max_tokens,
    tools,
    messages: [
      ...weather,
      { role: "assistant", content: first.content },
      { role: "user", content: [result] },
    ],
  });
  expect(second.content).toMatchObject([{ text: expect.stringContaining("12 degrees, rain") }]);
});

test("tokens are counted", async () => {
  const counted = await client.messages.countTokens({ model: "openai/gpt-4o-mini", messages: hello });
  expect(counted.input_tokens).toBeGreaterThan(0);
});

test("what is thrown: a wrong key, an unknown model, a field out of bounds, no room, a broken stream", async () => {
  const model = "openai/gpt-4o-mini";
  const sdkWith = (apiKey: string) => new Anthropic({ baseURL: gateway.app.url, apiKey, maxRetries: 0 });
  const call = (sdk: Anthropic, rest: object = {}) =>
    sdk.messages.create({ model, max_tokens, messages: hello, ...rest }).catch((error: unknown) => error);
  expect(await call(sdkWith("hf_test_wrong"))).toBeInstanceOf(Anthropic.AuthenticationError);
  expect(await call(client, { model: "no/such" })).toBeInstanceOf(Anthropic.NotFoundError);
  expect(await call(client, { temperature: 0.5, service_tier: "priority" })).toBeInstanceOf(
    Anthropic.BadRequestError,
  );
  const { secret } = await gateway.app.createKey(gateway.app.owner, { limits: { rpm: 1 } });
  const slow = sdkWith(secret);
  await call(slow);
  expect(await call(slow)).toBeInstanceOf(Anthropic.RateLimitError);
  const broken = client.messages.stream({ model: "sandbox/error-mid", max_tokens, messages: hello });
  await expect(broken.finalMessage()).rejects.toBeInstanceOf(Anthropic.APIError);
});
