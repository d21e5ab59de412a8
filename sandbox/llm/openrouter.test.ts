import OpenAI from "openai";
import { OpenAI as OpenAI6 } from "../../test/earlier-sdks/index.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { contentOf, eventsOf, startAlone, type Alone, type Usage } from "./alone.ts";

let box: Alone;
let client: OpenAI;
beforeAll(async () => {
  box = await startAlone();
  client = new OpenAI({ baseURL: `${box.url}/openrouter/api/v1`, apiKey: box.key, maxRetries: 0 });
});
beforeEach(async () => {
  await box.control("POST", "/reset", {});
  await box.control("PATCH", "/openrouter/settings", { first_token_ms: 0, tokens_per_second: 0 });
});
afterAll(() => box.close());

const user = (content: string) => [{ role: "user" as const, content }];
const TEXT = "The boat left port at nine. It carried oranges. A storm came up and the boat returned to port.";

describe("the openai SDK", () => {
  it("chats, with usage and exact cost", async () => {
    const answer = await client.chat.completions.create({
      model: "openai/gpt-4o-mini",
      messages: user(`Summarise: ${TEXT}`),
    });
    expect(answer.choices[0]?.message.content).toContain("boat returned to port");
    const usage = answer.usage as unknown as Usage;
    expect(usage.total_tokens).toBe(usage.prompt_tokens + usage.completion_tokens);
    expect(usage.cost).toBeCloseTo(usage.prompt_tokens * 15e-8 + usage.completion_tokens * 6e-7, 12);
  });

  it("streams the same words as it answers at once, usage last", async () => {
    const body = { model: "openai/gpt-4o-mini", messages: user(`Summarise: ${TEXT}`) };
    const whole = await client.chat.completions.create(body);
    const stream = await client.chat.completions.create({ ...body, stream: true });
    let text = "";
    let finish: string | null = null;
    let usage: unknown = null;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      finish = chunk.choices[0]?.finish_reason ?? finish;
      usage = chunk.usage ?? usage;
    }
    expect(text).toBe(whole.choices[0]?.message.content);
    expect(finish).toBe("stop");
    expect(usage).toEqual(whole.usage);
  });

  it("streams to the major before, too", async () => {
    const older = new OpenAI6({ baseURL: client.baseURL, apiKey: box.key, maxRetries: 0 });
    const runner = older.chat.completions.stream({
      model: "openai/gpt-4o",
      messages: user('Say "boats float"'),
    });
    expect((await runner.finalChatCompletion()).choices[0]?.message.content).toBe("boats float");
  });

  it("calls the tool that fits with arguments from the prompt, then uses its result", async () => {
    const tool = (name: string, description: string, properties: object) => ({
      type: "function" as const,
      function: { name, description, parameters: { type: "object", properties } },
    });
    const tools = [
      tool("send_mail", "Sends an e-mail", { to: { type: "string", format: "email" } }),
      tool("get_weather", "Weather of a city", { city: { type: "string" } }),
    ];
    const messages = user("What is the weather in Paris?");
    const first = await client.chat.completions.create({ model: "openai/gpt-4o", messages, tools });
    const call = first.choices[0]?.message.tool_calls?.[0];
    expect(first.choices[0]?.finish_reason).toBe("tool_calls");
    expect(call).toMatchObject({ function: { name: "get_weather", arguments: '{"city":"Paris"}' } });
    const assistant = first.choices[0]?.message as OpenAI.ChatCompletionMessageParam;
    const result = { role: "tool" as const, tool_call_id: call?.id ?? "", content: "12 degrees, rain" };
    const second = await client.chat.completions.create({
      model: "openai/gpt-4o",
      messages: [...messages, assistant, result],
      tools,
    });
    expect(second.choices[0]?.message.content).toContain("12 degrees, rain");
  });

  it("streams a tool call in parts that join to its arguments", async () => {
    const tools = [
      {
        type: "function" as const,
        function: {
          name: "book",
          parameters: { type: "object", properties: { seats: { type: "integer" } } },
        },
      },
    ];
    const runner = client.chat.completions.stream({
      model: "openai/gpt-4o",
      messages: user("Book 4 seats"),
      tools,
      tool_choice: "required",
    });
    const answer = await runner.finalChatCompletion();
    expect(answer.choices[0]?.message.tool_calls?.[0]).toMatchObject({
      function: { arguments: '{"seats":4}' },
    });
  });

  it("fills a response_format schema and answers json_object with JSON", async () => {
    const schema = {
      type: "object",
      properties: {
        name: { type: "string" },
        age: { type: "integer", maximum: 40 },
        kind: { type: "string", enum: ["boat", "person"] },
        tags: { type: "array", items: { type: "string" }, maxItems: 2 },
      },
    };
    const filled = await client.chat.completions.create({
      model: "openai/gpt-4o",
      messages: user("A person. name: Ann, age: 41, tags: tall, kind"),
      response_format: { type: "json_schema", json_schema: { name: "person", schema } },
    });
    expect(JSON.parse(filled.choices[0]?.message.content ?? "")).toEqual({
      name: "Ann",
      age: 40,
      kind: "person",
      tags: ["tall", "kind"],
    });
    const json = await client.chat.completions.create({
      model: "openai/gpt-4o",
      messages: user('Answer in JSON with the key "mood": I am happy and this is great'),
      response_format: { type: "json_object" },
    });
    expect(Object.keys(JSON.parse(json.choices[0]?.message.content ?? "") as object)).toEqual(["mood"]);
  });

  it("turns 401, 402, 404-like, 429 and 529 into the SDK's errors", async () => {
    const stranger = new OpenAI({ baseURL: client.baseURL, apiKey: "sk-or-v1-invalid", maxRetries: 0 });
    await expect(
      stranger.chat.completions.create({ model: "openai/gpt-4o", messages: user("x") }),
    ).rejects.toThrow(OpenAI.AuthenticationError);
    const ask = (model: string) => client.chat.completions.create({ model, messages: user("x") });
    await expect(ask("no/such")).rejects.toMatchObject({ status: 400 });
    await expect(ask("sandbox/402")).rejects.toMatchObject({ status: 402 });
    await expect(ask("sandbox/429")).rejects.toThrow(OpenAI.RateLimitError);
    await expect(ask("sandbox/529")).rejects.toMatchObject({ status: 529 });
  });

  it("lists models with decimal prices, without a credential too", async () => {
    const listed = await client.models.list();
    expect(listed.data.length).toBeGreaterThan(20);
    const open = await fetch(`${client.baseURL}/models?q=gpt-4o-mini`);
    const body = (await open.json()) as { data: { pricing: object; top_provider: object }[] };
    expect(body.data[0]?.pricing).toMatchObject({ prompt: "0.00000015", completion: "0.0000006" });
    expect(body.data[0]?.top_provider).toMatchObject({ max_completion_tokens: 16_384 });
  });
});

