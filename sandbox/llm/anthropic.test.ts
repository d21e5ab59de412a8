/** Anthropic's own words: messages, events, marks for the cache, refusals. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "../main.ts";

let sandbox: Sandbox;
let credentials: { api_key: string; base_url: string };
const json = { "content-type": "application/json" };

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0 });
  const made = await fetch(`${sandbox.url}/_sandbox/worlds/default`);
  credentials = ((await made.json()) as { anthropic: typeof credentials }).anthropic;
  const change = JSON.stringify({ first_token_ms: 0, tokens_per_second: 0 });
  await fetch(`${sandbox.url}/_sandbox/anthropic/settings`, { method: "PATCH", headers: json, body: change });
});
afterAll(() => sandbox.close());

type Body = Record<string, unknown>;
const post = (body: Body, path = "/messages", headers: Record<string, string> = {}) =>
  fetch(`${credentials.base_url}${path}`, {
    method: "POST",
    headers: { ...json, "x-api-key": credentials.api_key, "anthropic-version": "2023-06-01", ...headers },
    body: JSON.stringify(body),
  });
const hello = {
  model: "claude-haiku-4-5",
  max_tokens: 100,
  messages: [{ role: "user", content: "Say 'hello'" }],
};
const thinks = { ...hello, max_tokens: 2_000, thinking: { type: "enabled", budget_tokens: 1_024 } };
const adaptive = { ...hello, model: "claude-sonnet-5", max_tokens: 2_000, thinking: { type: "adaptive" } };
const unthought = [
  ...hello.messages,
  { role: "assistant", content: [{ type: "tool_use", id: "t1", name: "weather", input: {} }] },
  { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", content: "Rain" }] },
];
const answerOf = async (body: Body): Promise<Body> => (await post(body)).json() as Promise<Body>;

it("answers a message with its blocks, its reason and disjoint counts", async () => {
  expect(await answerOf(hello)).toMatchObject({
    type: "message",
    role: "assistant",
    model: "claude-haiku-4-5",
    content: [{ type: "text", text: expect.stringContaining("hello") }],
    stop_reason: "end_turn",
    usage: { cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
  });
});

it("streams events, each of which names its kind", async () => {
  const text = await (await post({ ...hello, stream: true })).text();
  const kinds = [...text.matchAll(/^event: (\w+)$/gm)].map(([, kind]) => kind);
  expect(kinds[0]).toBe("message_start");
  expect(kinds.slice(-3)).toEqual(["content_block_stop", "message_delta", "message_stop"]);
  expect(new Set(kinds)).toContain("content_block_delta");
});

it("calls a tool with an object", async () => {
  const input_schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
  const tools = [{ name: "weather", description: "The weather of a city", input_schema }];
  const messages = [{ role: "user", content: "What is the weather in Paris?" }];
  const answer = await answerOf({ ...hello, messages, tools, tool_choice: { type: "any" } });
  expect(answer).toMatchObject({
    stop_reason: "tool_use",
    content: [{ type: "tool_use", name: "weather", input: expect.any(Object) }],
  });
});

it("writes a marked beginning to its cache, then reads it", async () => {
  const system = [{ type: "text", text: "lighthouse ".repeat(2_000), cache_control: { type: "ephemeral" } }];
  const first = (await answerOf({ ...hello, system }))["usage"] as Record<string, number>;
  const second = (await answerOf({ ...hello, system }))["usage"] as Record<string, number>;
  expect(first["cache_creation_input_tokens"]).toBeGreaterThan(1_024);
  expect(second["cache_creation_input_tokens"]).toBe(0);
  expect(second["cache_read_input_tokens"]).toBe(first["cache_creation_input_tokens"]);
});

it("counts a prompt without answering it", async () => {
  const { max_tokens: _most, ...prompt } = hello;
  const counted = (await (await post(prompt, "/messages/count_tokens")).json()) as { input_tokens: number };
  const usage = (await answerOf(hello))["usage"] as Record<string, number>;
  expect(counted.input_tokens).toBe(usage["input_tokens"]);
});

it("tells how its models may be asked to think, and thinks as much as the effort lets it", async () => {
  const headers = { "x-api-key": credentials.api_key, "anthropic-version": "2023-06-01" };
  const list = (await (await fetch(`${credentials.base_url}/models?limit=1000`, { headers })).json()) as {
    data: { id: string; capabilities: object }[];
  };
  const types = (enabled: boolean, adaptive: boolean) => ({
    thinking: { types: { enabled: { supported: enabled }, adaptive: { supported: adaptive } } },
    effort: { supported: adaptive },
  });
  expect(list.data.find(({ id }) => id === "claude-haiku-4-5")?.capabilities).toMatchObject(
    types(true, false),
  );
  expect(list.data.find(({ id }) => id === "claude-sonnet-5")?.capabilities).toMatchObject(
    types(false, true),
  );
  const thought = async (effort: string) => {
    const asked = { ...adaptive, output_config: { effort } };
    const { usage } = (await answerOf(asked)) as {
      usage: { output_tokens_details: { thinking_tokens: number } };
    };
    return usage.output_tokens_details.thinking_tokens;
  };
  const [low, medium, high] = [await thought("low"), await thought("medium"), await thought("high")];
  expect(low > 0 && low < medium && medium < high).toBe(true);
});

it.each([
  ["a budget where the model chooses itself", 400, { ...adaptive, thinking: thinks.thinking }],
  ["an effort that the model does not know", 400, { ...adaptive, output_config: { effort: "xhigh" } }],
  ["any effort where none is known", 400, { ...hello, output_config: { effort: "low" } }],
  ["a choice of the model's own where it has none", 400, { ...thinks, thinking: adaptive.thinking }],
  ["no bound", 400, { ...hello, max_tokens: undefined }],
  ["a field of another company", 400, { ...hello, n: 2 }],
  ["a warm temperature", 400, { ...hello, temperature: 1.5 }],
  ["a model of another company", 404, { ...hello, model: "gpt-4o" }],
  ["no message", 400, { ...hello, messages: [] }],
  ["an empty text", 400, { ...hello, messages: [{ role: "user", content: "" }] }],
  ["a small budget of thoughts", 400, { ...thinks, thinking: { type: "enabled", budget_tokens: 100 } }],
  ["a budget that leaves no answer", 400, { ...thinks, max_tokens: 1_024 }],
  ["a cool temperature beside thoughts", 400, { ...thinks, temperature: 0.5 }],
  ["a forced tool beside thoughts", 400, { ...thinks, tool_choice: { type: "any" } }],
  ["a turn that goes on and began without a thought", 400, { ...thinks, messages: unthought }],
])("refuses %s in its own envelope", async (_, status, body) => {
  const refused = await post(body);
  expect(refused.status).toBe(status);
  expect(await refused.json()).toMatchObject({ type: "error", error: { message: expect.any(String) } });
});

it("asks for a key and the version of the protocol", async () => {
  expect((await post(hello, "/messages", { "x-api-key": "wrong" })).status).toBe(401);
  expect((await post(hello, "/messages", { "anthropic-version": "" })).status).toBe(400);
});
