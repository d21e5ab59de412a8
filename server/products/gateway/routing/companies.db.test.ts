/** Companies as they really speak: each charges what its own bill says, however it tells. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type ModelCompany, type TestGateway } from "../../../../test/harness/gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ llm: ["openai", "glama", "requesty"] });
});
afterAll(() => gateway.close());

const MODEL = "openai/gpt-4o-mini";
/** How each tells what a call cost. */
const COMPANIES: [ModelCompany, string][] = [
  ["openrouter", "reported"],
  ["openai", "reported"],
  ["requesty", "reported"],
  ["glama", "reconciled"],
];
const call = (only: ModelCompany, rest: Record<string, unknown> = {}) =>
  gateway.key.call("POST", "/v1/chat/completions", {
    body: {
      model: MODEL,
      messages: [{ role: "user", content: "Say 'hello'" }],
      holdfast: { routing: { only: [only] } },
      ...rest,
    },
    idempotencyKey: null,
  });
const last = async () => (await gateway.requests()).at(-1);

test.each(COMPANIES)("%s: JSON and streams cost its bill, %s", async (company, basis) => {
  for (const stream of [false, true]) {
    const answer = await call(company, {
      stream,
      stream_options: stream ? { include_usage: true } : undefined,
    });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.headers.get("x-holdfast-provider")).toBe(company);
    expect(answer.text).toContain("hello");
    if (stream) expect(answer.text.endsWith("data: [DONE]\n\n")).toBe(true);
    const bill = (await gateway.bill(company)).at(-1);
    expect(bill?.state).toBe("finished");
    if (!stream)
      expect(answer.body).toMatchObject({
        usage: { prompt_tokens: bill?.prompt_tokens, completion_tokens: bill?.completion_tokens },
      });
    const row = await last();
    expect(row).toMatchObject({ state: "settled", outcome: "ok", basis });
    expect(Number(row?.cost_usd)).toBe(Number(bill?.cost));
  }
});

test.each(["openai", "requesty", "glama"] as const)("%s: a tool is called", async (company) => {
  const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
  const answer = await call(company, {
    messages: [{ role: "user", content: "What is the weather in Paris?" }],
    tools: [{ type: "function", function: { name: "get_weather", description: "The weather", parameters } }],
  });
  expect(answer.body).toMatchObject({ choices: [{ finish_reason: "tool_calls" }] });
});

test("OpenRouter's own fields go to nobody who refuses them", async () => {
  const answer = await call("openai", { provider: { sort: "price" }, usage: { include: true } });
  expect(answer.status, answer.text).toBe(200);
});
