/** Searches of the web: held, charged by what was made, and asked only of who has a price for them. */
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  startTestGateway,
  type ModelCompany,
  type TestGateway,
} from "../../../../../test/harness/gateway.ts";
import { costsItsBill as paidAsBilled, lastSettled } from "../../../../../test/harness/settled.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ llm: ["anthropic", "openai", "glama"] });
});
afterAll(() => gateway.close());

const CLAUDE = "anthropic/claude-haiku-4.5";
const SEARCHER = "openai/gpt-4o-mini-search-preview";
const ANTHROPICS = { type: "web_search_20250305", name: "web_search", max_uses: 3 };
const said = (text: string) => [{ role: "user", content: text }];
const only = (company: ModelCompany) => ({ holdfast: { routing: { only: [company] } } });

const post = (path: string, body: object) =>
  gateway.key.call<Record<string, unknown>>("POST", path, { body, idempotencyKey: null });
const settled = () => lastSettled(gateway);
/** What was charged is what the provider bills; its searches are a line of the receipt. */
async function costsItsBill(company: ModelCompany, searches: number, price: string): Promise<void> {
  const { row, receipt } = await paidAsBilled(gateway, company);
  expect(Number(row["web_searches"])).toBe(searches);
  const lines = receipt.lines.filter(({ line }) => line === "web_search");
  expect(lines.map(({ quantity, price_usd }) => [quantity, price_usd])).toEqual(
    searches === 0 ? [] : [[searches, price]],
  );
}

test.each([false, true])("messages, stream %s: Anthropic's tool costs what it searched", async (stream) => {
  for (const searches of [0, 1, 3]) {
    const answer = await post("/v1/messages", {
      model: CLAUDE,
      max_tokens: 200,
      stream,
      messages: said(`Say 'hello' searches=${searches}`),
      tools: [ANTHROPICS],
      ...only("anthropic"),
    });
    expect(answer.status, answer.text).toBe(200);
    if (searches > 0) {
      expect(answer.text).toContain(`"web_search_requests":${searches}`);
      expect(answer.text).toContain('"web_search_result_location"');
    }
    await costsItsBill("anthropic", searches, "0.01");
  }
});

test.each([false, true])(
  "chat, stream %s: OpenAI's options search once, at OpenAI and at OpenRouter",
  async (stream) => {
    for (const company of ["openai", "openrouter"] as const) {
      const answer = await post("/v1/chat/completions", {
        model: SEARCHER,
        max_tokens: 50,
        stream,
        messages: said("Say 'hello'"),
        web_search_options: {
          search_context_size: "low",
          user_location: { type: "approximate", approximate: { city: "Paris" } },
        },
        ...only(company),
      });
      expect(answer.status, answer.text).toBe(200);
      expect(answer.headers.get("x-holdfast-dropped")).toBe(
        company === "openrouter" ? "web_search.search_context_size" : null,
      );
      expect(answer.text).toContain('"url_citation"');
      await costsItsBill(company, 1, "0.0275");
    }
  },
);

test.each([false, true])("responses, stream %s: the tool is asked of whoever serves", async (stream) => {
  for (const [model, company, price] of [
    [SEARCHER, "openai", "0.0275"],
    [CLAUDE, "anthropic", "0.01"],
  ] as const) {
    const answer = await post("/v1/responses", {
      model,
      max_output_tokens: 50,
      stream,
      input: "Say 'hello'",
      tools: [{ type: "web_search", filters: { allowed_domains: ["example.org"] } }],
      ...only(company),
    });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.text).toContain('"url_citation"');
    if (stream) expect(answer.text).toContain("response.output_text.annotation.added");
    await costsItsBill(company, 1, price);
  }
});

test.each([
  ["the plugin", { model: CLAUDE, plugins: [{ id: "web", max_results: 3, max_uses: 2 }] }, 2],
  [":online", { model: `${CLAUDE}:online` }, 1],
])("chat: OpenRouter's %s", async (_name, asked, searches) => {
  for (const company of ["openrouter", "anthropic"] as const) {
    const answer = await post("/v1/chat/completions", {
      ...asked,
      max_tokens: 50,
      messages: said("Say 'hello' searches=2"),
      ...only(company),
    });
    expect(answer.status, answer.text).toBe(200);
    await costsItsBill(company, searches, "0.01");
  }
});

