import { expect, test } from "vitest";
import { needsReading, readChunk, usageChunk } from "./chunk.ts";

const bytes = (value: unknown) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
const choice = (delta: unknown, finish: string | null = null) => ({ index: 0, delta, finish_reason: finish });

test.each([
  ["plain content", { id: "gen-1", choices: [choice({ content: "a" })] }, false],
  ["content that speaks of usage", { choices: [choice({ content: 'say "usage":1 and "error":2' })] }, false],
  ["usage that is null", { choices: [choice({ content: "a" })], usage: null }, false],
  ["a finish reason", { choices: [choice({}, "stop")] }, true],
  ["usage", { choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } }, true],
  ["an error", { error: { code: 502 } }, true],
  ["half a chunk", '{"choices":[{"index":0', true],
  ["text", "hello", true],
])("%s", (_name, value, expected) => {
  expect(needsReading(bytes(value))).toBe(expected);
});

test("a chunk with content and usage goes on without its usage", () => {
  const value = {
    id: "gen-1",
    choices: [choice({ content: "a" })],
    usage: { prompt_tokens: 3, completion_tokens: 1, cost: 0.1 },
  };
  const chunk = readChunk(bytes(value), Buffer.from("raw"));
  expect(chunk).toMatchObject({
    content: true,
    finished: false,
    generationId: "gen-1",
    usage: { inputTokens: 3 },
  });
  expect(chunk?.bytes?.toString()).toBe(
    `data: ${JSON.stringify({ id: "gen-1", choices: value.choices })}\n\n`,
  );
});

test("a chunk of usage alone leaves nothing", () => {
  const value = { choices: [], usage: { prompt_tokens: 3, completion_tokens: 1 } };
  expect(readChunk(bytes(value), Buffer.from("raw"))?.bytes).toBeNull();
});

test("the usage chunk tells the exact cost, finer than a float prints", () => {
  const head = {
    id: "gen-1",
    choices: [choice({})],
    usage: { prompt_tokens: 3, completion_tokens: 1, cost: 0.5 },
  };
  const told = usageChunk(head, { micros: 12n, usd: "0.000000123456789012" }).toString();
  expect(told).toContain('"cost_micros":12,"cost":0.000000123456789012}}');
  expect(JSON.parse(told.slice("data: ".length))).toMatchObject({
    id: "gen-1",
    choices: [],
    usage: { prompt_tokens: 3 },
  });
});
