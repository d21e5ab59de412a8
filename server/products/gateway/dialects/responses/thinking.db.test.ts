/** What a response thought goes back into a loop of tools: as it was signed, or left out. */
import OpenAI from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../../../../test/harness/gateway.ts";
import { costsItsBill as paidAsBilled } from "../../../../../test/harness/settled.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ llm: ["anthropic", "openai"] });
});
afterAll(() => gateway.close());

const model = "sandbox/reasoning";
const only = (company: string) => ({ holdfast: { routing: { only: [company] } } });
const question = "What is the weather in Paris?";
const ask = [{ role: "user" as const, content: question }];
const openai = () => new OpenAI({ baseURL: `${gateway.app.url}/v1`, apiKey: gateway.secret, maxRetries: 0 });
const post = (path: string, body: object) =>
  gateway.key.call<Record<string, unknown>>("POST", path, { body, idempotencyKey: null });

const costsItsBill = () => paidAsBilled(gateway, "anthropic");

const parameters = { type: "object" as const, properties: { city: { type: "string" } }, required: ["city"] };
const tool = { name: "get_weather", description: "The weather of a city", parameters, strict: false };
const asked = {
  model,
  tools: [{ type: "function" as const, ...tool }],
  reasoning: { effort: "low" as const },
  max_output_tokens: 4_000,
  include: ["reasoning.encrypted_content" as const],
};
type Items = OpenAI.Responses.ResponseInputItem[];

test.each([false, true])(
  "responses by OpenAI's SDK, stream %s: a loop of tools goes on with its thoughts",
  async (stream) => {
    const respond = async (input: Items, routing: object = only("anthropic")) => {
      const body = { ...asked, input, ...routing };
      return stream
        ? openai().responses.stream(body).finalResponse()
        : openai().responses.create({ ...body, stream: false });
    };
    const first = await respond(ask);
    expect(first.output.map(({ type }) => type)).toEqual(["reasoning", "function_call"]);
    expect(first.output[0]).toMatchObject({
      summary: [{ text: expect.stringContaining(question) }],
      encrypted_content: expect.stringMatching(/^holdfast1\./),
    });
    await costsItsBill();
    const call = first.output[1] as OpenAI.Responses.ResponseFunctionToolCall;
    const output = { type: "function_call_output" as const, call_id: call.call_id, output: "12 degrees" };
    const loop = [...ask, ...(first.output as Items), output];
    const second = await respond(loop);
    expect(second.output_text).toContain("12 degrees");
    expect(second.output[0]?.type).toBe("reasoning");
    await costsItsBill();
    // Who passes thoughts on gets them, and who cannot read them does not.
    expect((await respond(loop, only("openrouter"))).output_text).toContain("12 degrees");
    const elsewhere = await respond(loop, { model: "openai/gpt-4o-mini", ...only("openai") });
    expect(elsewhere.output_text).toContain("12 degrees");
  },
);

test("what a response thought is as it was signed, or is no thought", async () => {
  const first = await openai().responses.create({ ...asked, input: ask, ...only("anthropic") });
  const [thought, call] = first.output as [OpenAI.Responses.ResponseReasoningItem, object];
  const output = {
    type: "function_call_output",
    call_id: (call as OpenAI.Responses.ResponseFunctionToolCall).call_id,
    output: "12 degrees",
  };
  const go = (encrypted_content: unknown) =>
    post("/v1/responses", {
      ...asked,
      input: [...ask, { ...thought, encrypted_content }, call, output],
      ...only("anthropic"),
    });
  const [, packed = ""] = (thought.encrypted_content ?? "").split(".");
  const details = JSON.parse(Buffer.from(packed, "base64url").toString()) as object[];
  const altered = JSON.stringify(details.map((detail) => ({ ...detail, text: "something else" })));
  expect((await go(`holdfast1.${Buffer.from(altered).toString("base64url")}`)).status).toBe(400);
  for (const foreign of ["gAAAAABn-of-another-gateway", null, thought.encrypted_content?.slice(0, -9)]) {
    const answer = await go(foreign);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.headers.get("x-holdfast-dropped")).toBe("reasoning_effort");
  }
  const refused = await go(7);
  expect(refused.status).toBe(400);
  expect(refused.body).toMatchObject({ error: { param: "input.1.encrypted_content" } });
});

test.each([
  [{ effort: "low" }, 200],
  [{ max_tokens: 1_200 }, 200],
  [{ max_tokens: "many" }, 400],
])("a response with reasoning %j", async (reasoning, status) => {
  const answer = await post("/v1/responses", { model, input: question, reasoning, ...only("anthropic") });
  expect(answer.status, answer.text).toBe(status);
  if (status !== 200) return;
  expect(answer.text).toContain('"type":"reasoning"');
  await costsItsBill();
});
