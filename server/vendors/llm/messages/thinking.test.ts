import fc from "fast-check";
import { expect, test } from "vitest";
import { thinkingOf, thoughtsOf, THOUGHTS_FORMAT as format } from "./thinking.ts";

const messages = [{ role: "user", content: "Hello" }];
const budgetOf = (chat: object, most: number | null) =>
  (thinkingOf({ messages, ...chat }, most).fields["thinking"] as { budget_tokens?: number } | undefined)
    ?.budget_tokens;

test.each([
  ["minimal", 16_384, 1_638],
  ["low", 10_000, 2_000],
  ["medium", 10_000, 5_000],
  ["high", 10_000, 8_000],
  ["xhigh", 10_000, 9_500],
  ["max", 1_000_000, 128_000],
  ["low", 1_500, 1_024],
])("effort %s of %i tokens is a budget of %i", (effort, most, budget) => {
  expect(budgetOf({ reasoning_effort: effort }, most)).toBe(budget);
  expect(budgetOf({ reasoning: { effort } }, most)).toBe(budget);
});

test("a named budget counts before an effort, and is fitted into the maximum", () => {
  expect(budgetOf({ reasoning: { max_tokens: 3_000, effort: "high" } }, 8_000)).toBe(3_000);
  expect(budgetOf({ reasoning: { max_tokens: 100 } }, 8_000)).toBe(1_024);
  expect(budgetOf({ reasoning: { max_tokens: 9_000 } }, 8_000)).toBe(7_600);
  expect(budgetOf({ reasoning: { max_tokens: 9_000 } }, null)).toBe(9_000);
  expect(budgetOf({ reasoning: { enabled: true } }, 8_000)).toBe(4_000);
});

test("whatever is asked, a budget is one that is taken there, or the wish is named", () => {
  const wish = fc.oneof(
    fc.record({ reasoning: fc.record({ max_tokens: fc.integer({ min: 1, max: 200_000 }) }) }),
    fc.record({ reasoning_effort: fc.constantFrom("minimal", "low", "medium", "high", "xhigh", "?") }),
  );
  fc.assert(
    fc.property(wish, fc.integer({ min: 1, max: 200_000 }), (chat, most) => {
      const budget = budgetOf(chat, most);
      if (budget === undefined)
        expect(thinkingOf({ messages, ...chat }, most).left).toEqual(Object.keys(chat));
      else expect(budget >= 1_024 && budget < most).toBe(true);
    }),
  );
});

test("no wish is no thinking; what nobody knows is named", () => {
  for (const chat of [{}, { reasoning_effort: "none" }, { reasoning: { enabled: false } }])
    expect(thinkingOf({ messages, ...chat }, 8_000)).toEqual({ fields: {}, left: [] });
  expect(thinkingOf({ messages, reasoning_effort: "huge" }, 8_000).left).toEqual(["reasoning_effort"]);
  expect(thinkingOf({ messages, reasoning_effort: "high" }, 1_024).left).toEqual(["reasoning_effort"]);
});

test("a forced tool goes before thinking, thinking before what tunes", () => {
  const asked = { messages, tools: [{}], reasoning_effort: "low" };
  expect(thinkingOf({ ...asked, tool_choice: "required" }, 8_000)).toEqual({
    fields: {},
    left: ["reasoning_effort"],
  });
  expect(
    thinkingOf({ ...asked, tool_choice: "auto", temperature: 0.2, top_k: 3, top_p: 0.5 }, 8_000).left,
  ).toEqual(["temperature", "top_k", "top_p"]);
  expect(thinkingOf({ ...asked, temperature: 1.4, top_p: 0.95 }, 8_000).left).toEqual([]);
});

const thought = { type: "reasoning.text", text: "Hm", signature: "s", format, index: 0 };
const called = { role: "assistant", content: null, tool_calls: [{ id: "c1" }] };
const result = { role: "tool", tool_call_id: "c1", content: "Rain" };

test("a call of tools that began without a thought goes on without one", () => {
  const goesOn = (...more: object[]) =>
    budgetOf({ messages: [...messages, ...more], reasoning_effort: "low" }, 8_000) !== undefined;
  expect(goesOn(called, result)).toBe(false);
  expect(goesOn(called, result, { role: "user", content: "Go on" })).toBe(false);
  expect(goesOn({ ...called, reasoning_details: [thought] }, result)).toBe(true);
  expect(goesOn({ ...called, reasoning_details: [thought] }, result, called, result)).toBe(true);
  expect(goesOn(called, result, { role: "assistant", content: "Rain" }, ...messages)).toBe(true);
});

test("thoughts of a stream are put together; those of others and unsigned ones are not said", () => {
  expect(
    thoughtsOf({
      reasoning_details: [
        { type: "reasoning.text", text: "H", format, index: 0 },
        { type: "reasoning.text", text: "m", format, index: 0 },
        { type: "reasoning.text", signature: "s", format, index: 0 },
        { type: "reasoning.encrypted", data: "sealed", format, index: 1 },
        { type: "reasoning.text", text: "nobody signed it", format, index: 2 },
        { ...thought, index: 3 },
        { type: "reasoning.encrypted", data: "theirs", format: "openai-responses-v1" },
        { ...thought, format: "google-gemini-v1" },
        { type: "reasoning.summary", summary: "in short" },
      ],
    }),
  ).toEqual([
    { type: "thinking", thinking: "Hm", signature: "s" },
    { type: "redacted_thinking", data: "sealed" },
    { type: "thinking", thinking: "Hm", signature: "s" },
  ]);
});
