/** A month's tokens at other prices: what the same calls would really cost there. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Client } from "../../../../test/harness/client.ts";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

const CHEAP = "openai/gpt-4o-mini";
const DEAR = "openai/gpt-4o";
const call = async (model: string) => {
  const body = { model, max_tokens: 50, messages: [{ role: "user", content: "Say 'hello'" }] };
  const answer = await gateway.key.call("POST", "/v1/chat/completions", { body, idempotencyKey: null });
  expect(answer.status, answer.text).toBe(200);
  return Number(answer.headers.get("x-holdfast-cost-micros"));
};
type WhatIf = {
  data: { model: string; cost_micros: number; repriced_micros: number | null }[];
  totals: { cost_micros: number; repriced_micros: number };
  versions: { version: string; provider: string }[];
};
const whatIf = (query: Record<string, string>, who: Client = gateway.app.owner) =>
  who.call<WhatIf>("GET", `/api/tokens/usage/what-if?${new URLSearchParams(query)}`);

test("tokens on another model cost what the same call costs there, and at their own version what they did", async () => {
  const cheap = await call(CHEAP);
  const { status, body } = await whatIf({ to_model: DEAR });
  expect(status).toBe(200);
  const dear = await call(DEAR);
  expect(dear).toBeGreaterThan(cheap);
  const [row] = body.data;
  expect(row).toMatchObject({ model: CHEAP, cost_micros: cheap });
  // The fraction of a micro-credit is carried from call to call, and left out of a sum.
  expect(Math.abs((row?.repriced_micros ?? 0) - dear)).toBeLessThanOrEqual(1);
  expect(body.totals.repriced_micros).toBe(row?.repriced_micros);
  const version = body.versions.find(({ provider }) => provider === "openrouter")?.version ?? "";
  const own = (await whatIf({ to_version: version })).body;
  expect(Math.abs(own.totals.repriced_micros - own.totals.cost_micros)).toBeLessThanOrEqual(2);
});

test("a model takes over no work of another task", async () => {
  const model = "openai/text-embedding-3-small";
  const body = { model, input: "The boat left the port" };
  const answer = await gateway.key.call("POST", "/v1/embeddings", { body, idempotencyKey: null });
  expect(answer.status, answer.text).toBe(200);
  const rows = (await whatIf({ to_model: DEAR })).body.data;
  expect(rows.find((row) => row.model === model)).toMatchObject({ repriced_micros: null });
  expect(rows.find((row) => row.model === CHEAP)?.repriced_micros).toBeGreaterThan(0);
  const vectors = (await whatIf({ to_model: "openai/text-embedding-3-large" })).body.data;
  expect(vectors.find((row) => row.model === model)?.repriced_micros).toBeGreaterThan(0);
  expect(vectors.find((row) => row.model === CHEAP)).toMatchObject({ repriced_micros: null });
});

test("404 for a model or version that there is not, or that is a draft; 400 without either or with both", async () => {
  await gateway.app.sql(
    `insert into gateway.price_versions (version, provider, state, source, created_at)
     values ('draft-1', 'openrouter', 'draft', 'import', now())`,
  );
  for (const query of [
    { to_model: "nobody/nothing" },
    { to_version: "nothing" },
    { to_version: "draft-1" },
  ] as const)
    expect((await whatIf(query)).status).toBe(404);
  for (const query of [{}, { to_model: DEAR, to_version: "x" }])
    expect((await whatIf(query as Record<string, string>)).status).toBe(400);
});

test("a viewer sees their own usage alone", async () => {
  const viewer = await gateway.app.member("viewer");
  expect((await whatIf({ to_model: DEAR }, viewer)).body.data).toEqual([]);
});
