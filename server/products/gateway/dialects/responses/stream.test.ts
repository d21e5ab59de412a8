import { expect, test } from "vitest";
import { NO_USAGE } from "../../call/charge.ts";
import { gatewayProblems } from "../../problems.ts";
import type { Told } from "../dialect.ts";
import { answerOf } from "./answer.ts";
import { readResponse } from "./read.ts";
import { ResponsesVoice, streamEnd } from "./stream.ts";

const model = "sandbox/echo";
const chat = readResponse(Buffer.from(JSON.stringify({ model, input: "Hi" })));
const told = { chat, requestId: "req_1", now: new Date(5_000) };
const usage = { ...NO_USAGE, inputTokens: 3, cacheReadTokens: 2, outputTokens: 7, reasoningTokens: 1 };
const chunk = (delta: unknown, finish: string | null = null) =>
  Buffer.from(
    `data: ${JSON.stringify({ id: "gen-1", model, choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`,
  );

type Event = {
  type: string;
  sequence_number: number;
  output_index?: number;
  item?: object;
  delta?: string;
  response?: { status: string; output: object[]; usage?: object };
};
const eventsIn = (text: string): Event[] =>
  [...text.matchAll(/event: ([\w.]+)\ndata: ([^\n]+)\n\n/g)].map(([, name, data]) => {
    const value = JSON.parse(data ?? "") as Event;
    expect(value.type).toBe(name);
    return value;
  });

function play(...chunks: Buffer[]): Event[] {
  return playTo(told, ...chunks);
}

function playTo(to: Told, ...chunks: Buffer[]): Event[] {
  const voice = new ResponsesVoice(to);
  const said = chunks.map((each) => voice.say(each)?.toString() ?? "").join("");
  // As it is kept for a caller who asks again.
  const tail = JSON.parse(JSON.stringify(voice.tail(usage))) as Record<string, unknown>;
  const end = streamEnd({ micros: 1n, usd: "0.00000001", basis: "reported" }, tail).toString();
  const events = eventsIn(said + end);
  expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, at) => at));
  return events;
}

test("a text: created, an item that grows and is done, the whole response", () => {
  const events = play(
    chunk({ role: "assistant", content: "" }),
    chunk({ content: "Hel" }),
    chunk({ content: "lo" }),
    chunk({}, "stop"),
  );
  expect(events.map(({ type }) => type)).toEqual([
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.completed",
  ]);
  expect(events[0]?.response).toMatchObject({
    id: "resp_1",
    created_at: 5,
    completed_at: null,
    status: "in_progress",
    output: [],
  });
  expect(events.at(-1)?.response).toMatchObject({
    status: "completed",
    completed_at: 5,
    output: [{ type: "message", content: [{ type: "output_text", text: "Hello" }] }],
    usage: {
      input_tokens: 5,
      input_tokens_details: { cached_tokens: 2 },
      output_tokens: 7,
      output_tokens_details: { reasoning_tokens: 1 },
      total_tokens: 12,
    },
  });
});

test("thoughts, a text and calls are items of their own, each done before the next", () => {
  const call = (index: number, rest: object) => chunk({ tool_calls: [{ index, ...rest }] });
  const events = play(
    chunk({ reasoning: "hm" }),
    chunk({ content: "I look." }),
    call(0, { id: "c1", function: { name: "look", arguments: "" } }),
    call(0, { function: { arguments: '{"a":1}' } }),
    call(1, { id: "c2", function: { name: "wait", arguments: "{}" } }),
    chunk({}, "tool_calls"),
  );
  const open: number[] = [];
  for (const { type, output_index: at } of events) {
    if (type === "response.output_item.added") open.push(at ?? -1);
    if (type === "response.output_item.done") expect(open.splice(0)).toEqual([at]);
    else expect(open.length).toBeLessThanOrEqual(1);
  }
  expect(open).toEqual([]);
  expect(events.at(-1)?.response?.output).toMatchObject([
    { type: "reasoning", summary: [{ text: "hm" }] },
    { type: "message", content: [{ text: "I look." }] },
    { type: "function_call", call_id: "c1", name: "look", arguments: '{"a":1}' },
    { type: "function_call", call_id: "c2", name: "wait", arguments: "{}" },
  ]);
});

