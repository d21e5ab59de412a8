/** What other doors than the chat answer, what they cost, and what they refuse. */
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";

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
  // OpenAI gives vectors no id.
  const generation_id = endpoint === "embeddings" && company === "openai" ? null : generation?.id;
  expect(request).toMatchObject({ endpoint, state: "settled", outcome: "ok", generation_id });
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

describe("embeddings", () => {
  const embedding = "openai/text-embedding-3-small";
  const input = ["The boat left port", "Invoices are due"];

  test.each(["/v1", "/api/llm"])("under %s, by the SDK in either encoding", async (base) => {
    const asked = await sdk(base).embeddings.create({ model: embedding, input, encoding_format: "float" });
    // Without a word about it the SDK asks for base64 and reads it back.
    const plain = await sdk(base).embeddings.create({ model: embedding, input });
    expect(asked.data).toHaveLength(2);
    expect(asked.data[0]?.embedding).toHaveLength(1_536);
    for (const [at, { embedding: vector }] of plain.data.entries())
      expect(Math.fround(vector[0] ?? NaN)).toBe(Math.fround(asked.data[at]?.embedding[0] ?? NaN));
    expect(asked.usage.prompt_tokens).toBeGreaterThan(0);
  });

  test("cost their bill at each provider that makes them, and nobody else is asked", async () => {
    for (const company of ["openrouter", "openai"] as const) {
      const answer = await post("/v1/embeddings", { model: embedding, input, ...only(company) });
      expect(answer.status, answer.text).toBe(200);
      expect(answer.headers.get("x-holdfast-provider")).toBe(company);
      await costsTheBill("embeddings", company);
    }
    const nobody = await post("/v1/embeddings", { model: embedding, input, ...only("glama") });
    expect(nobody.status).toBe(503);
  });

  test("a model is called at the endpoints of its task alone", async () => {
    const chat = { model: embedding, messages: [{ role: "user", content: "Hello" }] };
    for (const [path, body] of [
      ["/v1/chat/completions", chat],
      ["/v1/embeddings", { model, input }],
    ] as const) {
      const answer = await post(path, body);
      expect(answer.status).toBe(400);
      expect(answer.body.error).toMatchObject({ code: "wrong_endpoint" });
    }
  });

  test("an answer without vectors is none, and the next provider gives one", async () => {
    const match = { path: "/api/v1/embeddings" };
    for (const fault of ["empty_body", "broken_json", "html_502"]) {
      await gateway.fault(fault, { match });
      const order = { holdfast: { routing: { order: ["openrouter"] } } };
      const answer = await post("/v1/embeddings", { model: embedding, input, ...order });
      expect(answer.status, answer.text).toBe(200);
      expect(answer.headers.get("x-holdfast-provider")).toBe("openai");
      expect(answer.headers.get("x-holdfast-attempts")).toBe("2");
    }
  });

  test("usage that is not told is estimated from the texts", async () => {
    await gateway.fault("no_usage", { match: { path: "/v1/embeddings" } }, 1, "openai");
    const answer = await post("/v1/embeddings", { model: embedding, input, ...only("openai") });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.headers.get("x-holdfast-cost-basis")).toBe("estimated");
  });
});
