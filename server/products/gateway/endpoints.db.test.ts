/** What other doors than the chat answer, what they cost, and what they refuse. */
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../../test/harness/gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ llm: ["openai", "glama"] });
});
afterAll(() => gateway.close());

const model = "openai/gpt-4o-mini";
const sdk = (base: string) =>
  new OpenAI({ baseURL: `${gateway.app.url}${base}`, apiKey: gateway.secret, maxRetries: 0 });
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  gateway.key.call("POST", path, { body, headers, idempotencyKey: null });
const only = (provider: string) => ({ holdfast: { routing: { only: [provider] } } });

/** The newest request costs what the newest generation of this company was billed. */
async function costsTheBill(endpoint: string, company: "openrouter" | "openai" | "glama"): Promise<void> {
  const request = (await gateway.requests()).at(-1);
  const generation = (await gateway.bill(company)).at(-1);
  expect(request).toMatchObject({ endpoint, state: "settled", outcome: "ok", generation_id: generation?.id });
  expect(Number(request?.cost_usd)).toBe(Number(generation?.cost));
}

describe.each(["/v1", "/api/llm"])("completions under %s", (base) => {
  test("JSON and a stream, at the provider's price", async () => {
    const prompt = "Say 'hello, world'";
    const answer = await sdk(base).completions.create({ model, prompt });
    expect(answer).toMatchObject({ object: "text_completion", choices: [{ finish_reason: "stop" }] });
    expect(answer.choices[0]?.text).toContain("hello");
    const stream = await sdk(base).completions.create({
      model,
      prompt,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = "";
    let usage: unknown = null;
    for await (const chunk of stream) {
      expect(chunk.object).toBe("text_completion");
      text += chunk.choices[0]?.text ?? "";
      usage = chunk.usage ?? usage;
    }
    expect(text).toBe(answer.choices[0]?.text);
    expect(usage).toMatchObject({ prompt_tokens: answer.usage?.prompt_tokens });
  });
});

test("a completion costs its bill, also where the provider tells usage late", async () => {
  for (const company of ["openrouter", "openai", "glama"] as const) {
    const answer = await post("/v1/completions", { model, prompt: "Hello", max_tokens: 9, ...only(company) });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.headers.get("x-holdfast-provider")).toBe(company);
    expect(answer.body.usage).toMatchObject({ prompt_tokens: expect.any(Number) });
    await costsTheBill("completions", company);
  }
});

test("the same key at another endpoint is another request", async () => {
  const headers = { "idempotency-key": "one-key-two-doors" };
  const body = { model, prompt: "Hello", messages: [{ role: "user", content: "Hello" }], max_tokens: 5 };
  expect((await post("/v1/completions", body, headers)).status).toBe(200);
  const again = await post("/v1/completions", body, headers);
  expect(again.headers.get("idempotency-replayed")).toBe("true");
  const elsewhere = await post("/v1/chat/completions", body, headers);
  expect(elsewhere.status).toBe(400);
  expect(elsewhere.body.error).toMatchObject({ code: "idempotency_mismatch" });
});
