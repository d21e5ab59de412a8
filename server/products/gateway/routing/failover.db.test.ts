/** Calls that two providers could serve: who is asked, who is asked next, and what the books say. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { manualClock } from "../../../platform/clock.ts";
import { createClient, type Client, type Json } from "../../../../test/harness/client.ts";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";

const clock = manualClock(new Date());
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ llm: ["openai"], clock });
});
afterAll(() => gateway.close());
/** No failure of one test is remembered in the next. */
beforeEach(() => clock.advance(31_000));

const MODEL = "openai/gpt-4o-mini";
const call = (rest: Record<string, unknown> = {}, headers: Record<string, string> = {}) =>
  gateway.key.call("POST", "/v1/chat/completions", {
    body: { model: MODEL, messages: [{ role: "user", content: "Say 'hello'" }], ...rest },
    headers,
    idempotencyKey: null,
  });
const order = (...providers: string[]) => ({ holdfast: { routing: { order: providers } } });
const attempts = () =>
  gateway.app.sql<{ provider: string; outcome: string; cost_usd: string; provider_cost_usd: string | null }>(
    `select provider, outcome, cost_usd, provider_cost_usd from gateway.attempts
     where request_id = (select id from gateway.requests order by created_at desc, id desc limit 1)
     order by created_at, id`,
  );

test("equal providers: the first by id serves, told in the headers; each is reachable by a wish", async () => {
  const answer = await call();
  expect(answer.status, answer.text).toBe(200);
  expect(answer.headers.get("x-holdfast-provider")).toBe("openai");
  expect(answer.headers.get("x-holdfast-route")).toBe("balanced");
  const wished = await call(order("openrouter"));
  expect(wished.headers.get("x-holdfast-provider")).toBe("openrouter");
  expect(wished.headers.get("x-holdfast-route")).toBe("order");
  expect((await call({}, { "x-holdfast-only": "openrouter" })).headers.get("x-holdfast-provider")).toBe(
    "openrouter",
  );
  expect((await call({}, { "x-holdfast-ignore": "openai" })).headers.get("x-holdfast-provider")).toBe(
    "openrouter",
  );
});

test.each([false, true])(
  "stream %s: a failure before the first content goes on elsewhere",
  async (stream) => {
    await gateway.fault("status", { params: { status: 500 } });
    const answer = await call({ stream, ...order("openrouter", "openai") });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.text).toContain("hello");
    expect(answer.headers.get("x-holdfast-provider")).toBe("openai");
    expect(answer.headers.get("x-holdfast-attempts")).toBe("2");
    expect(await attempts()).toMatchObject([
      { provider: "openrouter", outcome: "upstream_failed", cost_usd: "0.000000000000000000" },
      { provider: "openai", outcome: "ok" },
    ]);
    const bill = (await gateway.bill("openai")).at(-1);
    expect(Number((await attempts())[1]?.cost_usd)).toBe(Number(bill?.cost));
  },
);

test("what is wrong with the request is asked of nobody else", async () => {
  await gateway.fault("status", { params: { status: 422 } });
  const answer = await call(order("openrouter", "openai"));
  expect(answer.status).toBe(400);
  expect(await attempts()).toHaveLength(1);
});

test("allow_fallbacks false: the first one's failure is the answer", async () => {
  await gateway.fault("status", { params: { status: 500 } });
  const answer = await call({
    holdfast: { routing: { order: ["openrouter", "openai"], allow_fallbacks: false } },
  });
  expect(answer.status).toBe(502);
  expect(await attempts()).toHaveLength(1);
});

test("a failed attempt that the provider billed is our loss, once its books tell", async () => {
  await gateway.fault("empty_body", { effect: "done" });
  const answer = await call({ stream: true, ...order("openrouter", "openai") });
  expect(answer.status).toBe(200);
  await gateway.fault("error_after_role", {});
  expect((await call({ stream: true, ...order("openrouter", "openai") })).status).toBe(200);
  clock.advance(5_000);
  await gateway.until("asked", async () => {
    const [row] = await gateway.app.sql<{ n: number }>("select count(*)::int as n from gateway.loss_lookups");
    return row?.n === 0;
  });
});

