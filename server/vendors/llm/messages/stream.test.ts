import fc from "fast-check";
import { expect, test } from "vitest";
import { readAnswer } from "../answer.ts";
import { ChatReader } from "../chat-reader.ts";
import type { Chunk } from "../chunk.ts";
import { toCompletion } from "./answer.ts";
import { MessagesStream } from "./stream.ts";

const event = (type: string, rest: Record<string, unknown> = {}): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
const usage = {
  input_tokens: 10,
  cache_read_input_tokens: 2_000,
  cache_creation_input_tokens: 300,
  output_tokens: 1,
};
const start = event("message_start", { message: { id: "msg_1", model: "claude", usage } });
const delta = (index: number, value: Record<string, unknown>) =>
  event("content_block_delta", { index, delta: value });
const text = [
  start,
  event("ping"),
  event("content_block_start", { index: 0, content_block: { type: "text", text: "" } }),
  delta(0, { type: "text_delta", text: "Voilà " }),
  delta(0, { type: "text_delta", text: "✓" }),
  event("content_block_stop", { index: 0 }),
  event("message_delta", { delta: { stop_reason: "end_turn" }, usage: { output_tokens: 7 } }),
  event("message_stop"),
].join("");

/** What the gateway's reader makes of a stream that arrives in these pieces. */
function read(pieces: readonly Buffer[]) {
  const chunks: Chunk[] = [];
  const contents: string[] = [];
  let end: "done" | "malformed" | null = null;
  const note = (raw: Buffer | null) => {
    if (raw === null) return;
    const value = JSON.parse(raw.toString().slice(6)) as { choices?: { delta: { content?: string } }[] };
    contents.push(value.choices?.[0]?.delta.content ?? "");
  };
  const reader = new ChatReader({
    chunk: (chunk) => {
      chunks.push(chunk);
      note(chunk.bytes);
    },
    content: note,
    done: () => void (end = "done"),
    malformed: () => void (end = "malformed"),
  });
  const stream = new MessagesStream(1);
  for (const piece of pieces) reader.push(stream.push(piece));
  reader.end();
  return { chunks, text: contents.join(""), end };
}

const query = (index: number, partial_json: string) =>
  delta(index, { type: "input_json_delta", partial_json });

test("a search is told once it is known what for, and only where it is asked for; one that was cut is not", () => {
  const block = { type: "server_tool_use", id: "s1", name: "web_search", input: {} };
  const result = { type: "web_search_tool_result", tool_use_id: "s1", content: [] };
  const events = [
    start,
    event("content_block_start", { index: 0, content_block: block }),
    query(0, '{"query":'),
    query(0, '"boats"}'),
    event("content_block_stop", { index: 0 }),
    event("content_block_start", { index: 1, content_block: result }),
    event("content_block_stop", { index: 1 }),
    event("content_block_start", { index: 2, content_block: block }),
    query(2, '{"que'),
    event("content_block_stop", { index: 2 }),
    event("message_delta", { delta: { stop_reason: "pause_turn" }, usage: { output_tokens: 7 } }),
  ].join("");
  const told = (finds: boolean) =>
    [
      ...new MessagesStream(1, finds)
        .push(Buffer.from(events))
        .toString()
        .matchAll(/"finds":(\{.*?\})\}/g),
    ].map(([, json]) => json);
  expect(told(false)).toEqual([]);
  expect(told(true).join()).toContain('"input":{"query":"boats"}');
  expect(told(true)).toHaveLength(3);
  expect(told(true).at(-1)).toBe('{"paused":true}');
  const answer = {
    type: "message",
    content: [{ ...block, input: { query: "b" } }, result],
    stop_reason: "pause_turn",
  };
  const whole = (finds: boolean) =>
    (
      JSON.parse(String(toCompletion(Buffer.from(JSON.stringify(answer)), 1, finds))) as {
        choices: [{ message: object; finish_reason: string }];
      }
    ).choices[0];
  expect(whole(true)).toMatchObject({
    message: { finds: { order: ["find", "find"], paused: true } },
    finish_reason: "stop",
  });
  expect(whole(false).message).not.toHaveProperty("finds");
});

test("a text arrives whole wherever its bytes are cut, with counts that are each told once", () => {
  const bytes = Buffer.from(text);
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 6 }), (cuts) => {
      const at = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
      const got = read(at.slice(1).map((to, index) => bytes.subarray(at[index], to)));
      expect([got.text, got.end]).toEqual(["Voilà ✓", "done"]);
      expect(got.chunks.find(({ usage: told }) => told)?.usage).toMatchObject({
        inputTokens: 10,
        cacheReadTokens: 2_000,
        cacheWriteTokens: 300,
        outputTokens: 7,
      });
    }),
  );
});

test("calls of tools arrive with their arguments in pieces", () => {
  const stream = new MessagesStream(1);
  const chunks = stream
    .push(
      Buffer.from(
        [
          start,
          event("content_block_start", {
            index: 0,
            content_block: { type: "tool_use", id: "t1", name: "weather" },
          }),
          delta(0, { type: "input_json_delta", partial_json: "" }),
          delta(0, { type: "input_json_delta", partial_json: '{"city":' }),
          delta(0, { type: "input_json_delta", partial_json: '"Paris"}' }),
          event("message_delta", { delta: { stop_reason: "tool_use" }, usage: { output_tokens: 7 } }),
        ].join(""),
      ),
    )
    .toString();
  const args = [...chunks.matchAll(/"arguments":("(?:[^"\\]|\\.)*")/g)].map(([, json]) =>
    JSON.parse(String(json)),
  );
  expect(args.join("")).toBe('{"city":"Paris"}');
  expect(chunks).toContain('"id":"t1"');
  expect(chunks).toContain('"finish_reason":"tool_calls"');
});

test("an error, an end without a reason and what is no event are told apart", () => {
  const error = event("error", { error: { type: "overloaded_error", message: "their words" } });
  const failed = read([Buffer.from(start + error)]);
  expect(failed.chunks.at(-1)?.failed).toBe(true);
  expect(JSON.stringify(failed.chunks)).not.toContain("their words");
  expect(read([Buffer.from(start)]).end).toBeNull();
  expect(read([Buffer.from(`${start}data: {"type":"te\n\n`)]).end).toBe("malformed");
});

test("a whole answer is read like any other", () => {
  const answer = {
    type: "message",
    id: "msg_1",
    model: "claude",
    content: [
      { type: "thinking", thinking: "Hm" },
      { type: "text", text: "Yes" },
      { type: "tool_use", id: "t1", name: "weather", input: { city: "Paris" } },
    ],
    stop_reason: "tool_use",
    usage,
  };
  const bytes = toCompletion(Buffer.from(JSON.stringify(answer)), 1) as Buffer;
  expect(JSON.parse(bytes.toString())).toMatchObject({
    choices: [{ finish_reason: "tool_calls", message: { content: "Yes", reasoning: "Hm" } }],
  });
  expect(readAnswer(bytes)).toMatchObject({
    generationId: "msg_1",
    content: true,
    usage: { inputTokens: 10, cacheReadTokens: 2_000, cacheWriteTokens: 300, outputTokens: 1 },
  });
  expect(toCompletion(Buffer.from('{"type":"error"}'), 1)).toBeNull();
  expect(toCompletion(Buffer.from("<html>"), 1)).toBeNull();
});
