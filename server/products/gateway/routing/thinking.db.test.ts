/** Thinking at Anthropic, in every dialect: it costs its bill, and what was thought can be sent again as it was signed. */
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ llm: ["anthropic", "openai", "glama"] });
});
afterAll(() => gateway.close());

const model = "sandbox/reasoning";
const only = (...providers: string[]) => ({ holdfast: { routing: { only: providers } } });
const order = (...providers: string[]) => ({ holdfast: { routing: { order: providers } } });
const question = "What is the weather in Paris?";
const ask = [{ role: "user" as const, content: question }];
const schema = { type: "object" as const, properties: { city: { type: "string" } }, required: ["city"] };
const tool = { name: "get_weather", description: "The weather of a city" };
const tools: Anthropic.Tool[] = [{ ...tool, input_schema: schema }];
const functions = [{ type: "function" as const, function: { ...tool, parameters: schema } }];
const thinking = { type: "enabled" as const, budget_tokens: 1_024 };

const anthropic = () => new Anthropic({ baseURL: gateway.app.url, apiKey: gateway.secret, maxRetries: 0 });
const openai = () => new OpenAI({ baseURL: `${gateway.app.url}/v1`, apiKey: gateway.secret, maxRetries: 0 });
type Create = Anthropic.MessageCreateParamsNonStreaming;
const toAnthropic = { model, max_tokens: 2_000, thinking, tools, ...only("anthropic") };
const paramsOf = (rest: object): Create => Object.assign({ messages: ask }, toAnthropic, rest);
const create = (rest: object) => anthropic().messages.create(paramsOf(rest));

const post = (path: string, body: object) =>
  gateway.key.call<Record<string, unknown>>("POST", path, { body, idempotencyKey: null });
const chat = (rest: object) =>
  post("/v1/chat/completions", { model, messages: ask, ...only("anthropic"), ...rest });

async function costsItsBill(): Promise<void> {
  const bill = (await gateway.bill("anthropic")).at(-1);
  const row = (await gateway.requests()).at(-1);
  expect(row).toMatchObject({ state: "settled", outcome: "ok", basis: "reported" });
  expect(Number(row?.cost_usd)).toBe(Number(bill?.cost));
}

test.each([false, true])(
  "Anthropic's SDK, stream %s: thoughts come signed, and a loop of tools goes on",
  async (stream) => {
    const first = stream
      ? await anthropic()
          .messages.stream(paramsOf({ messages: ask }))
          .finalMessage()
      : await create({ messages: ask });
    const [thought, call] = first.content;
    expect(thought).toMatchObject({
      type: "thinking",
      thinking: expect.stringContaining(question),
      signature: expect.stringMatching(/.{20}/),
    });
    expect(call).toMatchObject({ type: "tool_use", name: "get_weather", input: { city: "Paris" } });
    expect(first.usage.output_tokens_details?.thinking_tokens).toBeGreaterThan(10);
    expect(first.usage.output_tokens).toBeGreaterThan(
      first.usage.output_tokens_details?.thinking_tokens ?? 0,
    );
    await costsItsBill();
    const result = {
      type: "tool_result",
      tool_use_id: (call as Anthropic.ToolUseBlock).id,
      content: "12 degrees",
    };
    const loop = [...ask, { role: "assistant", content: first.content }, { role: "user", content: [result] }];
    const second = await create({ messages: loop });
    expect(second.content.at(-1)).toMatchObject({
      type: "text",
      text: expect.stringContaining("12 degrees"),
    });
    await costsItsBill();
    const changed = [{ ...thought, thinking: "something else" }, call];
    const refused = await create({
      messages: [ask[0], { role: "assistant", content: changed }, { role: "user", content: [result] }],
    }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Anthropic.BadRequestError);
  },
);

test.each([false, true])("stream %s: a sealed thought is passed on and taken again", async (stream) => {
  const sealed = "ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING Say 'hello'";
  const messages = [{ role: "user" as const, content: sealed }];
  const first = stream
    ? await anthropic().messages.stream(paramsOf({ messages })).finalMessage()
    : await create({ messages });
  expect(first.content.map(({ type }) => type)).toEqual(["thinking", "redacted_thinking", "text"]);
  const again = [
    ...messages,
    { role: "assistant", content: first.content },
    { role: "user", content: "Say 'bye'" },
  ];
  expect((await create({ messages: again })).content.at(-1)).toMatchObject({
    text: expect.stringContaining("bye"),
  });
  await costsItsBill();
});

