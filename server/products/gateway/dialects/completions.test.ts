import { expect, test } from "vitest";
import type { Problem } from "../../../platform/problem.ts";
import { NO_USAGE } from "../call/charge.ts";
import { completionsDialect, readCompletion } from "./completions.ts";

const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));
const read = (body: unknown) => readCompletion(bytes(body));
const model = "sandbox/echo";
const told = (chat = read({ model, prompt: "Hello" })) => ({ chat, requestId: "req_1", now: new Date(0) });
const event = (value: unknown) => Buffer.from(`data: ${JSON.stringify(value)}\n\n`);

test("the prompt is what the user says; what it is told by goes along, the rest is named", () => {
  const chat = read({
    model,
    prompt: ["Hello"],
    max_tokens: 7,
    temperature: 0,
    stop: ["."],
    logprobs: 2,
    stream: true,
    stream_options: { include_usage: true },
  });
  expect(JSON.parse(chat.bytes.toString())).toEqual({
    model,
    messages: [{ role: "user", content: "Hello" }],
    temperature: 0,
    stop: ["."],
    stream: true,
  });
  expect(chat).toMatchObject({
    endpoint: "completions",
    maxTokens: 7,
    wantsUsage: true,
    stream: true,
    dropped: ["logprobs"],
  });
});

test.each([
  ["no prompt", {}, "/prompt"],
  ["two prompts", { prompt: ["a", "b"] }, "/prompt"],
  ["a prompt of tokens", { prompt: [1, 2] }, "/prompt"],
  ["a suffix", { prompt: "a", suffix: "b" }, "/suffix"],
  ["an echo", { prompt: "a", echo: true }, "/echo"],
  ["more answers than it gives", { prompt: "a", best_of: 3 }, "/best_of"],
  ["n above 8", { prompt: "a", n: 9 }, "/n"],
])("%s is refused", (_name, body, pointer) => {
  let refusal: Problem | null = null;
  try {
    read({ model, ...body });
  } catch (error) {
    refusal = error as Problem;
  }
  expect(refusal?.options.errors?.[0]?.pointer).toBe(pointer);
});

test("an answer is told as text, with usage also where the provider names none", () => {
  const chat = {
    id: "gen-1",
    object: "chat.completion",
    created: 1,
    model,
    system_fingerprint: null,
    choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: "Hello" } }],
  };
  const usage = { ...NO_USAGE, inputTokens: 3, cacheReadTokens: 2, outputTokens: 1 };
  expect(JSON.parse(completionsDialect.answer(bytes(chat), told(), usage).toString())).toEqual({
    id: "gen-1",
    object: "text_completion",
    created: 1,
    model,
    choices: [{ index: 0, text: "Hello", logprobs: null, finish_reason: "stop" }],
    usage: {
      prompt_tokens: 5,
      completion_tokens: 1,
      total_tokens: 6,
      prompt_tokens_details: { cached_tokens: 2 },
      completion_tokens_details: { reasoning_tokens: 0 },
    },
  });
});

test("a stream is told piece by piece; a chunk that says nothing is not", () => {
  const voice = completionsDialect.voice(told());
  const chunk = (delta: unknown, finish: string | null = null) =>
    event({ id: "gen-1", created: 1, model, choices: [{ index: 0, delta, finish_reason: finish }] });
  expect(voice.say(chunk({ role: "assistant", content: "" }))).toBeNull();
  expect(voice.say(chunk({ content: "Hel" }))?.toString()).toBe(
    `data: {"id":"gen-1","object":"text_completion","created":1,"model":"${model}","choices":[{"index":0,"text":"Hel","logprobs":null,"finish_reason":null}]}\n\n`,
  );
  expect(voice.say(chunk({}, "stop"))?.toString()).toContain('"finish_reason":"stop"');
  expect(voice.tail(NO_USAGE, { usage: {} })).toBeNull();
});
