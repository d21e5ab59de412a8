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

test.each(["chat/completions", "messages"])(
  "%s: a prompt beyond the model's window is refused before anything is held; one that only its bytes are beyond is not",
  async (endpoint) => {
    const ask = (words: number) =>
      gateway.key.call<{ error: { code: string } }>("POST", `/v1/${endpoint}`, {
        body: {
          model: "sandbox/echo",
          max_tokens: 5,
          messages: [{ role: "user", content: "word ".repeat(words) }],
        },
        idempotencyKey: null,
      });
    const before = [(await gateway.requests()).length, (await gateway.bill()).length];
    const beyond = await ask(40_000);
    expect([beyond.status, beyond.body.error.code]).toEqual([400, "context_length_exceeded"]);
    expect([(await gateway.requests()).length, (await gateway.bill()).length]).toEqual(before);
    const within = await ask(10_000);
    expect(within.status, within.text).toBe(200);
  },
);
