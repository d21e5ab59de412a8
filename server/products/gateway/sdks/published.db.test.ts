/** What chats, completions, embeddings and models answer is as the companies whose clients call them publish it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";
import { published } from "../../../../test/harness/published.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ llm: ["openai", "glama"] });
});
afterAll(() => gateway.close());

const faultsOf = {
  openai: published("openai/openai.trimmed.json"),
  openrouter: published("openrouter/openrouter.trimmed.json"),
};
const model = "openai/gpt-4o-mini";
const embedding = "openai/text-embedding-3-small";
const messages = [{ role: "user", content: "What is the weather in Paris?" }];
const parameters = { type: "object", properties: { city: { type: "string" } } };
const tools = [
  { type: "function", function: { name: "get_weather", description: "The weather of a city", parameters } },
];
const post = (path: string, body: object, company: string) =>
  gateway.key.call("POST", `/v1${path}`, {
    body: { ...body, holdfast: { routing: { only: [company] } } },
    idempotencyKey: null,
  });
const chunksIn = (text: string): unknown[] =>
  [...text.matchAll(/^data: (\{.*\})$/gm)].map(([, data]) => JSON.parse(data ?? "") as unknown);

/** Who publishes what an answer of each company has to be: its client's own, and where it came from. */
const sources = [
  ["openai", "openai", "CreateChatCompletionResponse", "CreateChatCompletionStreamResponse"],
  ["openai", "glama", "CreateChatCompletionResponse", "CreateChatCompletionStreamResponse"],
  ["openrouter", "openrouter", "ChatResult", "ChatStreamChunk"],
] as const;

describe.each(sources)("by %s's schemas, from %s", (source, company, whole, chunk) => {
  const faults = faultsOf[source];

  test.skipIf(!faults)("chats and their chunks", async () => {
    if (!faults) return;
    for (const rest of [{ messages }, { messages, tools }, { messages, max_tokens: 1 }]) {
      const answer = await post("/chat/completions", { model, ...rest }, company);
      expect(answer.status, answer.text).toBe(200);
      expect(faults(whole, answer.body)).toEqual([]);
      const asked = { model, ...rest, stream: true, stream_options: { include_usage: true } };
      const chunks = chunksIn((await post("/chat/completions", asked, company)).text);
      expect(chunks.length).toBeGreaterThan(1);
      for (const each of chunks) expect(faults(chunk, each)).toEqual([]);
    }
    expect(faults(whole, { object: "chat.completion" })).not.toEqual([]);
  });
});

test.skipIf(!faultsOf.openai)("completions, embeddings, models and errors by OpenAI's", async () => {
  const { openai: faults } = faultsOf;
  if (!faults) return;
  const prompt = "Say 'hello, world'";
  for (const company of ["openai", "glama"]) {
    const whole = await post("/completions", { model, prompt }, company);
    expect(faults("CreateCompletionResponse", whole.body)).toEqual([]);
    const chunks = chunksIn((await post("/completions", { model, prompt, stream: true }, company)).text);
    // The document knows whole answers alone, which have ended: a piece before the last has no reason yet.
    for (const { choices, ...rest } of chunks as { choices: object[] }[]) {
      const ended = choices.map((choice) => ({ ...choice, finish_reason: "stop" }));
      expect(faults("CreateCompletionResponse", { ...rest, choices: ended })).toEqual([]);
    }
  }
  const vectors = await post("/embeddings", { model: embedding, input: ["a", "b"] }, "openai");
  expect(faults("CreateEmbeddingResponse", vectors.body)).toEqual([]);
  expect(faults("ListModelsResponse", (await gateway.key.call("GET", "/v1/models")).body)).toEqual([]);
  for (const [path, body] of [
    ["/chat/completions", { model: "no/such", messages }],
    ["/completions", { model }],
    ["/embeddings", { model: embedding, input: "" }],
  ] as const) {
    const refused = await post(path, body, "openai");
    expect(refused.status).toBeGreaterThanOrEqual(400);
    expect(faults("ErrorResponse", refused.body)).toEqual([]);
  }
});
