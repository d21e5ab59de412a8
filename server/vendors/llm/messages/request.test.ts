import { expect, test } from "vitest";
import { toMessages } from "./request.ts";

const of = (chat: Record<string, unknown>): Record<string, unknown> => {
  const asked = toMessages(Buffer.from(JSON.stringify({ model: "m", max_tokens: 9, ...chat })));
  if ("field" in asked) return { refused: asked.field };
  return JSON.parse(asked.body.toString()) as Record<string, unknown>;
};
const user = (content: unknown) => ({ role: "user", content });

test("texts, the system apart, turns of one role together", () => {
  const messages = [
    { role: "system", content: "Be short" },
    user("One"),
    user([{ type: "text", text: "Two", cache_control: { type: "ephemeral", ttl: "1h" } }]),
    { role: "assistant", content: "Yes" },
  ];
  expect(of({ messages })).toEqual({
    model: "m",
    max_tokens: 9,
    system: [{ type: "text", text: "Be short" }],
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: "One" },
          { type: "text", text: "Two", cache_control: { type: "ephemeral", ttl: "1h" } },
        ],
      },
      { role: "assistant", content: [{ type: "text", text: "Yes" }] },
    ],
  });
});

test("tools, their calls and results", () => {
  const call = { id: "c1", type: "function", function: { name: "weather", arguments: '{"city":"Paris"}' } };
  const parameters = { type: "object", properties: {} };
  expect(
    of({
      messages: [
        user("Weather?"),
        { role: "assistant", content: null, tool_calls: [call] },
        {
          role: "tool",
          tool_call_id: "c1",
          content: [{ type: "text", text: "Rain", cache_control: { type: "ephemeral" } }],
        },
      ],
      tools: [{ type: "function", function: { name: "weather", description: "Tells", parameters } }],
      tool_choice: "required",
      parallel_tool_calls: false,
    }),
  ).toMatchObject({
    messages: [
      { role: "user" },
      {
        role: "assistant",
        content: [{ type: "tool_use", id: "c1", name: "weather", input: { city: "Paris" } }],
      },
      {
        role: "user",
        content: [
          {
            type: "tool_result",
            tool_use_id: "c1",
            content: [{ type: "text", text: "Rain" }],
            cache_control: { type: "ephemeral" },
          },
        ],
      },
    ],
    tools: [{ name: "weather", description: "Tells", input_schema: parameters }],
    tool_choice: { type: "any", disable_parallel_tool_use: true },
  });
});

test("images by their bytes or address", () => {
  const image = (url: string) => ({ type: "image_url", image_url: { url } });
  const [turn] = of({
    messages: [user([image("data:image/png;base64,AAAA"), image("https://a.example/b.png")])],
  })["messages"] as { content: unknown[] }[];
  expect(turn?.content).toEqual([
    { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } },
    { type: "image", source: { type: "url", url: "https://a.example/b.png" } },
  ]);
});

test("what tunes an answer is fitted or left out; what would change it is refused", () => {
  const messages = [user("Hello")];
  const tuned = of({
    messages,
    temperature: 1.7,
    stop: "END",
    seed: 1,
    logprobs: true,
    stream: true,
    user: "u",
  });
  expect(tuned).toMatchObject({
    temperature: 1,
    stop_sequences: ["END"],
    stream: true,
    metadata: { user_id: "u" },
  });
  expect(Object.keys(tuned)).not.toEqual(expect.arrayContaining(["seed"]));
  expect(of({ messages, n: 2 })).toEqual({ refused: "n" });
  expect(of({ messages, response_format: { type: "json_object" } })).toEqual({ refused: "response_format" });
  expect(of({ messages: [user([{ type: "input_audio" }])] })).toEqual({ refused: "messages" });
});
