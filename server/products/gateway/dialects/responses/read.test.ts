import { expect, test } from "vitest";
import type { Problem } from "../../../../platform/problem.ts";
import { readResponse } from "./read.ts";

const model = "openai/gpt-4o-mini";
const read = (body: object) => readResponse(Buffer.from(JSON.stringify({ model, input: "Hello", ...body })));
const asked = (body: object) => JSON.parse(read(body).bytes.toString()) as Record<string, unknown>;

test("a text with instructions, samplers and a maximum", () => {
  const chat = read({
    instructions: "Be brief.",
    temperature: 0,
    max_output_tokens: 9,
    reasoning: { effort: "low" },
    store: true,
    prompt_cache_key: "k",
    stream: true,
  });
  expect(JSON.parse(chat.bytes.toString())).toEqual({
    model,
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hello" },
    ],
    temperature: 0,
    reasoning_effort: "low",
    stream: true,
  });
  expect(chat).toMatchObject({ endpoint: "responses", maxTokens: 9, dropped: ["prompt_cache_key"] });
  expect(chat.echo).toMatchObject({ instructions: "Be brief.", store: false, tool_choice: "auto", top_p: 1 });
});

test("items: roles, parts, calls that belong to one message, what tools said", () => {
  const said = asked({
    input: [
      { role: "developer", content: "Be kind." },
      {
        type: "message",
        role: "user",
        content: [
          { type: "input_text", text: "What is on it?" },
          { type: "input_image", image_url: "https://example.com/a.png", detail: "low" },
        ],
      },
      { type: "reasoning", id: "rs_1", summary: [] },
      { role: "assistant", content: [{ type: "output_text", text: "I look." }] },
      { type: "function_call", call_id: "c1", name: "look", arguments: "{}" },
      { type: "function_call", call_id: "c2", name: "wait", arguments: '{"s":1}' },
      { type: "function_call_output", call_id: "c1", output: "a boat" },
      { type: "function_call_output", call_id: "c2", output: [{ type: "input_text", text: "done" }] },
      { type: "function_call", call_id: "c3", name: "look", arguments: "{}" },
    ],
  });
  const call = (id: string, name: string, text: string) => ({
    id,
    type: "function",
    function: { name, arguments: text },
  });
  expect(said["messages"]).toEqual([
    { role: "system", content: "Be kind." },
    {
      role: "user",
      content: [
        { type: "text", text: "What is on it?" },
        { type: "image_url", image_url: { url: "https://example.com/a.png", detail: "low" } },
      ],
    },
    {
      role: "assistant",
      content: "I look.",
      tool_calls: [call("c1", "look", "{}"), call("c2", "wait", '{"s":1}')],
    },
    { role: "tool", tool_call_id: "c1", content: "a boat" },
    { role: "tool", tool_call_id: "c2", content: "done" },
    { role: "assistant", content: null, tool_calls: [call("c3", "look", "{}")] },
  ]);
});

const packedOf = (...details: unknown[]) =>
  `holdfast1.${Buffer.from(JSON.stringify(details)).toString("base64url")}`;

test("thoughts come back before what they led to; those of others are left out", () => {
  const thought = {
    type: "reasoning.text",
    text: "Hm",
    signature: "s",
    format: "anthropic-claude-v1",
    index: 0,
  };
  const reasoning = (encrypted_content: unknown) => ({ type: "reasoning", summary: [], encrypted_content });
  const call = { type: "function_call", call_id: "c1", name: "look", arguments: "{}" };
  const output = { type: "function_call_output", call_id: "c1", output: "a boat" };
  const called = {
    content: null,
    tool_calls: [{ id: "c1", type: "function", function: { name: "look", arguments: "{}" } }],
  };
  const said = (...input: object[]) => asked({ input })["messages"];
  const mine = reasoning(packedOf(thought));
  expect(said(mine, call, output)).toMatchObject([
    { role: "assistant", reasoning_details: [thought], ...called },
    { role: "tool" },
  ]);
  expect(said(mine, { role: "assistant", content: "I look." }, mine, call)).toMatchObject([
    { content: "I look.", reasoning_details: [thought] },
    { ...called, reasoning_details: [thought] },
  ]);
  const nothing = [
    reasoning(null),
    reasoning("gAAAAABn-of-another-gateway"),
    reasoning("holdfast1.%%%"),
    reasoning(packedOf({ type: "reasoning.text" }).slice(0, -4)),
    reasoning(packedOf(1, "x", { type: "message", text: "?" })),
  ];
  for (const foreign of nothing) expect(JSON.stringify(said(foreign, call))).not.toContain("reasoning");
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  const nested = `[{"type":"reasoning.text","text":"Hm","x":${deep},"data":${deep}}]`;
  const hidden = reasoning(`holdfast1.${Buffer.from(nested).toString("base64url")}`);
  expect(said(hidden, call)).toMatchObject([{ reasoning_details: [{ type: "reasoning.text", text: "Hm" }] }]);
  // Nothing of the model's follows.
  expect(said(mine, { role: "user", content: "Hello" }, call)).toEqual([
    { role: "user", content: "Hello" },
    { role: "assistant", ...called },
  ]);
});

test("tools, their choice and the form of the answer", () => {
  const schema = { type: "object" };
  const tools = [{ type: "function", name: "look", parameters: schema, strict: true }];
  expect(
    asked({
      tools,
      tool_choice: { type: "function", name: "look" },
      text: { format: { type: "json_schema", name: "seen", schema } },
    }),
  ).toMatchObject({
    tools: [{ type: "function", function: { name: "look", parameters: schema, strict: true } }],
    tool_choice: { type: "function", function: { name: "look" } },
    response_format: { type: "json_schema", json_schema: { name: "seen", schema } },
  });
  expect(read({ tools }).echo?.["tools"]).toEqual(tools);
});

test.each([
  ["an answer of before", { previous_response_id: "resp_1" }, "/previous_response_id"],
  ["a conversation", { conversation: "conv_1" }, "/conversation"],
  ["a call in the background", { background: true }, "/background"],
  ["a kept prompt", { prompt: { id: "p" } }, "/prompt"],
  ["a prompt that is cut by itself", { truncation: "auto" }, "/truncation"],
  ["no input", { input: null }, "/input"],
  ["an empty input", { input: [] }, "/input"],
  ["only thoughts", { input: [{ type: "reasoning", summary: [] }] }, "/input"],
  [
    "a sealed thought that is no text",
    { input: [{ type: "reasoning", summary: [], encrypted_content: 1 }] },
    "/input/0/encrypted_content",
  ],
  ["what is no list of names", { include: "reasoning.encrypted_content" }, "/include"],
  ["a foreign role", { input: [{ role: "boss", content: "x" }] }, "/input/0/role"],
  ["a file", { input: [{ role: "user", content: [{ type: "input_file" }] }] }, "/input/0/content/0/type"],
  ["an item of before", { input: [{ type: "item_reference", id: "x" }] }, "/input/0"],
  ["an item that costs", { input: [{ type: "file_search_call" }] }, "/input/0/type"],
  ["a tool that runs elsewhere", { tools: [{ type: "file_search" }] }, "/tools/0/type"],
  ["a priority that costs", { service_tier: "priority" }, "/service_tier"],
  ["a form that nobody knows", { text: { format: { type: "xml" } } }, "/text/format/type"],
])("%s is refused", (_name, body, pointer) => {
  let refusal: Problem | null = null;
  try {
    read(body);
  } catch (error) {
    refusal = error as Problem;
  }
  expect(refusal?.options.errors?.[0]?.pointer).toBe(pointer);
});
