/** Each model is asked to think in a way that it takes: a wish in any dialect reaches it, and costs its bill. */
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../../../../test/harness/gateway.ts";
import { costsItsBill as paidAsBilled } from "../../../../../test/harness/settled.ts";
import { systemClock } from "../../../../platform/clock.ts";
import { withSystemTx } from "../../../../platform/db/index.ts";
import { keepWays } from "./store.ts";

/** Chooses itself how much it thinks. */
const CHOOSES = "anthropic/claude-sonnet-5";
/** Is told a budget. */
const MEASURES = "anthropic/claude-haiku-4.5";

let gateway: TestGateway;
const admin = (method: "GET" | "POST" | "PUT", path: string, body?: object) =>
  gateway.app.owner.call<Record<string, unknown>>(method, `/api/admin/llm/${path}`, {
    ...(body && { body }),
    idempotencyKey: null,
  });
const refresh = () => admin("POST", "prices/refresh");
beforeAll(async () => {
  gateway = await startTestGateway({ llm: ["anthropic"] });
  await refresh();
});
afterAll(() => gateway.close());

const only = { holdfast: { routing: { only: ["anthropic"] } } };
const ask = [{ role: "user" as const, content: "What is the weather in Paris?" }];
const schema = { type: "object" as const, properties: { city: { type: "string" } }, required: ["city"] };
const tools = [{ name: "get_weather", description: "The weather of a city", input_schema: schema }];
const anthropic = () => new Anthropic({ baseURL: gateway.app.url, apiKey: gateway.secret, maxRetries: 0 });
const openai = () => new OpenAI({ baseURL: `${gateway.app.url}/v1`, apiKey: gateway.secret, maxRetries: 0 });
const chat = (rest: object) =>
  gateway.key.call<Record<string, unknown>>("POST", "/v1/chat/completions", {
    body: { model: CHOOSES, messages: ask, max_tokens: 3_000, ...only, ...rest },
    idempotencyKey: null,
  });
const thoughtIn = ({ text }: { text: string }) => Number(/"reasoning_tokens":(\d+)/.exec(text)?.[1]);

const costsItsBill = () => paidAsBilled(gateway, "anthropic");

test("operators see how a model may be asked, by provider", async () => {
  const at = (model: string, provider: string) =>
    admin("GET", `models/${model}`).then(
      ({ body }) =>
        (body["prices"] as { provider: string; thinking: unknown }[]).find(
          (each) => each.provider === provider,
        )?.thinking,
    );
  expect(await at(CHOOSES, "anthropic")).toEqual({
    types: ["adaptive", "disabled"],
    efforts: ["low", "medium", "high", "max"],
  });
  expect(await at(MEASURES, "anthropic")).toEqual({ types: ["enabled", "disabled"], efforts: [] });
  expect(await at(CHOOSES, "openrouter")).toBeNull();
});

test.each([
  ["efforts", { reasoning_effort: "low" }, { reasoning_effort: "high" }],
  ["budgets", { reasoning: { max_tokens: 1_000 } }, { reasoning: { max_tokens: 1_500 } }],
])("%s of a chat: where the model chooses, more lets it think more", async (_name, less, more) => {
  const thought: number[] = [];
  for (const wish of [less, more]) {
    const answer = await chat(wish);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.headers.get("x-holdfast-dropped")).toBeNull();
    expect(answer.text).toContain('"signature"');
    thought.push(thoughtIn(answer));
    await costsItsBill();
  }
  expect(thought[0]).toBeGreaterThan(0);
  expect(thought[1]).toBeGreaterThan(thought[0] ?? Infinity);
});

test.each([
  [CHOOSES, { type: "enabled" as const, budget_tokens: 1_024 }],
  [MEASURES, { type: "adaptive" as const }],
])(
  "Anthropic's SDK with %s and thinking %j: a loop of tools, whole and as a stream",
  async (model, thinking) => {
    const paramsOf = (messages: Anthropic.MessageParam[]) =>
      ({
        model,
        max_tokens: 3_000,
        thinking,
        tools,
        messages,
        ...only,
      }) as Anthropic.MessageCreateParamsNonStreaming;
    const first = await anthropic().messages.stream(paramsOf(ask)).finalMessage();
    expect(first.content.map(({ type }) => type)).toEqual(["thinking", "tool_use"]);
    await costsItsBill();
    const { id } = first.content[1] as Anthropic.ToolUseBlock;
    const second = await anthropic().messages.create(
      paramsOf([
        ...ask,
        { role: "assistant", content: first.content },
        { role: "user", content: [{ type: "tool_result", tool_use_id: id, content: "12 degrees" }] },
      ]),
    );
    expect(second.content.map(({ type }) => type)).toEqual(["thinking", "text"]);
    await costsItsBill();
    const { max_tokens: _most, ...prompt } = paramsOf(ask);
    expect(await anthropic().messages.countTokens(prompt)).toMatchObject({ estimated: false });
  },
);

test("an effort that is said to a model that knows none is left out, by name", async () => {
  const asked = {
    model: MEASURES,
    messages: ask,
    max_tokens: 9_000,
    output_config: { effort: "low" },
    ...only,
  };
  const thinking = { type: "adaptive" };
  const answer = await gateway.key.call("POST", "/v1/messages", {
    body: { ...asked, thinking },
    idempotencyKey: null,
  });
  expect(answer.status, answer.text).toBe(200);
  expect(answer.headers.get("x-holdfast-dropped")).toBe("output_config");
  expect(answer.text).toContain('"signature"');
  await costsItsBill();
});

test("OpenAI's SDK: a response with an effort", async () => {
  const body = { model: CHOOSES, input: "Say 'hello'", reasoning: { effort: "high" as const }, ...only };
  const answer = await openai().responses.create(body);
  expect(answer.output.map(({ type }) => type)).toEqual(["reasoning", "message"]);
  await costsItsBill();
});

test("what a list says counts at once; where it does not come, what was known stays", async () => {
  const stale = [{ model: "claude-sonnet-5", types: ["enabled"], efforts: [] }];
  await withSystemTx(gateway.db, (tx) => keepWays(tx, "anthropic", stale, systemClock.now()));
  // Whatever an operator changes makes every process read anew.
  const model = { name: "Claude", image_tokens: 1_000, paused: false, aliases: [] };
  expect((await admin("PUT", `models/${CHOOSES}`, model)).status).toBe(200);
  const wish = { reasoning_effort: "high" };
  expect((await chat(wish)).status).toBe(400);
  await refresh();
  expect((await chat(wish)).status).toBe(200);
  const away = {
    kind: "anthropic",
    base_url: "http://127.0.0.1:9",
    private_address: true,
    secret: "sk-nobody-there",
  };
  expect((await admin("PUT", "providers/anthropic", away)).status).toBe(200);
  expect((await refresh()).status).toBe(200);
  expect((await admin("GET", `models/${CHOOSES}`)).text).toContain('"adaptive"');
});
