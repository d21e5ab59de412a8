import fc from "fast-check";
import { expect, test } from "vitest";
import type { ThinkingWays } from "./ways.ts";
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

const chooses: ThinkingWays = { types: ["adaptive", "disabled"], efforts: ["low", "medium", "high", "max"] };
const measures: ThinkingWays = { types: ["enabled", "disabled"], efforts: [] };
const fieldsOf = (chat: object, ways: ThinkingWays | null, most: number | null = 9_000) =>
  thinkingOf({ messages, ...chat }, most, ways).fields;

test.each([
  [{ reasoning_effort: "minimal" }, "low"],
  [{ reasoning_effort: "low" }, "low"],
  [{ reasoning: { effort: "medium" } }, "medium"],
  [{ reasoning: { enabled: true } }, "medium"],
  [{ reasoning_effort: "xhigh" }, "high"],
  [{ reasoning_effort: "max" }, "max"],
  [{ reasoning: { max_tokens: 3_000 } }, "low"],
  [{ reasoning: { max_tokens: 3_001 } }, "medium"],
  [{ reasoning: { max_tokens: 6_001 } }, "high"],
  [{ reasoning: { max_tokens: 100_000 } }, "high"],
  [{ thinking: { type: "enabled", budget_tokens: 4_000 } }, "medium"],
])("where the model chooses how much it thinks, %j is effort %s", (chat, effort) => {
  expect(fieldsOf(chat, chooses)).toEqual({ thinking: { type: "adaptive" }, output_config: { effort } });
});

test("a way to think that the model does not take is another one, or named", () => {
  const hidden = { thinking: { type: "enabled", budget_tokens: 4_000, display: "omitted" } };
  expect(fieldsOf(hidden, chooses)["thinking"]).toEqual({ type: "adaptive", display: "omitted" });
  const adaptive = { thinking: { type: "adaptive", display: "omitted" } };
  expect(fieldsOf(adaptive, measures)).toEqual({
    thinking: { type: "enabled", budget_tokens: 4_500, display: "omitted" },
  });
  for (const ways of [chooses, null]) expect(fieldsOf(adaptive, ways)).toEqual(adaptive);
  expect(fieldsOf({ reasoning_effort: "low" }, { types: ["adaptive"], efforts: [] })).toEqual({
    thinking: { type: "adaptive" },
  });
  const left = (chat: object, ways: ThinkingWays, most = 9_000) =>
    thinkingOf({ messages, ...chat }, most, ways).left;
  expect(left(adaptive, measures, 1_000)).toEqual(["thinking"]);
  expect(left({ thinking: { type: "between_tools" } }, measures)).toEqual(["thinking"]);
  expect(left({ thinking: { type: "between_tools" } }, chooses)).toEqual(["thinking"]);
  expect(left({ thinking: { type: "disabled" } }, { types: ["adaptive"], efforts: [] })).toEqual([
    "thinking",
  ]);
  expect(left({ reasoning_effort: "low" }, { types: [], efforts: [] })).toEqual(["reasoning_effort"]);
  for (const effort of ["huge", "toString"])
    expect(left({ reasoning_effort: effort }, chooses)).toEqual(["reasoning_effort"]);
  expect(left({ reasoning_effort: "low", temperature: 0.3 }, chooses)).toEqual(["temperature"]);
});

test("an effort that a message names is one that the model knows, the budget's share, or named", () => {
  const config = (effort: string) => ({ output_config: { effort } });
  for (const ways of [chooses, null])
    expect(fieldsOf(config("high"), ways)).toEqual({ output_config: { effort: "high" } });
  expect(fieldsOf(config("xhigh"), chooses)).toEqual(config("high"));
  const budget = { thinking: { type: "enabled", budget_tokens: 2_000 } };
  expect(fieldsOf({ ...budget, ...config("max") }, chooses)).toEqual({
    thinking: { type: "adaptive" },
    ...config("max"),
  });
  expect(thinkingOf({ messages, thinking: { type: "adaptive" }, ...config("low") }, 9_000, measures)).toEqual(
    {
      fields: { thinking: { type: "enabled", budget_tokens: 1_800 } },
      left: ["output_config"],
    },
  );
});

test("where the model chooses, a turn that began without a thought goes on thinking", () => {
  expect(fieldsOf({ messages: [...messages, called, result], reasoning_effort: "low" }, chooses)).toEqual({
    thinking: { type: "adaptive" },
    output_config: { effort: "low" },
  });
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
