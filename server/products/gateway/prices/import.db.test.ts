/** A provider that an operator adds serves once prices from a file were approved. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";
import type { Json } from "../../../../test/harness/client.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.settings({ first_token_ms: 0, tokens_per_second: 0 }, "openai");
  const { base_url, api_key: secret } = gateway.app.credentials.openai;
  const body = { id: "house", kind: "compatible", base_url, secret, private_address: true };
  const added = await gateway.app.owner.call("POST", "/api/admin/llm/providers", { body });
  if (added.status !== 201) throw new Error(added.text);
});
afterAll(() => gateway.close());

const PATH = "/api/admin/llm/prices";
const document = (input: number) => ({
  openai: {
    models: {
      "gpt-4o-mini": { cost: { input, output: 0.6 }, limit: { context: 128_000, output: 16_384 } },
      "gpt-4.1-nano": { cost: { input: 0.1, output: 0.4 }, limit: { context: 1_000_000, output: 32_768 } },
    },
  },
});
const post = (body: Json) => gateway.app.owner.call("POST", `${PATH}/import`, { body });
const fromFile = (input: number, rest: Json = {}) =>
  post({ provider: "house", format: "models.dev", section: "openai", document: document(input), ...rest });
const call = (model = "openai/gpt-4o-mini") =>
  gateway.key.call("POST", "/v1/chat/completions", {
    body: {
      model,
      messages: [{ role: "user", content: "Say 'hello'" }],
      holdfast: { routing: { only: ["house"] } },
    },
    idempotencyKey: null,
  });

test("imported prices count when they were approved, and calls go there at them", async () => {
  expect((await call()).status).toBe(503);
  const { status, body, text } = await fromFile(0.15);
  expect([status, body], text).toMatchObject([
    200,
    { outcome: "draft", added: [], incomplete: [], tiered: [], unknown: 1 },
  ]);
  expect((await call()).status).toBe(503);
  const approved = await gateway.app.owner.call("POST", `${PATH}/${String(body.version)}/approve`, {
    idempotencyKey: null,
  });
  expect(approved.status, approved.text).toBe(200);
  const answer = await call();
  expect(answer.status, answer.text).toBe(200);
  expect(answer.headers.get("x-holdfast-provider")).toBe("house");
  expect(answer.headers.get("x-holdfast-price-version")).toBe(body.version);
  const bill = (await gateway.bill("openai")).at(-1);
  expect(Number((await gateway.requests()).at(-1)?.cost_usd)).toBe(Number(bill?.cost));
});

test("the same file again changes nothing; a named model becomes one of ours, unpriced until approved", async () => {
  expect((await fromFile(0.15)).body).toMatchObject({ outcome: "unchanged", version: null });
  const { body } = await fromFile(0.15, { models: ["gpt-4.1-nano"] });
  expect(body).toMatchObject({ outcome: "draft", added: ["openai/gpt-4.1-nano"] });
  const refused = await call("openai/gpt-4.1-nano");
  expect([refused.status, refused.body]).toMatchObject([400, { error: { code: "price_unknown" } }]);
});

test("what is no such file, or nobody's, is refused and changes nothing", async () => {
  const before = (await gateway.app.owner.call("GET", PATH)).body;
  expect((await fromFile(0.2, { section: "nobody" })).status).toBe(422);
  expect((await fromFile(0.2, { format: "langfuse" })).status).toBe(422);
  expect((await fromFile(0.2, { provider: "nobody" })).status).toBe(404);
  expect((await gateway.app.owner.call("GET", PATH)).body).toEqual(before);
});
