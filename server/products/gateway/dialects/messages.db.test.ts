/** Anthropic's messages over models of any company: what is told, what it costs, what is refused. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient } from "../../../../test/harness/client.ts";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";
import { published } from "../../../../test/harness/published.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ llm: ["openai", "glama"] });
});
afterAll(() => gateway.close());

const model = "openai/gpt-4o-mini";
const said = (text: string) => [{ role: "user", content: text }];
const post = (rest: Record<string, unknown>, headers: Record<string, string> = {}, path = "/v1/messages") =>
  gateway.key.call("POST", path, {
    body: { model, max_tokens: 200, messages: said("Say 'hello, world'"), ...rest },
    headers,
    idempotencyKey: null,
  });

type Event = {
  type: string;
  message?: object;
  delta?: { text?: string; stop_reason?: string };
  usage?: Record<string, number>;
};
const eventsIn = (text: string): Event[] =>
  [...text.matchAll(/event: \w+\ndata: ([^\n]+)\n\n/g)].map(([, data]) => JSON.parse(data ?? "") as Event);
const textIn = (events: Event[]): string => events.map(({ delta }) => delta?.text ?? "").join("");
const tools = [
  {
    name: "get_weather",
    description: "The weather of a city",
    input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
];

test("JSON costs the provider's bill, by whoever serves it", async () => {
  for (const company of ["openrouter", "openai", "glama"] as const) {
    const answer = await post({ holdfast: { routing: { only: [company] } } });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({ type: "message", role: "assistant", stop_reason: "end_turn" });
    const generation = (await gateway.bill(company)).at(-1);
    expect(answer.body["usage"]).toMatchObject({
      input_tokens: generation?.prompt_tokens,
      output_tokens: generation?.completion_tokens,
    });
    const request = (await gateway.requests()).at(-1);
    expect(request).toMatchObject({ endpoint: "messages", state: "settled", outcome: "ok" });
    expect(Number(request?.cost_usd)).toBe(Number(generation?.cost));
  }
});

test("a stream says the same words, then its counts, its cost and its stop", async () => {
  const whole = await post({});
  const stream = await post({ stream: true });
  expect(stream.headers.get("content-type")).toContain("text/event-stream");
  const events = eventsIn(stream.text);
  const [block] = whole.body["content"] as { text: string }[];
  expect(textIn(events)).toBe(block?.text);
  expect(events[0]).toMatchObject({ type: "message_start", message: { type: "message", content: [] } });
  expect(events.at(-2)).toMatchObject({
    type: "message_delta",
    delta: { stop_reason: "end_turn" },
    usage: { input_tokens: (whole.body["usage"] as { input_tokens: number }).input_tokens },
  });
  expect(stream.text).toMatch(
    /: cost_micros=\d+ cost_usd=[\d.]+ basis=re(?:ported|conciled)\n\nevent: message_stop\ndata: \{"type":"message_stop"\}\n\n$/,
  );
});

test("a tool is called, and its result is read", async () => {
  const messages = said("What is the weather in Paris?");
  const first = await post({ messages, tools });
  expect(first.body).toMatchObject({
    stop_reason: "tool_use",
    content: [{ type: "tool_use", name: "get_weather", input: { city: "Paris" } }],
  });
  const [call] = first.body["content"] as { id: string }[];
  const result = { type: "tool_result", tool_use_id: call?.id, content: "12 degrees, rain" };
  const second = await post({
    tools,
    messages: [
      ...messages,
      { role: "assistant", content: first.body["content"] },
      { role: "user", content: [result] },
    ],
  });
  expect(second.text).toContain("12 degrees, rain");
  const streamed = eventsIn((await post({ messages, tools, stream: true })).text);
  expect(streamed.map(({ type }) => type)).toContain("content_block_start");
  expect(streamed.at(-2)?.delta?.stop_reason).toBe("tool_use");
});

test("the maximum is kept, fields that nobody takes are named", async () => {
  const cut = await post({ max_tokens: 2, odd: 1 });
  expect(cut.body["stop_reason"]).toBe("max_tokens");
  expect(cut.headers.get("x-holdfast-dropped")).toBe("odd");
  const openai = await post({ top_k: 3, holdfast: { routing: { only: ["openai"] } } });
  expect(openai.status, openai.text).toBe(200);
  expect(openai.headers.get("x-holdfast-dropped")).toBe("top_k");
});

test("the same key gives the same stream again, at no cost", async () => {
  const headers = { "idempotency-key": "a-message-twice" };
  const first = await post({ stream: true }, headers);
  const again = await post({ stream: true }, headers);
  expect(again.headers.get("idempotency-replayed")).toBe("true");
  expect(again.text).toBe(first.text);
});

test("a stream that breaks after its first content ends with an error and no stop", async () => {
  const { text, status } = await post({ model: "sandbox/error-mid", stream: true });
  expect(status).toBe(200);
  const events = eventsIn(text);
  expect(textIn(events)).not.toBe("");
  expect(events.at(-1)).toMatchObject({
    type: "error",
    error: { type: "api_error", code: "upstream_failed" },
  });
  expect(text).not.toContain("message_stop");
});

test("errors are in Anthropic's envelope, before and after the door", async () => {
  const anonymous = createClient(gateway.app.url);
  const call = { body: { model, max_tokens: 5, messages: said("Hello") }, idempotencyKey: null };
  const nobody = await anonymous.call("POST", "/v1/messages", call);
  expect([nobody.status, nobody.body]).toMatchObject([
    401,
    { type: "error", error: { type: "authentication_error", code: "unauthenticated" } },
  ]);
  const wrong = await post({ max_tokens: 0 });
  expect([wrong.status, wrong.body]).toMatchObject([
    400,
    { type: "error", error: { type: "invalid_request_error", param: "max_tokens" } },
  ]);
  const unknown = await post({ model: "no/such" });
  expect([unknown.status, unknown.body]).toMatchObject([404, { error: { type: "not_found_error" } }]);
  const refused = await post({ model: "sandbox/402" });
  expect([refused.status, refused.body]).toMatchObject([503, { error: { type: "overloaded_error" } }]);
});

test("the key may stand in x-api-key, and what is new at Anthropic may be asked for", async () => {
  const client = createClient(gateway.app.url, { "x-api-key": gateway.secret });
  const call = { body: { model, max_tokens: 5, messages: said("Hello") }, idempotencyKey: null };
  const answer = await client.call("POST", "/v1/messages?beta=true", call);
  expect(answer.status, answer.text).toBe(200);
});

test("tokens are counted without a hold, and near to what the provider bills", async () => {
  const before = await gateway.requests();
  const body = { model, messages: said("The boat left the port at nine and came back at ten."), tools };
  const counted = await gateway.key.call("POST", "/v1/messages/count_tokens", { body, idempotencyKey: null });
  expect(counted.status, counted.text).toBe(200);
  expect(counted.body).toMatchObject({ estimated: true });
  expect(await gateway.requests()).toHaveLength(before.length);
  await post({ ...body, max_tokens: 1, holdfast: { routing: { only: ["openrouter"] } } });
  const billed = (await gateway.bill()).at(-1)?.prompt_tokens ?? 0;
  const estimate = Number(counted.body["input_tokens"]);
  expect(estimate).toBeGreaterThan(billed * 0.8);
  expect(estimate).toBeLessThan(billed * 3);
});

const faultsOf = published("openrouter/openrouter.trimmed.json");
test.skipIf(!faultsOf)("answers, events and errors are as published", async () => {
  if (!faultsOf) return;
  const messages = said("What is the weather in Paris?");
  for (const rest of [{}, { messages, tools }, { max_tokens: 1 }]) {
    expect(faultsOf("MessagesResult", (await post(rest)).body)).toEqual([]);
    for (const event of eventsIn((await post({ ...rest, stream: true })).text))
      expect(faultsOf("MessagesStreamEvents", event)).toEqual([]);
  }
  expect(faultsOf("AnthropicMessagesErrorResponse", (await post({ max_tokens: 0 })).body)).toEqual([]);
  expect(faultsOf("MessagesResult", { type: "message" })).not.toEqual([]);
});
