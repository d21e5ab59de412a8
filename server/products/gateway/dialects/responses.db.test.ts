/** OpenAI's responses over models of any company: what is told, what it costs, what is refused. */
import OpenAI from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";
import { published } from "../../../../test/harness/published.ts";

let gateway: TestGateway;
let client: OpenAI;
beforeAll(async () => {
  gateway = await startTestGateway({ llm: ["openai", "glama"] });
  client = new OpenAI({ baseURL: `${gateway.app.url}/v1`, apiKey: gateway.secret, maxRetries: 0 });
});
afterAll(() => gateway.close());

const model = "openai/gpt-4o-mini";
const post = (rest: Record<string, unknown>, headers: Record<string, string> = {}) =>
  gateway.key.call("POST", "/v1/responses", {
    body: { model, input: "Say 'hello, world'", ...rest },
    headers,
    idempotencyKey: null,
  });
const eventsIn = (text: string) =>
  [...text.matchAll(/event: [\w.]+\ndata: ([^\n]+)\n\n/g)].map(
    ([, data]) => JSON.parse(data ?? "") as { type: string; response?: { error?: object } },
  );
const tool = {
  type: "function" as const,
  name: "get_weather",
  description: "The weather of a city",
  strict: false,
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};

test("JSON costs the provider's bill, by whoever serves it", async () => {
  for (const company of ["openrouter", "openai", "glama"] as const) {
    const answer = await post({ holdfast: { routing: { only: [company] } } });
    expect(answer.status, answer.text).toBe(200);
    const generation = (await gateway.bill(company)).at(-1);
    expect(answer.body).toMatchObject({
      object: "response",
      status: "completed",
      usage: { input_tokens: generation?.prompt_tokens, output_tokens: generation?.completion_tokens },
    });
    const request = (await gateway.requests()).at(-1);
    expect(request).toMatchObject({ endpoint: "responses", state: "settled", outcome: "ok" });
    expect(Number(request?.cost_usd)).toBe(Number(generation?.cost));
  }
});

test("the SDK: a text, a stream of the same, a tool and what it said", async () => {
  const whole = await client.responses.create({ model, input: "Say 'hello, world'" });
  expect(whole.output_text).toContain("hello");
  const stream = await client.responses.create({ model, input: "Say 'hello, world'", stream: true });
  let text = "";
  let last = "";
  for await (const event of stream) {
    last = event.type;
    if (event.type === "response.output_text.delta") text += event.delta;
  }
  expect([text, last]).toEqual([whole.output_text, "response.completed"]);

  const question = { role: "user" as const, content: "What is the weather in Paris?" };
  const first = await client.responses.create({ model, input: [question], tools: [tool] });
  const [call] = first.output;
  expect(call).toMatchObject({ type: "function_call", name: "get_weather", arguments: '{"city":"Paris"}' });
  const second = await client.responses.create({
    model,
    tools: [tool],
    input: [
      question,
      ...(first.output as OpenAI.Responses.ResponseInputItem[]),
      {
        type: "function_call_output",
        call_id: (call as OpenAI.Responses.ResponseFunctionToolCall).call_id,
        output: "12 degrees, rain",
      },
    ],
  });
  expect(second.output_text).toContain("12 degrees, rain");
});

test("a short maximum leaves the answer incomplete", async () => {
  const cut = await post({ max_output_tokens: 2 });
  expect(cut.body).toMatchObject({
    status: "incomplete",
    incomplete_details: { reason: "max_output_tokens" },
    max_output_tokens: 2,
  });
});

test("what would need something kept is refused by name, before any hold", async () => {
  const before = (await gateway.requests()).length;
  for (const [name, value] of [
    ["previous_response_id", "resp_1"],
    ["conversation", "conv_1"],
    ["background", true],
  ] as const) {
    const refused = await post({ [name]: value });
    expect(refused.status).toBe(400);
    expect(refused.body.error).toMatchObject({ param: name });
  }
  expect(await gateway.requests()).toHaveLength(before);
});

test("the same key gives the same stream again", async () => {
  const headers = { "idempotency-key": "a-response-twice" };
  const first = await post({ stream: true }, headers);
  const again = await post({ stream: true }, headers);
  expect(again.headers.get("idempotency-replayed")).toBe("true");
  expect(again.text).toBe(first.text);
});

test("a stream that breaks after its first content ends as failed", async () => {
  const { text, status } = await post({ model: "sandbox/error-mid", stream: true });
  expect(status).toBe(200);
  expect(eventsIn(text).at(-1)).toMatchObject({
    type: "response.failed",
    response: { status: "failed", error: { code: "server_error" } },
  });
  expect(text).not.toContain("response.completed");
});

const faultsOf = published("openai/openai.trimmed.json");
test.skipIf(!faultsOf)("answers and events are as published", async () => {
  if (!faultsOf) return;
  const input = "What is the weather in Paris?";
  for (const rest of [{}, { input, tools: [tool] }, { max_output_tokens: 2 }]) {
    expect(faultsOf("Response", (await post(rest)).body)).toEqual([]);
    for (const event of eventsIn((await post({ ...rest, stream: true })).text))
      expect(faultsOf("ResponseStreamEvent", event)).toEqual([]);
  }
  expect(faultsOf("Response", { object: "response" })).not.toEqual([]);
});
