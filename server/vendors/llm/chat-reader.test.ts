import { expect, test } from "vitest";
import { ChatReader } from "./index.ts";

const content = (text: string) => `data: {"choices":[{"index":0,"delta":{"content":"${text}"}}]}\n\n`;

/** What is told of a stream, in order. */
function told(all: boolean, ...events: string[]): string[] {
  const seen: string[] = [];
  const reader = new ChatReader(
    {
      chunk: () => void seen.push("chunk"),
      content: () => void seen.push("content"),
      done: () => void seen.push("done"),
      malformed: () => void seen.push("malformed"),
    },
    all,
  );
  for (const event of events) reader.push(Buffer.from(event));
  return seen;
}

test("after the first content what brings text alone passes unread, unless all is read", () => {
  const events = [content("a"), content("b"), "data: [DONE]\n\n"];
  expect(told(false, ...events)).toEqual(["chunk", "content", "done"]);
  expect(told(true, ...events)).toEqual(["chunk", "chunk", "done"]);
});

test("who reads all notices what only looks like a chunk, and nothing is told after it", () => {
  const events = [content("a"), 'data: {"choices":}\n\n', content("b")];
  expect(told(false, ...events)).toEqual(["chunk", "content", "content"]);
  expect(told(true, ...events)).toEqual(["chunk", "malformed"]);
});
