import { expect, test } from "vitest";
import { notesOf } from "./notes.ts";

const system = `Answer with JSON alone: {"facts":[]}`;
const asked = (known: string[], said: string[]): string =>
  [
    "<known>",
    ...known.map((text, at) => `${at + 1}: ${JSON.stringify(text)}`),
    "</known>",
    "<said>",
    ...said.map((text) => JSON.stringify(text)),
    "</said>",
  ].join("\n");
const notes = (known: string[], said: string[]) =>
  (JSON.parse(notesOf({ system, user: asked(known, said) }) ?? "") as { facts: unknown[] }).facts;

test("what is said of oneself is noted, and what it replaces named", () => {
  expect(
    notes(
      ["I like tea.", "My dog is called Rufus."],
      [
        "Hello! My dog is called Bello. How old is he?",
        "Remember that the door is blue.\nI prefer short answers.",
      ],
    ),
  ).toEqual([
    { text: "My dog is called Bello.", kind: "fact", importance: 0.5, replaces: 2 },
    { text: "the door is blue.", kind: "fact", importance: 0.7, replaces: null },
    { text: "I prefer short answers.", kind: "preference", importance: 0.5, replaces: null },
  ]);
  expect(notes([], ["What time is it?", "not"])).toEqual([]);
});

test("a prompt that asks for no notes gets none", () => {
  expect(notesOf({ system: "", user: asked([], ["I am"]) })).toBeNull();
  expect(notesOf({ system, user: "I am Ada" })).toBeNull();
});
