/** Operators name models and pause them; callers notice at once. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";
import type { Json } from "../../../../test/harness/client.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

const MODEL = "openai/gpt-4o-mini";
const PATH = "/api/admin/llm/models";
const plain = { name: "GPT-4o mini", image_tokens: null, paused: false, aliases: [] as string[] };
const put = (change: Json, model = MODEL) =>
  gateway.app.owner.call("PUT", `${PATH}/${model}`, { body: { ...plain, ...change } });
const call = async (model: string) => {
  const body = { model, messages: [{ role: "user", content: "Say 'hello'" }] };
  const answer = await gateway.key.call("POST", "/v1/chat/completions", { body, idempotencyKey: null });
  return [answer.status, answer.headers.get("x-holdfast-model")];
};

test("a model has its prices by provider", async () => {
  const { body } = await gateway.app.owner.call("GET", `${PATH}/${MODEL}`);
  expect(body).toMatchObject({
    id: MODEL,
    paused: false,
    aliases: [],
    prices: [{ provider: "openrouter", input_usd: "0.00000015", markup_percent: 0 }],
  });
  expect((await gateway.app.owner.call("GET", `${PATH}/openai/nothing`)).status).toBe(404);
});

test("an alias is called like the model, and listed as it", async () => {
  expect(await call("fast")).toEqual([404, null]);
  expect((await put({ aliases: ["fast", "house/fast"] })).status).toBe(200);
  expect(await call("fast")).toEqual([200, MODEL]);
  expect(await call("house/fast")).toEqual([200, MODEL]);
  expect((await gateway.key.call("GET", "/v1/models/house/fast")).body).toMatchObject({ id: MODEL });
  const taken = await put({ aliases: ["fast"] }, "openai/gpt-4o");
  expect([taken.status, taken.body.code]).toEqual([409, "model_id_taken"]);
  expect((await put({ aliases: ["openai/gpt-4o"] })).status).toBe(409);
  expect((await put({ aliases: ["twice", "twice"] })).status).toBe(422);
});

test("a key that may call the model may call it by an alias, and no other by one", async () => {
  const { client } = await gateway.app.createKey(gateway.app.owner, { allowed_models: ["openai/gpt-4o"] });
  const body = { model: "fast", messages: [{ role: "user", content: "Say 'hello'" }] };
  const answer = await client.call("POST", "/v1/chat/completions", { body, idempotencyKey: null });
  expect(answer.status).toBe(404);
});

test("a paused model is unknown to callers until it goes on", async () => {
  expect((await put({ paused: true })).status).toBe(200);
  expect(await call(MODEL)).toEqual([404, null]);
  expect((await gateway.key.call("GET", `/v1/models/${MODEL}`)).status).toBe(404);
  expect((await put({})).status).toBe(200);
  expect(await call(MODEL)).toEqual([200, MODEL]);
});
