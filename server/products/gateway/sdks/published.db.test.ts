/** Every answer, piece of a stream and error is as the companies whose clients call for it publish it, whoever served it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createClient, type Client } from "../../../../test/harness/client.ts";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";
import { published, type FaultsOf } from "../../../../test/harness/published.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ llm: ["openai", "glama", "requesty", "anthropic"] });
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
const post = (path: string, body: object, company: string, key: Client = gateway.key) =>
  key.call("POST", `/v1${path}`, {
    body: { ...body, holdfast: { routing: { only: [company] } } },
    idempotencyKey: null,
  });
const chunksIn = (text: string): unknown[] =>
  [...text.matchAll(/^data: (\{.*\})$/gm)].map(([, data]) => JSON.parse(data ?? "") as unknown);

/** Who publishes what an answer of each company has to be: its client's own, and where it came from. */
const OPENAIS = ["openai", "CreateChatCompletionResponse", "CreateChatCompletionStreamResponse"] as const;
const OPENROUTERS = ["openrouter", "ChatResult", "ChatStreamChunk"] as const;
const sources = [
  ["openai", model, OPENAIS],
  ["glama", model, OPENAIS],
  ["requesty", model, OPENAIS],
  ["anthropic", "anthropic/claude-haiku-4.5", OPENAIS],
  ["openrouter", model, OPENROUTERS],
] as const;

