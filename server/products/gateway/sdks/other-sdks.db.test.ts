/** Other unchanged clients of OpenAI-shaped doors, by base URL and key alone. */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import { createOpenRouter } from "@openrouter/ai-sdk-provider";
import { APICallError, embedMany, generateText, stepCountIs, streamText, tool, type LanguageModel } from "ai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";

let gateway: TestGateway;
let baseURL: string;
let limited: string;
let poor: string;
beforeAll(async () => {
  gateway = await startTestGateway({ llm: ["openai"] });
  baseURL = `${gateway.app.url}/v1`;
  const keyWith = async (limits: Record<string, number>) =>
    (await gateway.app.createKey(gateway.app.owner, { limits })).secret;
  limited = await keyWith({ rpm: 1 });
  poor = await keyWith({ rpm: 0, budget_daily_micros: 1 });
  await ask({ apiKey: limited });
});
afterAll(() => gateway.close());

const model = "openai/gpt-4o-mini";
const embedding = "openai/text-embedding-3-small";
const prompt = "Say 'hello, world'";
const weather = "What is the weather in Paris?";
const told = "12 degrees, rain";

/** One call that counts against a key. */
const ask = ({ apiKey }: { apiKey: string }) =>
  new ChatOpenAI({ model, apiKey, maxRetries: 0, configuration: { baseURL } }).invoke(prompt);

type Client = (apiKey: string) => {
  chat: LanguageModel;
  embeddings: Parameters<typeof embedMany>[0]["model"];
};
const clients: [string, Client][] = [
  [
    "@ai-sdk/openai-compatible",
    (apiKey) => {
      const made = createOpenAICompatible({ name: "holdfast", baseURL, apiKey, includeUsage: true });
      return { chat: made.chatModel(model), embeddings: made.embeddingModel(embedding) };
    },
  ],
  [
    "@openrouter/ai-sdk-provider",
    (apiKey) => {
      const made = createOpenRouter({ baseURL, apiKey });
      return {
        chat: made.chat(model, { usage: { include: true } }),
        embeddings: made.textEmbeddingModel(embedding),
      };
    },
  ],
];

describe.each(clients)("ai by %s", (_name, client) => {
  const own = () => client(gateway.secret);

  test("whole and as a stream, with usage", async () => {
    const whole = await generateText({ model: own().chat, prompt });
    expect(whole.text).toContain("hello");
    const stream = streamText({ model: own().chat, prompt });
    let text = "";
    for await (const piece of stream.textStream) text += piece;
    expect(text).toBe(whole.text);
    expect(await stream.finishReason).toBe("stop");
    expect((await stream.usage).inputTokens).toBe(whole.usage.inputTokens);
    expect(whole.usage.inputTokens).toBeGreaterThan(0);
  });

  test("a tool runs, and what it says is answered from", async () => {
    const get_weather = tool({
      description: "The weather of a city",
      inputSchema: z.object({ city: z.string() }),
      execute: async ({ city }) => `${city}: ${told}`,
    });
    const asked = {
      model: own().chat,
      prompt: weather,
      tools: { get_weather },
      stopWhen: stepCountIs(2),
    };
    expect((await generateText(asked)).text).toContain(`Paris: ${told}`);
    expect(await streamText(asked).text).toContain(`Paris: ${told}`);
  });

  test("embeddings", async () => {
    const { embeddings, usage } = await embedMany({ model: own().embeddings, values: ["a boat", "a port"] });
    expect(embeddings.map(({ length }) => length)).toEqual([1_536, 1_536]);
    expect(usage.tokens).toBeGreaterThan(0);
  });

  test.each([
    [402, () => poor],
    [429, () => limited],
    [401, () => "hf_test_wrong"],
  ])("%i is told as its kind of error", async (statusCode, key) => {
    const failure: unknown = await generateText({
      model: client(key()).chat,
      prompt,
      maxRetries: 0,
    }).catch((error: unknown) => error);
    expect(APICallError.isInstance(failure)).toBe(true);
    expect(failure).toMatchObject({ statusCode, isRetryable: statusCode === 429 });
  });
});

describe.each([
  ["its chat", false],
  ["its responses", true],
])("LangChain by %s", (_name, useResponsesApi) => {
  const chat = (apiKey = gateway.secret) =>
    new ChatOpenAI({ model, apiKey, maxRetries: 0, useResponsesApi, configuration: { baseURL } });

  test("whole and as a stream, with usage", async () => {
    const whole = await chat().invoke(prompt);
    expect(whole.text).toContain("hello");
    expect(whole.usage_metadata).toMatchObject({ input_tokens: expect.any(Number) });
    let text = "";
    for await (const chunk of await chat().stream(prompt)) text += chunk.text;
    expect(text).toBe(whole.text);
  });

  test("a tool is called", async () => {
    const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
    const get_weather = { name: "get_weather", description: "The weather of a city", parameters: schema };
    const { tool_calls } = await chat()
      .bindTools([{ type: "function", function: get_weather }])
      .invoke(weather);
    expect(tool_calls).toMatchObject([{ name: "get_weather", args: { city: "Paris" } }]);
  });

  test.each([
    [402, () => poor],
    [429, () => limited],
  ])("%i is thrown", async (status, key) => {
    await expect(chat(key()).invoke(prompt)).rejects.toMatchObject({ status });
  });
});

test("LangChain's embeddings", async () => {
  const sdk = new OpenAIEmbeddings({
    model: embedding,
    apiKey: gateway.secret,
    maxRetries: 0,
    configuration: { baseURL },
  });
  expect((await sdk.embedDocuments(["a boat", "a port"])).map(({ length }) => length)).toEqual([
    1_536, 1_536,
  ]);
});
