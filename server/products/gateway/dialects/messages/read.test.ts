import { expect, test } from "vitest";
import type { Problem } from "../../../../platform/problem.ts";
import { readMessages } from "./read.ts";

const model = "openai/gpt-4o-mini";
const messages = [{ role: "user", content: "Hello" }];
const read = (body: object) =>
  readMessages(Buffer.from(JSON.stringify({ model, max_tokens: 50, messages, ...body })));
const asked = (body: object) => JSON.parse(read(body).bytes.toString()) as Record<string, unknown>;

test("system, limits and samplers; the maximum is left to whoever asks the provider", () => {
  const chat = read({
    system: [
      { type: "text", text: "Be brief." },
      { type: "text", text: "Be kind." },
    ],
    stop_sequences: ["END"],
    temperature: 0.5,
    metadata: { user_id: "u1" },
    stream: true,
    odd: 1,
  });
  expect(JSON.parse(chat.bytes.toString())).toEqual({
    model,
    messages: [{ role: "system", content: "Be brief.\n\nBe kind." }, ...messages],
    temperature: 0.5,
    stop: ["END"],
    user: "u1",
    stream: true,
  });
  expect(chat).toMatchObject({ endpoint: "messages", maxTokens: 50, stream: true, dropped: ["odd"] });
});

test("a conversation with tools, thoughts and images", () => {
  const said = asked({
    messages: [
      { role: "user", content: [{ type: "text", text: "What is on it?" }] },
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "hm", signature: "s" },
          { type: "text", text: "I look." },
          { type: "tool_use", id: "t1", name: "look", input: { at: "it" } },
          { type: "tool_use", id: "t2", name: "wait", input: {} },
        ],
      },
      {
        role: "user",
        content: [
          {
            type: "tool_result",
            tool_use_id: "t1",
            content: [
              { type: "text", text: "a boat" },
              { type: "image", source: { type: "base64", media_type: "image/png", data: "QQ==" } },
            ],
          },
          { type: "tool_result", tool_use_id: "t2", content: "no time", is_error: true },
          { type: "text", text: "And?" },
        ],
      },
    ],
  });
  expect(said["messages"]).toEqual([
    { role: "user", content: "What is on it?" },
    {
      role: "assistant",
      content: "I look.",
      reasoning_details: [
        { type: "reasoning.text", text: "hm", signature: "s", format: "anthropic-claude-v1", index: 0 },
      ],
      tool_calls: [
        { id: "t1", type: "function", function: { name: "look", arguments: '{"at":"it"}' } },
        { id: "t2", type: "function", function: { name: "wait", arguments: "{}" } },
      ],
    },
    { role: "tool", tool_call_id: "t1", content: "a boat" },
    { role: "tool", tool_call_id: "t2", content: "Error: no time" },
    {
      role: "user",
      content: [
        { type: "image_url", image_url: { url: "data:image/png;base64,QQ==" } },
        { type: "text", text: "And?" },
      ],
    },
  ]);
});

test.each([
  [{ type: "auto" }, { tool_choice: "auto" }],
  [{ type: "any" }, { tool_choice: "required" }],
  [{ type: "none" }, { tool_choice: "none" }],
  [
    { type: "tool", name: "look", disable_parallel_tool_use: true },
    { tool_choice: { type: "function", function: { name: "look" } }, parallel_tool_calls: false },
  ],
])("tools, chosen by %j", (choice, expected) => {
  const schema = { type: "object", properties: {} };
  const tools = [{ name: "look", description: "Looks", input_schema: schema }];
  expect(asked({ tools, tool_choice: choice })).toMatchObject({
    tools: [{ type: "function", function: { name: "look", description: "Looks", parameters: schema } }],
    ...expected,
  });
});

test("thinking and a schema of the answer", () => {
  const schema = { type: "object" };
  expect(
    asked({
      max_tokens: 3_000,
      thinking: { type: "enabled", budget_tokens: 2_000, display: "omitted" },
      output_config: { effort: "low", format: { type: "json_schema", schema } },
    }),
  ).toMatchObject({
    thinking: { type: "enabled", budget_tokens: 2_000, display: "omitted" },
    reasoning: { max_tokens: 2_000, exclude: true },
    output_config: { effort: "low" },
    response_format: { type: "json_schema", json_schema: { schema, strict: true } },
  });
});

test("thinking without a budget of its own", () => {
  expect(asked({ thinking: { type: "adaptive" } })).toMatchObject({
    thinking: { type: "adaptive" },
    reasoning: { enabled: true },
  });
  expect(asked({ thinking: { type: "disabled" } })["reasoning"]).toBeUndefined();
});

test("thoughts that were signed are said again, in their order", () => {
  const content = [
    { type: "thinking", thinking: "Hm", signature: "s" },
    { type: "redacted_thinking", data: "sealed" },
    { type: "thinking", thinking: "nobody signed it", signature: "" },
    { type: "tool_use", id: "c1", name: "look", input: {} },
  ];
  const said = asked({ messages: [...messages, { role: "assistant", content }] })["messages"];
  const format = "anthropic-claude-v1";
  expect((said as unknown[]).at(-1)).toMatchObject({
    content: null,
    reasoning_details: [
      { type: "reasoning.text", text: "Hm", signature: "s", format, index: 0 },
      { type: "reasoning.encrypted", data: "sealed", format, index: 1 },
    ],
  });
});