describe.each(sources)("from %s, %s", (company, model, [source, whole, chunk]) => {
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

const faults: FaultsOf = (schema, value) => faultsOf.openai?.(schema, value) ?? [];

describe.skipIf(!faultsOf.openai)("by OpenAI's schemas", () => {
  test.each(["openai", "glama", "openrouter"])("completions from %s", async (company) => {
    const prompt = "Say 'hello, world'";
    const whole = await post("/completions", { model, prompt }, company);
    expect(faults("CreateCompletionResponse", whole.body)).toEqual([]);
    const chunks = chunksIn((await post("/completions", { model, prompt, stream: true }, company)).text);
    expect(chunks.length).toBeGreaterThan(1);
    // The document knows whole answers alone, which have ended: a piece before the last has no reason yet.
    for (const { choices, ...rest } of chunks as { choices: object[] }[]) {
      const ended = choices.map((choice) => ({ ...choice, finish_reason: "stop" }));
      expect(faults("CreateCompletionResponse", { ...rest, choices: ended })).toEqual([]);
    }
  });

  test("embeddings, whoever made them, and models, listed and one", async () => {
    for (const company of ["openai", "openrouter"]) {
      const vectors = await post("/embeddings", { model: embedding, input: ["a", "b"] }, company);
      expect(faults("CreateEmbeddingResponse", vectors.body)).toEqual([]);
    }
    expect(faults("ListModelsResponse", (await gateway.key.call("GET", "/v1/models")).body)).toEqual([]);
    expect(faults("Model", (await gateway.key.call("GET", `/v1/models/${model}`)).body)).toEqual([]);
  });

  test("a response that breaks off ends with its event, as every event before", async () => {
    const asked = { model: "sandbox/error-mid", input: "tell", stream: true };
    const events = chunksIn((await post("/responses", asked, "openrouter")).text) as { type: string }[];
    expect(events.at(-1)?.type).toBe("response.failed");
    for (const event of events)
      expect([event.type, faults("ResponseStreamEvent", event)]).toEqual([event.type, []]);
  });
});

test.skipIf(!faultsOf.openai || !faultsOf.openrouter)("responses with thoughts, by both", async () => {
  const asked = {
    model: "sandbox/reasoning",
    input: "Say 'hello'",
    reasoning: { effort: "low" },
    max_output_tokens: 4_000,
    include: ["reasoning.encrypted_content"],
  };
  for (const company of ["anthropic", "openrouter"]) {
    const whole = await post("/responses", asked, company);
    expect(whole.text).toContain('"encrypted_content":"');
    expect(faults("Response", whole.body)).toEqual([]);
    expect(faultsOf.openrouter?.("OpenResponsesResult", whole.body)).toEqual([]);
    const events = chunksIn((await post("/responses", { ...asked, stream: true }, company)).text);
    for (const event of events) {
      expect([event, faults("ResponseStreamEvent", event)]).toEqual([event, []]);
      expect([event, faultsOf.openrouter?.("StreamEvents", event)]).toEqual([event, []]);
    }
  }
});

test.skipIf(!faultsOf.openrouter)("responses by OpenRouter's schemas", async () => {
  const told: FaultsOf = (schema, value) => faultsOf.openrouter?.(schema, value) ?? [];
  const asked = { model, input: "Say 'hello, world'" };
  const whole = await post("/responses", asked, "openrouter");
  expect(told("OpenResponsesResult", whole.body)).toEqual([]);
  const events = chunksIn((await post("/responses", { ...asked, stream: true }, "openrouter")).text);
  expect(events.length).toBeGreaterThan(4);
  for (const event of events) expect([event, told("StreamEvents", event)]).toEqual([event, []]);
});

describe("errors", () => {
  const calls = [
    ["/chat/completions", { model, messages }],
    ["/completions", { model, prompt: "Hello" }],
    ["/responses", { model, input: "Hello" }],
    ["/embeddings", { model: embedding, input: "a boat ".repeat(1_000) }],
    ["/messages", { model, messages, max_tokens: 5_000 }],
  ] as const;
  const keyWith = async (limits: Record<string, number>) =>
    (await gateway.app.createKey(gateway.app.owner, { limits })).client;
  const stranger = () => createClient(gateway.app.url, { authorization: "Bearer hf_test_wrong" });
  const refusals: [number, () => Promise<Client>, object][] = [
    [400, async () => gateway.key, { model: "" }],
    [401, async () => stranger(), {}],
    [402, () => keyWith({ rpm: 0, budget_daily_micros: 1 }), {}],
    [404, async () => gateway.key, { model: "no/such" }],
    [503, async () => gateway.key, { holdfast: { routing: { only: ["nobody"] } } }],
  ];
  /** Of whom each door speaks the language. */
  const faultsAt = (path: string, value: unknown) =>
    path === "/messages"
      ? faultsOf.openrouter?.("AnthropicMessagesErrorResponse", value)
      : faultsOf.openai?.("ErrorResponse", value);
  const expectTold = ({ status, body, text }: Awaited<ReturnType<typeof post>>, path: string, is: number) => {
    expect([path, status], text).toEqual([path, is]);
    expect([path, faultsAt(path, body)]).toEqual([path, []]);
  };

  test.skipIf(!faultsOf.openai || !faultsOf.openrouter).each(refusals)(
    "%i at every door",
    async (status, key, rest) => {
      const client = await key();
      for (const [path, body] of calls)
        expectTold(
          await client.call("POST", `/v1${path}`, { body: { ...body, ...rest }, idempotencyKey: null }),
          path,
          status,
        );
    },
  );

  test.skipIf(!faultsOf.openai || !faultsOf.openrouter)(
    "429 at every door, and a stream's own error",
    async () => {
      const slow = await keyWith({ rpm: 1 });
      await post("/chat/completions", { model, messages }, "openai", slow);
      for (const [path, body] of calls) expectTold(await post(path, body, "openai", slow), path, 429);
      await gateway.fault("html_502");
      expectTold(
        await post("/chat/completions", { model, messages }, "openrouter"),
        "/chat/completions",
        502,
      );
      const broken = { model: "sandbox/error-mid", stream: true };
      for (const [path, body] of calls.slice(0, 2)) {
        const last = chunksIn((await post(path, { ...body, ...broken }, "openrouter")).text).at(-1);
        expect(faultsAt(path, last)).toEqual([]);
      }
      const events = chunksIn((await post("/messages", { ...calls[4][1], ...broken }, "openrouter")).text);
      expect(events.at(-1)).toMatchObject({ type: "error" });
      expect(faultsOf.openrouter?.("MessagesErrorEvent", events.at(-1))).toEqual([]);
    },
  );
});
