import { expect, test } from "vitest";
import { readEmbeddings } from "./answer.ts";

const read = (value: unknown) =>
  readEmbeddings(Buffer.from(typeof value === "string" ? value : JSON.stringify(value)));
const data = [{ object: "embedding", index: 0, embedding: [0.5] }];

test("vectors in either encoding, with usage that knows no answer", () => {
  const usage = { prompt_tokens: 4, total_tokens: 4, cost: 0.5 };
  for (const embedding of [[0.5], "AAAAPw=="])
    expect(read({ id: "gen-1", data: [{ embedding }], usage })).toMatchObject({
      generationId: "gen-1",
      content: true,
      usage: { inputTokens: 4, outputTokens: 0, costAtto: 500_000_000_000_000_000n },
    });
  expect(read({ data })).toMatchObject({ generationId: null, usage: null });
});

test.each([
  ["half an answer", '{"data":[{"embed'],
  ["no vectors", { data: [] }],
  ["something else in their place", { data: [{ embedding: null }] }],
  ["an error beside them", { data, error: { message: "no" } }],
  ["a chat", { choices: [] }],
])("%s is no answer", (_name, value) => {
  expect(read(value)).toBeNull();
});