test("without a bound, or without a price, nobody is asked", async () => {
  const bills = async () =>
    (await gateway.bill("anthropic")).length + (await gateway.bill("openrouter")).length;
  const before = await bills();
  const { max_uses: _none, ...unbounded } = ANTHROPICS;
  const ask = { model: CLAUDE, max_tokens: 5, messages: said("Hello") };
  const refused = async (path: string, body: object, code: string, param: string) => {
    const answer = await post(path, body);
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining(param)]);
    if (code) expect(answer.text).toContain(code);
  };
  await refused("/v1/messages", { ...ask, tools: [unbounded] }, "", "max_uses");
  const chat = "/v1/chat/completions";
  const plain = { ...ask, model: "openai/gpt-4o-mini" };
  await refused(chat, { ...plain, web_search_options: {} }, "unpriced_feature", "web_search_options");
  await refused(chat, { ...plain, model: "openai/gpt-4o-mini:online" }, "unpriced_feature", "plugins/0");
  await refused(chat, { ...ask, plugins: [{ id: "file-parser" }] }, "unpriced_feature", "plugins/0");
  await refused(
    chat,
    { ...ask, plugins: [{ id: "web", engine: "exa" }] },
    "unpriced_feature",
    "plugins/0/engine",
  );
  await refused(
    chat,
    { ...ask, tools: [{ type: "openrouter:web_search" }] },
    "unpriced_feature",
    "tools/0/type",
  );
  await refused(
    "/v1/responses",
    { model: "openai/gpt-4o-mini", input: "Hello", tools: [{ type: "web_search" }] },
    "unpriced_feature",
    "tools/0",
  );
  expect(await bills()).toBe(before);
});

test("a provider without the price is passed over, however it is liked, and not gone on to", async () => {
  const ask = () =>
    post("/v1/chat/completions", {
      model: CLAUDE,
      max_tokens: 50,
      messages: said("Say 'hello'"),
      web_search_options: {},
      holdfast: { routing: { order: ["glama", "anthropic"], ignore: ["openrouter"] } },
    });
  const answer = await ask();
  expect(answer.headers.get("x-holdfast-provider"), answer.text).toBe("anthropic");
  await costsItsBill("anthropic", 1, "0.01");
  await gateway.fault("status", { params: { status: 500 }, effect: "none" }, 1, "anthropic");
  expect((await ask()).status).toBe(502);
  expect(await gateway.bill("glama")).toEqual([]);
});

const search = (company: ModelCompany, model: string, rest: object = {}) =>
  post("/v1/chat/completions", {
    model,
    max_tokens: 50,
    messages: said("Say 'hello'"),
    web_search_options: {},
    ...only(company),
    ...rest,
  });

test.each([false, true])(
  "stream %s: where nobody tells usage the search that was asked for is counted",
  async (stream) => {
    await gateway.fault("no_usage", {}, 1, "openai");
    const answer = await search("openai", SEARCHER, { stream });
    expect(answer.status, answer.text).toBe(200);
    const { row, receipt } = await settled();
    expect(row).toMatchObject({ basis: "estimated", web_searches: "1" });
    expect(receipt.lines).toContainEqual(expect.objectContaining({ line: "web_search", quantity: 1 }));
    expect(Number(row["cost_usd"])).toBeLessThanOrEqual(Number((await gateway.bill("openai")).at(-1)?.cost));
  },
);

test.each([
  ["openai", SEARCHER],
  ["anthropic", CLAUDE],
] as const)("%s reports nothing: that is honoured, and no search is added to it", async (company, model) => {
  await gateway.fault("zero_usage", {}, 1, company);
  expect((await search(company, model)).status).toBe(200);
  expect((await settled()).row).toMatchObject({ basis: "estimated", cost_micros: "0", web_searches: "0" });
});

test("more searches than were allowed are paid above the hold, and told of", async () => {
  const above = async () => {
    const text = await gateway.app.app.metrics.text();
    return Number(/^holdfast_gateway_above_hold_micros_total (.*)$/m.exec(text)?.[1]);
  };
  const before = await above();
  await gateway.fault("more_searches", { params: { by: 9 } }, 1, "anthropic");
  expect((await search("anthropic", CLAUDE)).status).toBe(200);
  const { row, receipt } = await settled();
  expect(row["web_searches"]).toBe("10");
  expect(Number(row["cost_usd"])).toBe(Number((await gateway.bill("anthropic")).at(-1)?.cost));
  const held = Number(row["held_micros"]);
  expect(Number(row["cost_micros"])).toBeGreaterThan(held);
  expect(receipt.written_off_micros).toBe(0);
  expect((await above()) - before).toBeCloseTo(Number(row["cost_usd"]) * 1e8 - held, 3);
  expect(gateway.app.lines.some((line) => line.includes("a call cost more than its hold"))).toBe(true);
});

test.each(["openai", "openrouter"] as const)(
  "%s: a price per request is a line of its own",
  async (company) => {
    const answer = await post("/v1/chat/completions", {
      model: "sandbox/per-request",
      max_tokens: 50,
      messages: said("Hello"),
      ...only(company),
    });
    expect(answer.status, answer.text).toBe(200);
    const { row, receipt } = await settled();
    expect(Number(row["cost_usd"])).toBe(Number((await gateway.bill(company)).at(-1)?.cost));
    expect(receipt.lines).toContainEqual(
      expect.objectContaining({ line: "request", quantity: 1, price_usd: "0.005" }),
    );
  },
);
