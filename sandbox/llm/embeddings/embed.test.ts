import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import OpenAI from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startAlone, type Alone } from "../alone.ts";
import { readSpec } from "../specs.ts";

let box: Alone;
let client: OpenAI;
beforeAll(async () => {
  box = await startAlone();
  client = new OpenAI({ baseURL: `${box.url}/openrouter/api/v1`, apiKey: box.key, maxRetries: 0 });
});
afterAll(() => box.close());

const model = "openai/text-embedding-3-small";
const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);

test("texts that share words lie nearer to each other than those that do not", async () => {
  const input = ["The boat left the port", "A boat came into port", "Invoices are due in March"];
  const { data, usage } = await client.embeddings.create({ model, input });
  const [one, two, three] = data.map(({ embedding }) => embedding);
  expect(one).toHaveLength(1_536);
  expect(dot(one ?? [], one ?? [])).toBeCloseTo(1, 4);
  expect(dot(one ?? [], two ?? [])).toBeGreaterThan(dot(one ?? [], three ?? []) + 0.2);
  expect(usage.prompt_tokens).toBe(usage.total_tokens);
});

test("both formats say the same, shorter vectors are of the length asked for, tokens are taken", async () => {
  const ask = async (rest: object) => {
    const answer = await box.call("/embeddings", { model, input: "Hello", ...rest });
    return (await answer.json()) as { data: { embedding: unknown }[] };
  };
  const floats = (await ask({})).data[0]?.embedding as number[];
  const text = (await ask({ encoding_format: "base64" })).data[0]?.embedding as string;
  const bytes = Buffer.from(text, "base64");
  expect(floats.map((_, at) => bytes.readFloatLE(at * 4))).toEqual(floats);
  expect((await ask({ dimensions: 8 })).data[0]?.embedding).toHaveLength(8);
  expect((await ask({ input: [[1, 2], [3]] })).data).toHaveLength(2);
});

test("each call is billed by its tokens, exactly", async () => {
  const answer = await box.call("/embeddings", { model, input: ["Hello world", [1, 2, 3]] });
  const { id, usage } = (await answer.json()) as {
    id: string;
    usage: { prompt_tokens: number; cost: number };
  };
  expect(usage.prompt_tokens).toBe(5);
  const books = (await box.control("GET", "/books")) as {
    openrouter: { generations: { id: string; cost: string; prompt_tokens: number }[] };
  };
  expect(books.openrouter.generations.find((each) => each.id === id)).toMatchObject({
    prompt_tokens: 5,
    cost: "0.0000001",
  });
});

test.each([
  [{ input: "x", model: "openai/gpt-4o" }],
  [{ input: "" }],
  [{ input: [] }],
  [{ input: ["a", 5] }],
  [{ input: "a", dimensions: 1_537 }],
  [{ input: "a", encoding_format: "int8" }],
])("400 %j", async (rest) => {
  expect((await box.call("/embeddings", { model, ...rest })).status).toBe(400);
});

const spec = readSpec("openrouter/openrouter.trimmed.json") as object | null;

test.skipIf(spec === null)("answers are as OpenRouter's own document says", async () => {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  (formats as unknown as (instance: Ajv2020) => void)(ajv);
  ajv.addSchema(spec as object, "openrouter");
  const errorsOf = (path: string, method: string, value: unknown) => {
    const at = `/paths/${path.replaceAll("/", "~1")}/${method}/responses/200/content/application~1json/schema`;
    const validate = ajv.compile({ $ref: `openrouter#${at}` });
    validate(value);
    return validate.errors ?? [];
  };
  const answer = await box.call("/embeddings", { model, input: ["Hello", "you"] });
  expect(errorsOf("/embeddings", "post", await answer.json())).toEqual([]);
  const list = await box.call("/embeddings/models");
  expect(errorsOf("/embeddings/models", "get", await list.json())).toEqual([]);
});