describe("limits of an answer", () => {
  it("stops at max_tokens with length, at a stop sequence with stop", async () => {
    const body = { model: "openai/gpt-4o-mini", messages: user(`Summarise: ${TEXT}`) };
    const short = await client.chat.completions.create({ ...body, max_completion_tokens: 3 });
    expect(short.choices[0]?.finish_reason).toBe("length");
    expect(short.usage?.completion_tokens).toBe(3);
    const cut = await client.chat.completions.create({ ...body, stop: ["boat"] });
    expect(cut.choices[0]?.finish_reason).toBe("stop");
    expect(cut.choices[0]?.message.content).not.toContain("boat");
  });

  it("refuses a prompt beyond the window, one repeated letter included", async () => {
    const answer = await box.call("/chat/completions", {
      model: "openai/gpt-4o-mini",
      messages: user("a".repeat(8 * 1024 * 1024)),
    });
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as { error: { message: string } }).error.message).toContain(
      "maximum context length",
    );
  });
});

const refusals: [string, number, Record<string, unknown>][] = [
  ["no messages", 400, { messages: undefined }],
  ["empty messages", 400, { messages: [] }],
  ["an unknown role", 400, { messages: [{ role: "boss", content: "x" }] }],
  ["content of a wrong type", 400, { messages: [{ role: "user", content: 5 }] }],
  ["a tool message without its call", 400, { messages: [{ role: "tool", content: "x" }] }],
  ["temperature 3", 400, { temperature: 3 }],
  ["max_tokens 0", 400, { max_tokens: 0 }],
  ["stream as text", 400, { stream: "yes" }],
  ["n 2", 400, { n: 2 }],
  ["five stops", 400, { stop: ["a", "b", "c", "d", "e"] }],
  ["metadata with numbers", 400, { metadata: { a: 1 } }],
  ["tool_choice of no tool", 400, { tool_choice: { type: "function", function: { name: "x" } } }],
  ["a bad response_format", 400, { response_format: { type: "xml" } }],
  ["no model", 400, { model: undefined }],
  ["a price nobody offers", 404, { provider: { max_price: { prompt: "0.01" } } }],
  ["a provider that does not serve it", 404, { provider: { only: ["anthropic"] } }],
  ["plugins", 501, { plugins: [{ id: "file-parser" }] }],
  ["a search that has no price", 400, { plugins: [{ id: "web" }] }],
  ["a server tool", 501, { tools: [{ type: "openrouter:web_search" }] }],
];
describe("refuses in OpenRouter's body", () => {
  it.each(refusals)("%s with %i", async (_, status, change) => {
    const answer = await box.call("/chat/completions", {
      model: "openai/gpt-4o",
      messages: user("x"),
      ...change,
    });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ error: { code: status, message: expect.any(String) } });
    expect(await box.control("GET", "/books")).toMatchObject({ openrouter: { count: 0 } });
  });

  it("a body that is no JSON, an operation not built, a path that is none", async () => {
    const auth = { authorization: `Bearer ${box.key}` };
    const base = `${box.url}/openrouter/api/v1`;
    const broken = await fetch(`${base}/chat/completions`, { method: "POST", headers: auth, body: "{" });
    expect(broken.status).toBe(400);
    const missing = await fetch(`${base}/responses`, { method: "POST", headers: auth, body: "{}" });
    expect(missing.status).toBe(501);
    expect(await missing.text()).toContain("sandbox_not_implemented");
    expect((await fetch(`${box.url}/openrouter/other`, { headers: auth })).status).toBe(404);
  });

  it.each(["", "Bearer sk-or-v1-default", "Bearer sk_test_x", "Bearer sk-or-v1-nobody-" + "a".repeat(32)])(
    "the credential '%s' with 401",
    async (authorization) => {
      const answer = await fetch(`${box.url}/openrouter/api/v1/key`, { headers: { authorization } });
      expect(answer.status).toBe(401);
      expect(await answer.json()).toMatchObject({ error: { code: 401 } });
    },
  );

  it("everything once the credits are spent", async () => {
    await box.control("PATCH", "/openrouter/settings", { credits: 0 });
    const answer = await box.call("/chat/completions", { model: "openai/gpt-4o", messages: user("x") });
    expect(answer.status).toBe(402);
  });
});

