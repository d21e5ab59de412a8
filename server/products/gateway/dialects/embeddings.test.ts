import { expect, test } from "vitest";
import type { Problem } from "../../../platform/problem.ts";
import { NO_USAGE } from "../call/charge.ts";
import { embeddingsDialect, readEmbedding } from "./embeddings.ts";

const model = "openai/text-embedding-3-small";
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));
const read = (body: unknown) => readEmbedding(bytes({ model, ...(body as object) }));

test.each([["a text"], [["a", "b"]], [[1, 2, 3]], [[[1, 2], [3]]]])("takes %j", (input) => {
  const chat = read({ input, odd: 1 });
  expect(chat).toMatchObject({ endpoint: "embeddings", task: "embedding", model, maxTokens: 0 });
  expect(chat.bytes).toEqual(bytes({ model, input, odd: 1 }));
});

test.each([
  ["no input", {}, "/input"],
  ["an empty text", { input: "" }, "/input"],
  ["an empty list", { input: [] }, "/input"],
  ["an empty text among others", { input: ["a", ""] }, "/input/1"],
  ["a number that is no token", { input: [1, -1] }, "/input/0"],
  ["too many texts", { input: Array(2_049).fill("a") }, "/input"],
  ["a foreign encoding", { input: "a", encoding_format: "int8" }, "/encoding_format"],
  ["a length below 1", { input: "a", dimensions: 0 }, "/dimensions"],
  ["a stream", { input: "a", stream: true }, "/stream"],
])("%s is refused", (_name, body, pointer) => {
  let refusal: Problem | null = null;
  try {
    read(body);
  } catch (error) {
    refusal = error as Problem;
  }
  expect(refusal?.options.errors?.[0]?.pointer).toBe(pointer);
});

const VECTOR = [0.5, -0.25, 1];
const base64 = Buffer.from(Float32Array.from(VECTOR).buffer).toString("base64");
const answered = (embedding: unknown) => ({
  object: "list",
  model,
  data: [{ object: "embedding", index: 0, embedding }],
  usage: { prompt_tokens: 1, total_tokens: 1 },
});
const tell = (embedding: unknown, format?: string) => {
  const chat = read({ input: "a", ...(format ? { encoding_format: format } : {}) });
  const told = { chat, requestId: "req_1", now: new Date(0) };
  return JSON.parse(embeddingsDialect.answer(bytes(answered(embedding)), told, NO_USAGE).toString());
};

test("vectors come in the encoding that was asked for, whatever the provider speaks", () => {
  for (const given of [VECTOR, base64]) {
    expect(tell(given)).toEqual(answered(VECTOR));
    expect(tell(given, "float")).toEqual(answered(VECTOR));
    expect(tell(given, "base64")).toEqual(answered(base64));
  }
});