test("thoughts that are not shown are signed all the same; how much is thought may be the model's choice", async () => {
  const hidden = await create({ messages: ask, thinking: { type: "adaptive", display: "omitted" } });
  expect(hidden.content[0]).toMatchObject({
    type: "thinking",
    thinking: "",
    signature: expect.stringMatching(/./),
  });
  expect(hidden.usage.output_tokens_details?.thinking_tokens).toBeGreaterThan(10);
  await costsItsBill();
  const none = await create({ messages: ask, thinking: { type: "disabled" } });
  expect(none.content.map(({ type }) => type)).toEqual(["tool_use"]);
  const counted = await anthropic().messages.countTokens({
    model,
    messages: ask,
    tools,
    thinking,
    ...only("anthropic"),
  } as Anthropic.MessageCountTokensParams);
  expect(counted).toMatchObject({ estimated: false });
});

test.each([
  [{ reasoning_effort: "medium", max_tokens: 4_000 }, null],
  [{ reasoning: { max_tokens: 1_500 } }, null],
  [{ reasoning: { effort: "low" }, temperature: 0.3 }, "temperature"],
  [{ reasoning_effort: "high", max_tokens: 1_000 }, "reasoning_effort"],
  [{ reasoning_effort: "high", tools: functions, tool_choice: "required" }, "reasoning_effort"],
])("a chat with %j thinks, or says what was left out: %s", async (wish, dropped) => {
  const answer = await chat(wish);
  expect(answer.status, answer.text).toBe(200);
  expect(answer.headers.get("x-holdfast-dropped")).toBe(dropped);
  const thinks = dropped !== "reasoning_effort";
  expect(answer.text.includes('"signature"')).toBe(thinks);
  expect(answer.text.includes(`"reasoning_tokens":0`)).toBe(!thinks);
  await costsItsBill();
});

test("a budget without a maximum is held with room for the answer", async () => {
  const held = async (reasoning: object) =>
    Number((await chat({ reasoning })).headers.get("x-holdfast-held-micros"));
  const quiet = Number((await chat({ max_tokens: 100 })).headers.get("x-holdfast-held-micros"));
  // The model's own most is 8,192 tokens, at 200 micro-credits each.
  expect((await held({ max_tokens: 4_000 })) - quiet).toBe((8_192 - 100) * 200);
});

type Details = { reasoning?: string; reasoning_details?: Record<string, unknown>[] };
type Said = OpenAI.ChatCompletionMessage & Details;

test.each([false, true])(
  "OpenAI's SDK, stream %s: a loop of tools goes on with its thoughts",
  async (stream) => {
    const body = {
      model,
      max_tokens: 4_000,
      tools: functions,
      reasoning_effort: "low" as const,
      ...only("anthropic"),
    };
    let said: Said;
    if (stream) {
      const chunks = await openai().chat.completions.create({ ...body, messages: ask, stream: true });
      const details: Record<string, unknown>[] = [];
      let [id, args, reasoning] = ["", "", ""];
      for await (const chunk of chunks) {
        const delta = chunk.choices[0]?.delta as
          | (OpenAI.ChatCompletionChunk.Choice.Delta & Details)
          | undefined;
        details.push(...(delta?.reasoning_details ?? []));
        reasoning += delta?.reasoning ?? "";
        id ||= delta?.tool_calls?.[0]?.id ?? "";
        args += delta?.tool_calls?.[0]?.function?.arguments ?? "";
      }
      const called = { id, type: "function" as const, function: { name: tool.name, arguments: args } };
      said = {
        role: "assistant",
        content: null,
        refusal: null,
        tool_calls: [called],
        reasoning,
        reasoning_details: details,
      };
    } else {
      const whole = await openai().chat.completions.create({ ...body, messages: ask });
      said = whole.choices[0]?.message as Said;
      expect(whole.usage?.completion_tokens_details?.reasoning_tokens).toBeGreaterThan(10);
    }
    expect(said.reasoning).toContain(question);
    expect(said.reasoning_details?.at(-1)).toMatchObject({ signature: expect.stringMatching(/.{20}/) });
    await costsItsBill();
    const result = {
      role: "tool" as const,
      tool_call_id: said.tool_calls?.[0]?.id ?? "",
      content: "12 degrees",
    };
    const go = (first: object, routing: object) =>
      chat({ ...body, messages: [...ask, first, result], ...routing });
    const second = await go(said, only("anthropic"));
    expect(second.status, second.text).toBe(200);
    expect(second.headers.get("x-holdfast-dropped")).toBeNull();
    expect(second.text).toContain("12 degrees");
    expect(second.text).toContain('"signature"');
    await costsItsBill();
    // Who did not keep the thoughts goes on without any.
    const { reasoning: _text, reasoning_details: _details, ...forgotten } = said;
    const third = await go(forgotten, only("anthropic"));
    expect(third.status, third.text).toBe(200);
    expect(third.headers.get("x-holdfast-dropped")).toBe("reasoning_effort");
  },
);

