import { expect, test } from "vitest";
import { readNotes } from "./notes.ts";

const fact = { text: "The user lives in Berlin.", kind: "fact", importance: 0.7, replaces: 1 };

test("the JSON asked for is read, also where it stands among other words", () => {
  const json = JSON.stringify({ facts: [fact] });
  for (const answer of [json, `\`\`\`json\n${json}\n\`\`\``, `Here it is: ${json} Done.`])
    expect(readNotes(answer)).toEqual([fact]);
  expect(readNotes(`{"facts":[]}`)).toEqual([]);
});

test.each([
  "",
  "none",
  "{",
  "}{",
  `{"facts":`,
  `{"facts":{}}`,
  "[]",
  `{"notes":[]}`,
  `{"facts":[}`,
  "x".repeat(20_000),
])("what is no answer says nothing: %s", (answer) => {
  expect(readNotes(answer)).toBeNull();
});

test("what makes no sense, is too long or is a secret is left out; what is missing is guessed", () => {
  const facts = [
    { text: "kept\n  in one line" },
    { text: "x".repeat(201) },
    { text: "  " },
    { text: 5 },
    "text",
    null,
    { text: "The user's password is hunter2" },
    { text: "The user's key is [left out]" },
    { text: "odd", kind: "rumour", importance: 7, replaces: -1 },
  ];
  expect(readNotes(JSON.stringify({ facts }))).toEqual([
    { text: "kept in one line", kind: "fact", importance: 0.5, replaces: null },
    { text: "odd", kind: "fact", importance: 0.5, replaces: null },
  ]);
  const many = { facts: Array.from({ length: 50 }, () => fact) };
  expect(readNotes(JSON.stringify(many))).toHaveLength(10);
});