/** Data of these realtime events, as they come. */
async function listen(topics: string, { headers }: Client): Promise<{ seen: Json[]; stop(): void }> {
  const seen: Json[] = [];
  const stream = new AbortController();
  const { body, status } = await fetch(`${gateway.app.url}/api/stream?topics=${topics}`, {
    headers,
    signal: stream.signal,
  });
  expect(status).toBe(200);
  void (async () => {
    for await (const bytes of body ?? [])
      for (const [, data = ""] of Buffer.from(bytes as Uint8Array)
        .toString()
        .matchAll(/^data: (\{.*\})$/gm))
        seen.push(JSON.parse(data) as Json);
  })().catch(() => undefined);
  return { seen, stop: () => stream.abort() };
}

test("a breaker that opened lets nobody through, then one probe, and closes when that is answered", async () => {
  const only = { holdfast: { routing: { only: ["openrouter"] } } };
  const measured = async () => (await gateway.app.app.metrics.text()).match(/^.*breaker_state\{.*$/gm);
  const { seen, stop } = await listen("llm.provider.state", gateway.app.owner);
  expect((await call(only)).status).toBe(200);
  await gateway.fault("status", { params: { status: 500 } }, 5);
  for (let each = 0; each < 5; each += 1) expect((await call(only)).status).toBe(502);
  const refused = await call(only);
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get("retry-after"))).toBe(10);
  expect((await call(order("openrouter", "openai"))).headers.get("x-holdfast-provider")).toBe("openai");
  expect(await measured()).toContain('holdfast_gateway_breaker_state{provider="openrouter",state="open"} 1');
  await gateway.until("operators are told", async () => seen.at(-1)?.["breaker"] === "open");
  clock.advance(10_000);
  expect((await call(only)).status).toBe(200);
  expect((await call(only)).status).toBe(200);
  expect(await measured()).toContain('holdfast_gateway_breaker_state{provider="openrouter",state="open"} 0');
  await gateway.until("and told again", async () => seen.at(-1)?.["breaker"] === "closed");
  expect(seen.at(-1)).toEqual({ provider: "openrouter", model: MODEL, breaker: "closed" });
  stop();
});

test("a breaker of an organization's own key is no news of the provider", async () => {
  const { seen, stop } = await listen("llm.provider.state", gateway.app.owner);
  const body = { provider: "openai", secret: gateway.app.credentials.openai.api_key, use: "only" };
  const key = await gateway.app.owner.call("POST", "/api/llm/provider-keys", { body });
  expect(key.status, key.text).toBe(201);
  const fails = async (company: "openai" | "openrouter") => {
    await gateway.fault("status", { params: { status: 500 } }, 5, company);
    const only = { holdfast: { routing: { only: [company] } } };
    for (let each = 0; each < 5; each += 1) expect((await call(only)).status).toBe(502);
    expect((await call(only)).status).toBe(503);
  };
  await fails("openai");
  await gateway.app.owner.call("DELETE", `/api/llm/provider-keys/${String(key.body.id)}`);
  await fails("openrouter");
  await gateway.until("operators are told of the other", async () => seen.length > 0);
  expect(seen).toEqual([{ provider: "openrouter", model: MODEL, breaker: "open" }]);
  clock.advance(10_000);
  expect((await call({ holdfast: { routing: { only: ["openrouter"] } } })).status).toBe(200);
  stop();
});

test("a breaker that opens in one process opens in another that had no call of it, and closes there", async () => {
  const only = { holdfast: { routing: { only: ["openrouter"] } } };
  const other = await gateway.app.startAnother();
  type Provider = { id: string; breakers: { model: string; state: string; wait_s: number }[] };
  const there = async () => {
    const { body } = await createClient(other.url, gateway.app.owner.headers).call<{ data: Provider[] }>(
      "GET",
      "/api/admin/llm/providers",
    );
    return body.data.find(({ id }) => id === "openrouter")?.breakers ?? [];
  };
  await gateway.fault("status", { params: { status: 500 } }, 5);
  for (let each = 0; each < 5; each += 1) expect((await call(only)).status).toBe(502);
  await gateway.until("it is open there", async () => (await there()).length === 1);
  expect(await there()).toEqual([{ model: MODEL, state: "open", wait_s: 10 }]);
  clock.advance(10_000);
  expect((await call(only)).status).toBe(200);
  await gateway.until("it is closed there", async () => (await there()).length === 0);
});