test("breakpoints of the cache go to those who know them", () => {
  const content = [{ type: "text", text: "long", cache_control: { type: "ephemeral" } }];
  const of = (id: string) => asked({ model: id, messages: [{ role: "user", content }] })["messages"];
  expect(of("anthropic/claude-haiku-4.5")).toEqual([{ role: "user", content }]);
  expect(of(model)).toEqual([{ role: "user", content: "long" }]);
});

test("so do those of tools and their results, and how long they last", () => {
  const mark = (ttl?: string) => ({ cache_control: { type: "ephemeral", ...(ttl && { ttl }) } });
  const result = { type: "tool_result", tool_use_id: "c1", content: "Rain", ...mark("5m") };
  const of = (id: string) =>
    asked({
      model: id,
      ...mark("1h"),
      tools: [{ name: "weather", input_schema: {}, ...mark("1h") }],
      messages: [{ role: "user", content: [result] }],
    });
  expect(of("anthropic/claude-haiku-4.5")).toMatchObject({
    ...mark("1h"),
    tools: [mark("1h")],
    messages: [{ role: "tool", content: [{ type: "text", text: "Rain", ...mark() }] }],
  });
  expect(of(model)["messages"]).toMatchObject([{ role: "tool", content: "Rain" }]);
  expect(JSON.stringify(of(model))).not.toContain("cache_control");
});

test("what the company does to long contexts by itself is left out, and said so", () => {
  const body = Buffer.from(
    JSON.stringify({ model, messages, max_tokens: 5, context_management: { edits: [] } }),
  );
  expect(readMessages(body).dropped).toEqual(["context_management"]);
});

test("who counts names no maximum", () => {
  const body = Buffer.from(JSON.stringify({ model, messages }));
  expect(readMessages(body, { counting: true }).maxTokens).toBeNull();
});

const user = (...content: unknown[]) => ({ messages: [{ role: "user", content }] });
test.each([
  ["no maximum", { max_tokens: null }, "/max_tokens"],
  ["no messages", { messages: [] }, "/messages"],
  ["a foreign role", { messages: [{ role: "system", content: "x" }] }, "/messages/0/role"],
  ["content that is no text", { messages: [{ role: "user", content: 5 }] }, "/messages/0/content"],
  ["a document", user({ type: "document", source: {} }), "/messages/0/content/0/type"],
  ["a text without one", user({ type: "text" }), "/messages/0/content/0/text"],
  [
    "an image from a file",
    user({ type: "image", source: { type: "file" } }),
    "/messages/0/content/0/source/type",
  ],
  [
    "a cache of a day",
    user({ type: "text", text: "a", cache_control: { type: "ephemeral", ttl: "1d" } }),
    "/messages/0/content/0/cache_control/ttl",
  ],
  [
    "a tool that runs at the company",
    { tools: [{ type: "web_fetch_20250910", name: "w" }] },
    "/tools/0/type",
  ],
  [
    "a search without a bound",
    { tools: [{ type: "web_search_20250305", name: "web_search" }] },
    "/tools/0/max_uses",
  ],
  ["a tool without a schema", { tools: [{ name: "w" }] }, "/tools/0/input_schema"],
  ["a server that is asked on the way", { mcp_servers: [{}] }, "/mcp_servers"],
  ["a priority that costs", { service_tier: "priority" }, "/service_tier"],
  ["a stop that is no text", { stop_sequences: [1] }, "/stop_sequences"],
  ["thinking without a budget", { thinking: { type: "enabled" } }, "/thinking/budget_tokens"],
  [
    "a budget that is too small",
    { max_tokens: 2_000, thinking: { type: "enabled", budget_tokens: 1_023 } },
    "/thinking/budget_tokens",
  ],
  [
    "a budget that leaves no answer",
    { max_tokens: 2_000, thinking: { type: "enabled", budget_tokens: 2_000 } },
    "/thinking/budget_tokens",
  ],
  ["a way to think that nobody knows", { thinking: { type: "deep" } }, "/thinking/type"],
  ["warmth beside thinking", { thinking: { type: "adaptive" }, temperature: 0.5 }, "/temperature"],
  ["top_k beside thinking", { thinking: { type: "adaptive" }, top_k: 5 }, "/top_k"],
  ["a low top_p beside thinking", { thinking: { type: "adaptive" }, top_p: 0.5 }, "/top_p"],
  [
    "a forced tool beside thinking",
    { thinking: { type: "adaptive" }, tool_choice: { type: "any" } },
    "/tool_choice/type",
  ],
  ["an effort that nobody knows", { output_config: { effort: "huge" } }, "/output_config/effort"],
  [
    "a thought that is none",
    { messages: [{ role: "assistant", content: [{ type: "thinking" }] }] },
    "/messages/0/content/0/thinking",
  ],
])("%s is refused", (_name, body, pointer) => {
  let refusal: Problem | null = null;
  try {
    read(body);
  } catch (error) {
    refusal = error as Problem;
  }
  expect(refusal?.options.errors?.[0]?.pointer).toBe(pointer);
});
