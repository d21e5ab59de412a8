/** Other unchanged clients of OpenAI-shaped doors, two majors of each, by base URL and key alone. */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import * as langchain from "@langchain/openai";
import { createOpenRouter } from "@openrouter/ai-sdk-provider";
import * as ai from "ai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import * as earlier from "../../../../test/earlier-sdks/index.ts";
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
  new langchain.ChatOpenAI({ model, apiKey, maxRetries: 0, configuration: { baseURL } }).invoke(prompt);

type Client = (apiKey: string) => {
  chat: ai.LanguageModel;
  embeddings: Parameters<typeof ai.embedMany>[0]["model"];
};
const compatible =
  (create: typeof createOpenAICompatible): Client =>
  (apiKey) => {
    const made = create({ name: "holdfast", baseURL, apiKey, includeUsage: true });
    return { chat: made.chatModel(model), embeddings: made.embeddingModel(embedding) };
  };
const openRouter =
  (create: typeof createOpenRouter): Client =>
  (apiKey) => {
    const made = create({ baseURL, apiKey });
    return {
      chat: made.chat(model, { usage: { include: true } }),
      embeddings: made.textEmbeddingModel(embedding),
    };
  };
// An earlier major is called as the newest one is: what it is called with here has not changed.
const [ai6, compatible2, openRouter2, langchain0] = [
  earlier.ai,
  earlier.createOpenAICompatible,
  earlier.createOpenRouter,
  earlier.langchain,
] as unknown as [typeof ai, typeof createOpenAICompatible, typeof createOpenRouter, typeof langchain];

describe.each<[string, typeof ai, Client]>([
  ["ai 7 by @ai-sdk/openai-compatible 3", ai, compatible(createOpenAICompatible)],
  ["ai 7 by @openrouter/ai-sdk-provider 3", ai, openRouter(createOpenRouter)],
  ["ai 6 by @ai-sdk/openai-compatible 2", ai6, compatible(compatible2)],
  ["ai 6 by @openrouter/ai-sdk-provider 2", ai6, openRouter(openRouter2)],
])("%s", (_name, { generateText, streamText, embedMany, stepCountIs, tool, APICallError }, client) => {
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
  ["1 by its chat", langchain, false],
  ["1 by its responses", langchain, true],
  ["0.6 by its chat", langchain0, false],
  ["0.6 by its responses", langchain0, true],
])("LangChain %s", (_name, { ChatOpenAI }, useResponsesApi) => {
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

test.each([
  ["1", langchain],
  ["0.6", langchain0],
])("LangChain %s: embeddings", async (_name, { OpenAIEmbeddings }) => {
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