test("who cannot read thoughts does not get them", async () => {
  const first = await create({ messages: ask });
  const id = (first.content.at(-1) as Anthropic.ToolUseBlock).id;
  const result = { type: "tool_result", tool_use_id: id, content: "12 degrees" };
  const loop = [...ask, { role: "assistant", content: first.content }, { role: "user", content: [result] }];
  const elsewhere = await post("/v1/messages", {
    ...toAnthropic,
    model: "openai/gpt-4o-mini",
    messages: loop,
    ...only("openai"),
  });
  expect(elsewhere.status, elsewhere.text).toBe(200);
  expect(elsewhere.headers.get("x-holdfast-dropped")).toBe("thinking, reasoning_details");
  expect(elsewhere.text).toContain("12 degrees");
  const passed = await post("/v1/messages", { ...toAnthropic, messages: loop, ...only("openrouter") });
  expect(passed.status, passed.text).toBe(200);
  expect(passed.headers.get("x-holdfast-dropped")).toBeNull();
});

test.each([
  ["openai", "reasoning", "reasoning"],
  ["openai", "reasoning_content", "reasoning_content"],
  ["glama", "reasoning_content", null],
  ["openrouter", "reasoning", null],
])("a plain thought of before, toward %s as %s: left out is %s", async (company, name, dropped) => {
  const messages = [
    ...ask,
    { role: "assistant", content: "Rain.", [name]: "Hm" },
    { role: "user", content: "Say 'bye'" },
  ];
  const answer = await chat({ model: "openai/gpt-4o-mini", messages, ...only(company) });
  expect(answer.status, answer.text).toBe(200);
  expect(answer.headers.get("x-holdfast-dropped")).toBe(dropped);
});

test.each(["error_first", "error_after_role"])(
  "%s: a call that thinks goes on at OpenRouter",
  async (fault) => {
    await gateway.fault(fault, { params: { after: 0 }, effect: "none" }, 1, "anthropic");
    const answer = await post("/v1/messages", {
      ...toAnthropic,
      messages: ask,
      stream: true,
      ...order("anthropic", "openrouter"),
    });
    expect(answer.headers.get("x-holdfast-provider")).toBe("openrouter");
    expect(answer.text).toContain('"thinking_delta"');
    expect(answer.text).toContain("message_stop");
  },
);

test("a stream that breaks while it thinks is an error that the caller sees", async () => {
  await gateway.fault("cut_stream", { params: { after: 2 } }, 1, "anthropic");
  const answer = await post("/v1/messages", { ...toAnthropic, messages: ask, stream: true });
  expect(answer.text).toContain("event: error");
  expect(answer.text).not.toContain("message_stop");
});

test.each([
  ["no budget", { reasoning: { max_tokens: 0 } }, "reasoning"],
  ["no object", { reasoning: "high" }, "reasoning"],
])("a chat with %s is refused", async (_name, wish, param) => {
  const answer = await chat(wish);
  expect(answer.status).toBe(400);
  expect(JSON.stringify(answer.body)).toContain(param);
});
