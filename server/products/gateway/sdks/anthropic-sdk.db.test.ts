/** Anthropic's unchanged SDK, two majors of it, reaches any chat model by base URL alone: the root of this server. */
import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Anthropic as Anthropic0 } from "../../../../test/earlier-sdks/index.ts";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ llm: ["openai"] });
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

describe.each([
  ["1", Anthropic],
  ["0", Anthropic0 as unknown as typeof Anthropic],
])("major %s", (_name, sdk) => {
  const client = (apiKey = gateway.secret) => new sdk({ baseURL: gateway.app.url, apiKey, maxRetries: 0 });

  test.each(["openai/gpt-4o-mini", "anthropic/claude-haiku-4.5"])(
    "%s: whole and as a stream",
    async (model) => {
      const whole = await client().messages.create({ model, max_tokens, messages: hello });
      const [block] = whole.content;
      expect(block).toMatchObject({ type: "text", text: expect.stringContaining("hello") });
      expect(whole.stop_reason).toBe("end_turn");
      const final = await client().messages.stream({ model, max_tokens, messages: hello }).finalMessage();
      expect(final.content).toMatchObject([{ type: "text", text: (block as Anthropic.TextBlock).text }]);
      expect(final.stop_reason).toBe("end_turn");
      expect(final.usage).toMatchObject({
        input_tokens: whole.usage.input_tokens,
        output_tokens: whole.usage.output_tokens,
      });
    },
  );

  test("models, in pages as well, and one of them", async () => {
    const ids: string[] = [];
    for await (const { id, type } of client().models.list()) if (type === "model") ids.push(id);
    expect(ids).toContain("openai/gpt-4o-mini");
    const paged: string[] = [];
    for await (const { id } of client().models.list({ limit: 4 })) paged.push(id);
    expect(paged).toEqual(ids);
    const before = await client().models.list({ limit: 2, before_id: ids[3] as string });
    expect(before.data.map(({ id }) => id)).toEqual(ids.slice(1, 3));
    expect(before.has_more).toBe(true);
    expect(await client().models.retrieve("openai/gpt-4o-mini")).toMatchObject({
      id: "openai/gpt-4o-mini",
      type: "model",
      display_name: "OpenAI: GPT-4o-mini",
      created_at: "2024-07-18T00:00:00.000Z",
      pricing: { prompt: "0.00000015" },
    });
    await expect(client().models.retrieve("no/such")).rejects.toMatchObject({
      status: 404,
      error: { type: "error", error: { type: "not_found_error" } },
    });
    await expect(client("hf_test_wrong").models.list()).rejects.toMatchObject({
      status: 401,
      error: { error: { type: "authentication_error" } },
    });
  });

  test("a tool, asked for in a stream, and what it said", async () => {
    const model = "openai/gpt-4o";
    const first = await client()
      .messages.stream({ model, max_tokens, messages: weather, tools })
      .finalMessage();
    expect(first.stop_reason).toBe("tool_use");
    const call = first.content.find((block) => block.type === "tool_use");
    expect(call).toMatchObject({ name: "get_weather", input: { city: "Paris" } });
    const result = { type: "tool_result" as const, tool_use_id: call?.id ?? "", content: "12 degrees, rain" };
    const second = await client().messages.create({
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
    const counted = await client().messages.countTokens({ model: "openai/gpt-4o-mini", messages: hello });
    expect(counted.input_tokens).toBeGreaterThan(0);
  });

  test("what is thrown: a wrong key, an unknown model, a field out of bounds, no room, a broken stream", async () => {
    const model = "openai/gpt-4o-mini";
    const call = (client: Anthropic, rest: object = {}) =>
      client.messages
        .create({ model, max_tokens, messages: hello, ...rest })
        .catch((error: unknown) => error);
    expect(await call(client("hf_test_wrong"))).toBeInstanceOf(sdk.AuthenticationError);
    expect(await call(client(), { model: "no/such" })).toBeInstanceOf(sdk.NotFoundError);
    expect(await call(client(), { temperature: 0.5, service_tier: "priority" })).toBeInstanceOf(
      sdk.BadRequestError,
    );
    const keyWith = async (limits: Record<string, number>) =>
      client((await gateway.app.createKey(gateway.app.owner, { limits })).secret);
    const poor = await call(await keyWith({ rpm: 0, budget_daily_micros: 1 }));
    expect(poor).toBeInstanceOf(sdk.APIError);
    expect(poor).toMatchObject({ status: 402, error: { error: { type: "billing_error" } } });
    const slow = await keyWith({ rpm: 1 });
    await call(slow);
    expect(await call(slow)).toBeInstanceOf(sdk.RateLimitError);
    const broken = client().messages.stream({ model: "sandbox/error-mid", max_tokens, messages: hello });
    await expect(broken.finalMessage()).rejects.toBeInstanceOf(sdk.APIError);
  });
});