describe("the books", () => {
  it("hold every generation, agree with usage, /generation, /key and /credits", async () => {
    const first = await client.chat.completions.create({
      model: "anthropic/claude-haiku-4.5",
      messages: user("Hello"),
      user: "org_1",
      metadata: { call: "c1" },
    });
    const second = await box.call("/chat/completions", {
      model: "openai/gpt-4o",
      messages: user("Hi"),
      stream: true,
    });
    const { chunks, comments, done } = eventsOf(await second.text());
    expect(comments).toBeGreaterThan(0);
    expect(done).toBe(true);
    expect(contentOf(chunks)).not.toBe("");
    const books = (await box.control("GET", "/books")) as {
      openrouter: { generations: Record<string, unknown>[]; total_cost: string };
    };
    expect(books.openrouter.generations).toHaveLength(2);
    const own = books.openrouter.generations.find((g) => g["id"] === first.id);
    expect(own).toMatchObject({ user: "org_1", metadata: { call: "c1" }, streamed: false, finished: true });
    expect(Number(own?.["cost"])).toBe((first.usage as unknown as Usage).cost);
    const found = await box.call(`/generation?id=${chunks[0]?.id}`);
    const { data } = (await found.json()) as { data: Record<string, unknown> };
    const usage = chunks.at(-1)?.usage;
    expect(data).toMatchObject({
      total_cost: usage?.cost,
      native_tokens_prompt: usage?.prompt_tokens,
      native_tokens_completion: usage?.completion_tokens,
      streamed: true,
      cancelled: false,
      finish_reason: "stop",
    });
    const key = (await (await box.call("/key")).json()) as { data: { usage: number } };
    expect(key.data.usage).toBe(Number(books.openrouter.total_cost));
    expect((await box.call("/generation?id=gen-0-none")).status).toBe(404);
  });

  it("counts a prefix seen within five minutes as cached and prices it so", async () => {
    const system = { role: "system" as const, content: "You answer about boats. ".repeat(400) };
    const body = { model: "openai/gpt-4o-mini", messages: [system, ...user("Hi")] };
    const cold = (await client.chat.completions.create(body)).usage as unknown as Usage;
    const warm = (await client.chat.completions.create(body)).usage as unknown as Usage;
    expect(cold.prompt_tokens_details.cached_tokens).toBe(0);
    const cached = warm.prompt_tokens_details.cached_tokens;
    expect(cached % 128).toBe(0);
    expect(cached).toBeGreaterThan(1_024);
    const exact = (warm.prompt_tokens - cached) * 150 + cached * 75 + warm.completion_tokens * 600;
    expect(Math.round(warm.cost * 1e9)).toBe(exact);
  });

  it("come out byte for byte the same for the same seed and calls", async () => {
    const play = async (name: string, seed: string): Promise<string> => {
      const made = (await box.control("POST", "/worlds", { name, seed, clock: "manual" })) as {
        openrouter: { api_key: string };
      };
      const headers = {
        authorization: `Bearer ${made.openrouter.api_key}`,
        "x-sandbox-first-token-ms": "0",
        "x-sandbox-tokens-per-second": "0",
      };
      let text = "";
      for (const stream of [true, false]) {
        const body = {
          model: "openai/gpt-4o",
          messages: user("Write an email to Bob: the boat is late."),
          stream,
        };
        text += await (await box.call("/chat/completions", body, headers)).text();
      }
      return text;
    };
    const one = await play("one", "seed-a");
    expect(await play("two", "seed-a")).toBe(one);
    expect(await play("three", "seed-b")).not.toBe(one);
  });
});
