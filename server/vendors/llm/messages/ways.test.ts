import { expect, test } from "vitest";
import { readWays } from "./ways.ts";

const yes = { supported: true };
const no = { supported: false };
const model = (id: string, thinking: unknown, effort: unknown = no) => ({
  id,
  type: "model",
  capabilities: { thinking, effort },
});

test("how each model may be asked to think; one with a date is known without it too", () => {
  const data = [
    model(
      "claude-new",
      { supported: true, types: { adaptive: yes, enabled: no, disabled: yes, later: yes } },
      { supported: true, high: yes, low: yes, max: no, xhigh: null },
    ),
    model("claude-old-20260301", { supported: true, types: { adaptive: no, enabled: yes } }),
    model("claude-old-20250301", { supported: true, types: { disabled: yes } }),
  ];
  expect(readWays({ data, has_more: false })).toEqual([
    { model: "claude-new", types: ["adaptive", "disabled"], efforts: ["low", "high"] },
    { model: "claude-old-20260301", types: ["enabled"], efforts: [] },
    { model: "claude-old-20250301", types: ["disabled"], efforts: [] },
    { model: "claude-old", types: ["enabled"], efforts: [] },
  ]);
});

test.each([
  ["no list", null, null],
  ["another list", { models: [] }, null],
  ["no objects", { data: [1, null, "claude"] }, []],
  ["no capabilities", { data: [{ id: "claude", capabilities: null }, { id: "claude" }] }, []],
  ["no types", { data: [model("claude", { supported: true })] }, []],
  ["no name", { data: [model("", { types: {} }), { capabilities: { thinking: { types: {} } } }] }, []],
  ["words that are no yes", { data: [model("a", { types: { enabled: "yes", adaptive: true } })] }, []],
])("%s: nothing is made up", (_name, list, ways) => {
  expect(readWays(list)).toEqual(ways);
});
