import { expect, test } from "vitest";
import { findOf, findsOf, inOrder } from "./finds.ts";

const use = { type: "server_tool_use", id: "s1", name: "web_search", input: { query: "boats" } };
const page = {
  type: "web_search_result",
  url: "https://a.example",
  title: "A",
  encrypted_content: "e",
  page_age: null,
};
const result = { type: "web_search_tool_result", tool_use_id: "s1", content: [page] };
const error = { type: "web_search_tool_result_error", error_code: "max_uses_exceeded" };
const text = (said: string) => ({ type: "text", text: said });
const thinking = { type: "thinking", thinking: "Hm", signature: "s" };
const call = { type: "tool_use", id: "c1", name: "look", input: {} };

test("a search and what it found are taken as they came, and nothing else", () => {
  expect(findOf({ ...use, caller: { type: "direct" }, more: 1 })).toEqual(use);
  expect(findOf({ ...result, cache_control: {} })).toEqual(result);
  expect(findOf({ ...result, content: error })).toEqual({ ...result, content: error });
  for (const foreign of [
    { ...use, name: "code_execution" },
    { ...use, input: "boats" },
    { ...use, id: 1 },
    { ...result, tool_use_id: null },
    { ...result, content: "A" },
    { ...result, content: [page, { type: "document" }] },
    { ...result, content: [{ ...page, encrypted_content: undefined }] },
    { ...result, content: { type: "other" } },
    { type: "container_upload", file_id: "f" },
    thinking,
  ])
    expect(findOf(foreign)).toBeNull();
});

test("all that was said comes back in its order", () => {
  const said = [thinking, text("I look. "), use, result, thinking, text("It is "), text("there."), call];
  const finds = findsOf(said);
  expect(findsOf([thinking, text("Hello"), call])).toBeNull();
  const parts = { thoughts: [thinking, thinking], calls: [call], text: "I look. It is there." };
  const make = { text: (piece: string) => [text(piece)], find: (block: object) => block };
  expect(inOrder<object>(finds, parts, make)).toEqual(said);
  expect(inOrder<object>(undefined, parts, make)).toEqual([thinking, thinking, text(parts.text), call]);
  // Whatever the places say, nothing is lost or said twice.
  const odd = {
    order: [3, "find", "find", -1, "boat", "call", 1e9, null],
    blocks: [use, { type: "document" }],
  };
  expect(inOrder<object>(odd, { thoughts: [thinking], calls: [call], text: "Hello" }, make)).toEqual([
    text("Hel"),
    use,
    call,
    text("lo"),
    thinking,
  ]);
});
