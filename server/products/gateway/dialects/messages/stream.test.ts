import fc from "fast-check";
import { expect, test } from "vitest";
import { NO_USAGE } from "../../call/charge.ts";
import { gatewayProblems } from "../../problems.ts";
import { answerOf } from "./answer.ts";
import { readMessages } from "./read.ts";
import { MessagesVoice, streamEnd } from "./stream.ts";

const model = "sandbox/echo";
const chat = readMessages(
  Buffer.from(JSON.stringify({ model, max_tokens: 5, messages: [{ role: "user", content: "Hi" }] })),
);
const told = { chat, requestId: "req_1", now: new Date(0) };
const usage = { ...NO_USAGE, inputTokens: 3, cacheReadTokens: 2, outputTokens: 7, reasoningTokens: 1 };
const chunk = (delta: unknown, finish: string | null = null) =>
  Buffer.from(
    `data: ${JSON.stringify({ id: "gen-1", model, choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`,
  );

type Event = {
  type: string;
  index?: number;
  content_block?: { type: string };
  delta?: { type?: string; text?: string; partial_json?: string; stop_reason?: string };
};
const eventsIn = (text: string): Event[] =>
  [...text.matchAll(/event: (\w+)\ndata: ([^\n]+)\n\n/g)].map(([, name, data]) => {
    const value = JSON.parse(data ?? "") as Event;
    expect(value.type).toBe(name);
    return value;
  });

function play(...chunks: Buffer[]): Event[] {
  const voice = new MessagesVoice(told);
  const said = chunks.map((each) => voice.say(each)?.toString() ?? "").join("");
  const end = streamEnd({ micros: 1n, usd: "0.00000001", basis: "reported" }, voice.tail(usage)).toString();
  expect(end).toContain(": cost_micros=1 cost_usd=0.00000001 basis=reported\n\n");
  return eventsIn(said + end);
}

test("searches stand where they stood, what for is said after the beginning; a paused turn says so", () => {
  const use = { type: "server_tool_use", id: "s1", name: "web_search", input: { query: "boats" } };
  const result = { type: "web_search_tool_result", tool_use_id: "s1", content: [] };
  const events = play(
    chunk({ content: "I look." }),
    chunk({ finds: { blocks: [use] } }),
    chunk({ finds: { blocks: [result] } }),
    chunk({ content: "A boat." }),
    chunk({ finds: { paused: true } }, "stop"),
  );
  const caller = { type: "direct" };
  expect(
    events.filter(({ type }) => type === "content_block_start").map((each) => each.content_block),
  ).toEqual([
    { type: "text", text: "", citations: null },
    { ...use, input: {}, caller },
    { ...result, caller },
    { type: "text", text: "", citations: null },
  ]);
  const said = events.filter(({ type }) => type === "content_block_delta");
  expect(said.map(({ index, delta }) => [index, delta?.text ?? delta?.partial_json])).toEqual([
    [0, "I look."],
    [1, '{"query":"boats"}'],
    [3, "A boat."],
  ]);
  expect(events.filter(({ type }) => type === "content_block_stop")).toHaveLength(4);
  expect(events.at(-2)).toMatchObject({ delta: { stop_reason: "pause_turn" } });
});

test("a text: start, one block that grows and closes, the counts, the stop", () => {
  const events = play(
    chunk({ role: "assistant", content: "" }),
    chunk({ content: "Hel" }),
    chunk({ content: "lo" }),
    chunk({}, "stop"),
  );
  expect(events.map(({ type }) => type)).toEqual([
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
  ]);
  expect(events[0]).toMatchObject({ message: { id: "msg_1", role: "assistant", content: [], model } });
  expect(events.at(-2)).toMatchObject({
    delta: { stop_reason: "end_turn" },
    usage: { input_tokens: 3, cache_read_input_tokens: 2, output_tokens: 7 },
  });
});

test("thoughts, a text and two calls are blocks of their own, each closed before the next", () => {
  const call = (index: number, rest: object) => chunk({ tool_calls: [{ index, ...rest }] });
  const events = play(
    chunk({ reasoning: "hm" }),
    chunk({ content: "I look." }),
    call(0, { id: "t1", function: { name: "look", arguments: "" } }),
    call(0, { function: { arguments: '{"a":' } }),
    call(0, { function: { arguments: "1}" } }),
    call(1, { id: "t2", function: { name: "wait", arguments: "{}" } }),
    chunk({}, "tool_calls"),
  );
  const started = events.filter(({ type }) => type === "content_block_start");
  expect(started.map(({ index, content_block: block }) => [index, block?.type])).toEqual([
    [0, "thinking"],
    [1, "text"],
    [2, "tool_use"],
    [3, "tool_use"],
  ]);
  const inputs = events.filter(({ delta }) => delta?.type === "input_json_delta");
  expect(inputs.map(({ index, delta }) => [index, delta?.partial_json])).toEqual([
    [2, '{"a":'],
    [2, "1}"],
    [3, "{}"],
  ]);
  let open: number | undefined;
  for (const { type, index } of events) {
    if (type === "content_block_start") expect(open).toBeUndefined();
    if (type === "content_block_start") open = index;
    if (type === "content_block_stop") {
      expect(index).toBe(open);
      open = undefined;
    }
  }
  expect(open).toBeUndefined();
  expect(events.at(-2)?.delta?.stop_reason).toBe("tool_use");
});

test("however a text is cut into chunks, the pieces make the text", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme", minLength: 1 }), { minLength: 1 }), (pieces) => {
      const events = play(...pieces.map((content) => chunk({ content })), chunk({}, "length"));
      const text = events.map(({ delta }) => delta?.text ?? "").join("");
      expect(text).toBe(pieces.join(""));
      expect(events.at(-2)?.delta?.stop_reason).toBe("max_tokens");
    }),
  );
});

test("a stream that broke ends with an error the client knows, and no stop", () => {
  const text = new MessagesVoice(told).breakOff(gatewayProblems.upstream_timeout).toString();
  expect(eventsIn(text)).toMatchObject([
    { type: "error", error: { type: "timeout_error", code: "upstream_timeout" }, request_id: "req_1" },
  ]);
  expect(text).not.toContain("message_stop");
});

test("a whole answer: blocks in order, a cut call without its input, disjoint counts", () => {
  const message = {
    role: "assistant",
    content: "I look.",
    reasoning_content: "hm",
    tool_calls: [
      { id: "t1", type: "function", function: { name: "look", arguments: '{"a":1}' } },
      { id: "t2", type: "function", function: { name: "look", arguments: '{"a":' } },
    ],
  };
  const body = Buffer.from(JSON.stringify({ model, choices: [{ message, finish_reason: "length" }] }));
  expect(JSON.parse(answerOf(body, told, usage).toString())).toMatchObject({
    id: "msg_1",
    type: "message",
    content: [
      { type: "thinking", thinking: "hm" },
      { type: "text", text: "I look." },
      { type: "tool_use", id: "t1", name: "look", input: { a: 1 } },
      { type: "tool_use", id: "t2", input: {} },
    ],
    stop_reason: "max_tokens",
    usage: { input_tokens: 3, cache_read_input_tokens: 2, cache_creation_input_tokens: 0, output_tokens: 7 },
  });
});