test("thoughts that can be sent again: put together, sealed ones too, with the item that is done", () => {
  const resending = { ...told, chat: { ...chat, resendsThoughts: true as const } };
  const format = "anthropic-claude-v1";
  const think = (detail: object, reasoning?: string) =>
    chunk({ reasoning, reasoning_details: [{ ...detail, format }] });
  const chunks = [
    think({ type: "reasoning.text", text: "h", index: 0 }, "h"),
    think({ type: "reasoning.text", text: "m", index: 0 }, "m"),
    think({ type: "reasoning.text", signature: "s", index: 0 }),
    think({ type: "reasoning.encrypted", data: "sealed", index: 1 }),
    chunk({ content: "I look." }),
    think({ type: "reasoning.encrypted", data: "more", index: 2 }),
    chunk({}, "stop"),
  ];
  const details = [
    { type: "reasoning.text", format, index: 0, text: "hm", signature: "s" },
    { type: "reasoning.encrypted", format, index: 1, data: "sealed" },
  ];
  const packed = (...of: object[]) => `holdfast1.${Buffer.from(JSON.stringify(of)).toString("base64url")}`;
  const events = playTo(resending, ...chunks);
  const [done, , last] = events.filter(({ type }) => type === "response.output_item.done");
  const more = packed({ type: "reasoning.encrypted", format, index: 2, data: "more" });
  expect(done?.item).toMatchObject({ summary: [{ text: "hm" }], encrypted_content: packed(...details) });
  expect(last?.item).toMatchObject({ type: "reasoning", summary: [], encrypted_content: more });
  expect(events.at(-1)?.response?.output).toEqual([done?.item, expect.anything(), last?.item]);
  expect(events.filter(({ type }) => type === "response.reasoning_summary_part.added")).toHaveLength(1);
  expect(play(...chunks).at(-1)?.response?.output).toEqual([
    { id: "rs_1_0", type: "reasoning", summary: [{ type: "summary_text", text: "hm" }] },
    expect.objectContaining({ type: "message" }),
  ]);
});

test("a stream that was cut by its maximum is incomplete, one that broke has failed", () => {
  expect(play(chunk({ content: "Hel" }), chunk({}, "length")).at(-1)).toMatchObject({
    type: "response.incomplete",
    response: { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } },
  });
  const voice = new ResponsesVoice(told);
  voice.say(chunk({ content: "Hel" }));
  expect(eventsIn(voice.breakOff(gatewayProblems.upstream_failed).toString())).toMatchObject([
    {
      type: "response.failed",
      response: {
        status: "failed",
        error: { code: "server_error" },
        output: [{ content: [{ text: "Hel" }] }],
      },
    },
  ]);
});

test("a whole answer", () => {
  const plain = { reasoning: "hm", content: "Hello" };
  const asBody = (message: object) =>
    Buffer.from(JSON.stringify({ model, choices: [{ message, finish_reason: "stop" }] }));
  const outputOf = (message: object) =>
    (
      JSON.parse(
        answerOf(asBody(message), { ...told, chat: { ...chat, resendsThoughts: true } }, usage).toString(),
      ) as { output: { type: string; encrypted_content?: string }[] }
    ).output;
  expect(outputOf(plain)[0]?.encrypted_content).toMatch(/^holdfast1\.[\w-]+$/);
  expect(outputOf({ content: "Hello" }).map(({ type }) => type)).toEqual(["message"]);
  const message = {
    role: "assistant",
    content: "Hello",
    reasoning: "hm",
    tool_calls: [{ id: "c1", type: "function", function: { name: "look", arguments: "{}" } }],
  };
  const body = Buffer.from(JSON.stringify({ model, choices: [{ message, finish_reason: "tool_calls" }] }));
  expect(JSON.parse(answerOf(body, told, usage).toString())).toMatchObject({
    id: "resp_1",
    object: "response",
    status: "completed",
    store: false,
    output: [
      { type: "reasoning" },
      { type: "message", status: "completed", role: "assistant" },
      { type: "function_call", call_id: "c1", name: "look", arguments: "{}" },
    ],
    usage: { total_tokens: 12 },
  });
});
