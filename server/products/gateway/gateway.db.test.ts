import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../../test/harness/gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

const chat = (model: string, rest: Record<string, unknown> = {}) => ({
  model,
  messages: [{ role: "user", content: "What is 2 + 3?" }],
  ...rest,
});

test("a JSON call costs exactly what the provider bills", async () => {
  const before = await gateway.balance();
  const answer = await gateway.key.call("POST", "/v1/chat/completions", {
    body: chat("openai/gpt-4o-mini"),
    idempotencyKey: null,
  });
  expect(answer.status, answer.text).toBe(200);
  const [generation] = await gateway.bill();
  const [request] = await gateway.requests();
  expect(request).toMatchObject({
    state: "settled",
    outcome: "ok",
    basis: "reported",
    generation_id: generation?.id,
  });
  expect(Number(request?.cost_usd)).toBe(Number(generation?.cost));
  expect(answer.headers.get("x-holdfast-cost-micros")).toBe(request?.cost_micros);
  const after = await gateway.balance();
  expect(before.settled_micros - after.settled_micros).toBe(Number(request?.cost_micros));
  expect(after).toMatchObject({ held_micros: 0, held_count: 0 });
});

test("a stream", async () => {
  const answer = await gateway.key.call("POST", "/v1/chat/completions", {
    body: chat("openai/gpt-4o-mini", { stream: true }),
    idempotencyKey: null,
  });
  expect(answer.text).toMatch(/: cost_micros=\d+ cost_usd=[\d.]+ basis=reported\n\ndata: \[DONE\]\n\n$/);
  expect(answer.text).not.toContain('"usage"');
});
