/** What Anthropic searched and found comes to who speaks its Messages as it came, and may be sent again. */
import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../../../../test/harness/gateway.ts";
import { costsItsBill } from "../../../../../test/harness/settled.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ llm: ["anthropic", "openai"] });
});
afterAll(() => gateway.close());

const model = "anthropic/claude-haiku-4.5";
const only = (company: string) => ({ holdfast: { routing: { only: [company] } } });
const tools = [{ type: "web_search_20250305" as const, name: "web_search" as const, max_uses: 3 }];
const ask = [{ role: "user" as const, content: "Say 'hello' searches=2" }];
type Create = Anthropic.MessageCreateParamsNonStreaming;
const paramsOf = (rest: object): Create =>
  Object.assign({ model, max_tokens: 2_000, tools, messages: ask, ...only("anthropic") }, rest);
const anthropic = () => new Anthropic({ baseURL: gateway.app.url, apiKey: gateway.secret, maxRetries: 0 });
const ways = [
  ["whole", (rest: object) => anthropic().messages.create(paramsOf(rest))],
  ["as a stream", (rest: object) => anthropic().messages.stream(paramsOf(rest)).finalMessage()],
] as const;
const post = (path: string, body: object) =>
  gateway.key.call<Record<string, unknown>>("POST", path, { body, idempotencyKey: null });
const paid = () => costsItsBill(gateway, "anthropic");

const FOUND = ["server_tool_use", "web_search_tool_result"];

test.each(ways)("%s: blocks of searches stand where they stood, sealed as they came", async (_name, send) => {
  const { content, usage } = await send({});
  expect(content.map(({ type }) => type)).toEqual([...FOUND, ...FOUND, "text"]);
  expect(content.slice(0, 2)).toEqual([
    {
      type: "server_tool_use",
      id: "srvtoolu_1",
      name: "web_search",
      input: { query: "Page 1" },
      caller: { type: "direct" },
    },
    {
      type: "web_search_tool_result",
      tool_use_id: "srvtoolu_1",
      caller: { type: "direct" },
      content: [
        {
          type: "web_search_result",
          url: "https://example.org/pages/1",
          title: "Page 1",
          encrypted_content: expect.stringMatching(/.{20}/),
          page_age: null,
        },
      ],
    },
  ]);
  const [first, second] = (content.at(-1) as Anthropic.TextBlock).citations ?? [];
  expect([first, second]).toMatchObject([
    { encrypted_index: "sandbox" },
    { url: "https://example.org/pages/2" },
  ]);
  expect(usage.server_tool_use?.web_search_requests).toBe(2);
  await paid();
});

test.each(ways)(
  "%s: what was found is read again in a later turn, by Anthropic alone",
  async (_name, send) => {
    const thinking = { type: "enabled", budget_tokens: 1_024 };
    const first = await send({ thinking });
    expect(first.content.map(({ type }) => type)).toEqual(["thinking", ...FOUND, ...FOUND, "text"]);
    const later = (content: unknown, rest: object = {}) => ({
      messages: [...ask, { role: "assistant", content }, { role: "user", content: "Say 'bye' searches=0" }],
      ...rest,
    });
    const second = await send(later(first.content));
    expect(second.content.at(-1)).toMatchObject({ text: expect.stringContaining("bye") });
    const { row } = await paid();
    const forgotten = first.content.filter(({ type }) => !FOUND.includes(type));
    await send(later(forgotten));
    const without = (await paid()).row;
    expect(Number(row["input_tokens"])).toBeGreaterThan(Number(without["input_tokens"]));
    // As it went out, or not at all.
    const altered = JSON.parse(JSON.stringify(first.content)) as {
      content?: { encrypted_content: string }[];
    }[];
    for (const { content } of altered)
      for (const page of content ?? []) page.encrypted_content = "bm90aGluZw==";
    await expect(send(later(altered))).rejects.toThrow(Anthropic.BadRequestError);
    const alone = first.content.filter(({ type }) => type !== "web_search_tool_result");
    await expect(send(later(alone))).rejects.toThrow(Anthropic.BadRequestError);

    for (const company of ["openrouter", "openai"]) {
      const body = paramsOf(later(first.content, { ...only(company), tools: [], thinking: undefined }));
      const elsewhere = await post("/v1/messages", {
        ...body,
        ...(company === "openai" && { model: "openai/gpt-4o-mini" }),
      });
      expect(elsewhere.status, elsewhere.text).toBe(200);
      expect(elsewhere.headers.get("x-holdfast-dropped")).toBe(
        company === "openai" ? "web_search_tool_result, reasoning_details" : "web_search_tool_result",
      );
    }
  },
);

test("other dialects are told of pages as before", async () => {
  for (const stream of [false, true]) {
    const chat = await post("/v1/chat/completions", {
      model,
      max_tokens: 50,
      stream,
      messages: ask,
      web_search_options: {},
      ...only("anthropic"),
    });
    expect(chat.text).toContain('"url_citation"');
    expect(chat.text).not.toMatch(/finds|encrypted/);
    const response = await post("/v1/responses", {
      model,
      stream,
      input: "Say 'hello'",
      tools: [{ type: "web_search" }],
      ...only("anthropic"),
    });
    expect(response.text).toContain('"url_citation"');
    expect(response.text).not.toMatch(/finds|encrypted/);
  }
});

test("a chat says nothing more by `finds` than what was found", async () => {
  const finds = { order: ["find"], blocks: [{ type: "container_upload", file_id: "f" }] };
  const messages = [
    ...ask,
    { role: "assistant", content: "Hello", finds },
    { role: "user", content: "Say 'bye'" },
  ];
  const answer = await post("/v1/chat/completions", {
    model,
    messages,
    max_tokens: 50,
    ...only("anthropic"),
  });
  expect(answer.status, answer.text).toBe(200);
  await paid();
});

test.each([
  ["a search for nothing", { type: "server_tool_use", id: "s", name: "web_search", input: 1 }],
  ["finds of nobody", { type: "web_search_tool_result", content: [] }],
  [
    "a find that nobody sealed",
    { type: "web_search_tool_result", tool_use_id: "s", content: [{ url: "u" }] },
  ],
])("%s is refused by its place, before anybody is asked", async (_name, block) => {
  const before = (await gateway.requests()).length;
  const content = [{ type: "text", text: "Hello" }, block];
  const answer = await post(
    "/v1/messages",
    paramsOf({ messages: [...ask, { role: "assistant", content }, ...ask] }),
  );
  expect(answer.status).toBe(400);
  expect(answer.text).toContain("messages.1.content.1");
  expect(await gateway.requests()).toHaveLength(before);
});
