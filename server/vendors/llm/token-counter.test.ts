import { afterEach, expect, test } from "vitest";
import { createTokenCounter } from "./index.ts";

const counter = createTokenCounter();
afterEach(() => counter.close());

test("the first text after a start is counted, however long the tokenizer takes to load", async () => {
  expect(await counter.count(["hello world"], 50)).toEqual({ tokens: 2, whole: true });
});

test("what no budget reaches stays at its bytes, and the next text is counted again", async () => {
  expect(await counter.count(["hello world"], 0)).toEqual({ tokens: 11, whole: false });
  expect(await counter.count(["hello world"], 50)).toEqual({ tokens: 2, whole: true });
});