test("every process measures the same breaker, also one whose own calls are answered", async () => {
  const body = {
    model: MODEL,
    messages: [{ role: "user", content: "Say 'hello'" }],
    holdfast: { routing: { only: ["openrouter"] } },
  };
  const other = await gateway.app.startAnother();
  const there = createClient(other.url, gateway.key.headers);
  const ask = (client: Client) => client.call("POST", "/v1/chat/completions", { body, idempotencyKey: null });
  const lines = async ({ metrics }: Pick<typeof other.app, "metrics">) =>
    (await metrics.text()).split("\n").filter((line) => line.includes('breaker_state{provider="openrouter"'));
  const measure = async () => [await lines(gateway.app.app), await lines(other.app)];
  const open = (count: number) =>
    `holdfast_gateway_breaker_state{provider="openrouter",state="open"} ${count}`;
  expect((await ask(there)).status).toBe(200);
  await gateway.fault("status", { params: { status: 500 } }, 5);
  for (let each = 0; each < 5; each += 1) expect((await ask(gateway.key)).status).toBe(502);
  await gateway.until("both measure it open", async () =>
    (await measure()).every((each) => each.includes(open(1))),
  );
  // It was answered a moment ago, so its calls go on; what it measures is of all.
  expect((await ask(there)).status).toBe(200);
  const [here, elsewhere] = await measure();
  expect(elsewhere).toEqual(here);
  clock.advance(10_000);
  expect((await ask(gateway.key)).status).toBe(200);
  await gateway.until("both measure it closed", async () =>
    (await measure()).every(
      (each) => each.some((line) => line.includes('state="closed"')) && !each.includes(open(1)),
    ),
  );
  const [after, afterwards] = await measure();
  expect(afterwards).toEqual(after);
});

test("the hold is sized at the dearest candidate, other models included", async () => {
  const plain = await call({ max_tokens: 1_000 });
  const dear = await call({ max_tokens: 1_000, holdfast: { routing: { models: ["openai/gpt-4o"] } } });
  const held = (answer: typeof plain) => Number(answer.headers.get("x-holdfast-held-micros"));
  expect(held(dear)).toBeGreaterThan(10 * held(plain));
});

test("another model answers where the first one's providers are all left out", async () => {
  await gateway.fault("status", { params: { status: 503 } }, 1);
  await gateway.fault("status", { params: { status: 503 } }, 1, "openai");
  const answer = await call({ holdfast: { routing: { models: ["deepseek/deepseek-chat-v3.1"] } } });
  expect(answer.status, answer.text).toBe(200);
  expect(answer.headers.get("x-holdfast-model")).toBe("deepseek/deepseek-chat-v3.1");
  expect(answer.headers.get("x-holdfast-attempts")).toBe("3");
});

test("an organization's policy routes its calls at once and limits its models; a call's own wish goes before it", async () => {
  const put = (body: Record<string, unknown>) => gateway.app.owner.call("PUT", "/api/llm/policy", { body });
  expect((await put({ routing: { only: ["openrouter"] }, allowed_models: [MODEL] })).status).toBe(200);
  expect((await call()).headers.get("x-holdfast-provider")).toBe("openrouter");
  const own = await call({ holdfast: { routing: { only: ["openai"] } } });
  expect(own.headers.get("x-holdfast-provider")).toBe("openai");
  const other = await call({ model: "openai/gpt-4o" });
  expect([other.status, other.body]).toMatchObject([404, { error: { code: "model_not_found" } }]);
  expect((await gateway.app.owner.call("GET", "/api/llm/policy")).body).toEqual({
    routing: { only: ["openrouter"] },
    allowed_models: [MODEL],
    cache: null,
    compression: null,
    memory: null,
    memory_model: null,
    fold_retries: null,
  });
  expect((await put({ routing: null, allowed_models: null })).status).toBe(200);
  expect((await call()).headers.get("x-holdfast-route")).toBe("balanced");
});

test("what makes no sense of a routing is 400 with its place", async () => {
  const answer = await call({ holdfast: { routing: { sort: "luck" } } });
  expect([answer.status, answer.body]).toMatchObject([400, { error: { param: "holdfast.routing.sort" } }]);
});

test("providers tell how they do", async () => {
  const { body } = await gateway.key.call<{ data: { id: string; state: string; success_1h: number }[] }>(
    "GET",
    "/api/llm/providers",
  );
  expect(body.data.map(({ id }) => id)).toEqual(["openai", "openrouter"]);
  for (const { success_1h } of body.data) expect(success_1h).toBeGreaterThan(0);
});
