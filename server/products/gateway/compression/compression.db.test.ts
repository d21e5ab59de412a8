/** Long prompts are shortened: cheaper by the provider's own bill, alike in every dialect, and told where usage is told. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";
import { withTx } from "../../../platform/db/index.ts";
import type { UserId } from "../../../platform/ids.ts";
import { writingActions } from "../personal-data.ts";
import { forgetSummaries } from "./forget.ts";
import type { Client, Json } from "../../../../test/harness/client.ts";

let gateway: TestGateway;
/** Takes credits away. */
let spender: Client;
let now = Date.now();
const clock = { now: () => new Date(now) };
beforeAll(async () => {
  gateway = await startTestGateway({ clock });
  spender = (await gateway.app.createKey(gateway.app.owner, { scopes: ["credits.spend"] })).client;
});
afterAll(() => gateway.close());

/** Its window is 32,768 tokens, and it has no discount for what is cached. */
const MODEL = "sandbox/echo";
const TURNS = 50;
const ON = { holdfast: { compression: true } };
const WORDS = "north orders invoice seven paid shipped blue crate weight dock ledger clerk".split(" ");
/** About so many tokens, no two alike. */
const prose = (from: number, words: number) =>
  Array.from({ length: words }, (_, at) => WORDS[(from * 7 + at * (1 + (from % 5))) % WORDS.length]).join(
    " ",
  );

const opening = [
  { role: "system", content: "You look orders up." },
  { role: "user", content: "Which crate is the heaviest?" },
];
const toolTurn = (n: number) => [
  {
    role: "assistant",
    content: null,
    tool_calls: [
      { id: `call_${n}`, type: "function", function: { name: "look_up", arguments: `{"crate":${n}}` } },
    ],
  },
  { role: "tool", tool_call_id: `call_${n}`, content: `crate ${n}: ${prose(n, 540)}` },
];
const toolSession = [...opening, ...Array.from({ length: TURNS }, (_, n) => toolTurn(n)).flat()];
const talkTurn = (n: number) => [
  { role: "assistant", content: `Crate ${n}: ${prose(n, 300)}` },
  { role: "user", content: `And after crate ${n}? ${prose(n + 1, 260)}` },
];
const talk = [...opening, ...Array.from({ length: TURNS }, (_, n) => talkTurn(n)).flat()];

const call = (body: Json, path = "/v1/chat/completions", idempotencyKey: string | null = null) =>
  gateway.key.call("POST", path, { body: { model: MODEL, max_tokens: 60, ...body }, idempotencyKey });
const ask = async (body: Json, path?: string, idempotencyKey?: string) => {
  const answer = await call(body, path, idempotencyKey);
  expect(answer.status, answer.text).toBe(200);
  const told = (name: string) => Number(answer.headers.get(`x-holdfast-${name}`));
  return { ...answer, told, state: answer.headers.get("x-holdfast-compression") };
};
/** What the calls in between cost at the provider, in 10⁻¹² USD. */
async function billOf(calls: () => Promise<unknown>) {
  const before = (await gateway.bill()).length;
  await calls();
  const made = (await gateway.bill()).slice(before);
  return { made, cost: made.reduce((sum, { cost }) => sum + Math.round(Number(cost) * 1e12), 0) };
}

test("a 50-turn tool session in a 32k window costs at least 15 % less, by the provider's bill", async () => {
  const plain = await billOf(() => ask({ messages: toolSession }));
  let answer: Awaited<ReturnType<typeof ask>> | undefined;
  const short = await billOf(async () => (answer = await ask({ messages: toolSession, ...ON })));
  expect(plain.made[0]?.prompt_tokens).toBeGreaterThan(32_768 * 0.85);
  expect(short.cost / plain.cost).toBeLessThanOrEqual(0.85);
  expect(short.made).toHaveLength(1);
  expect(answer?.state).toBe("applied");
  const told = answer?.told as (name: string) => number;
  expect(Math.abs(told("tokens-before") / (plain.made[0]?.prompt_tokens ?? 0) - 1)).toBeLessThan(0.02);
  expect(Math.abs(told("tokens-after") / (short.made[0]?.prompt_tokens ?? 0) - 1)).toBeLessThan(0.02);
  expect(told("tokens-after")).toBeLessThanOrEqual(32_768 * 0.7);
  expect(told("tokens-saved")).toBe(told("tokens-before") - told("tokens-after"));
  expect(told("summary-cost-micros")).toBe(0);
  // A micro-credit is 10⁻⁸ USD.
  expect(Math.abs(told("net-saving-micros") / ((plain.cost - short.cost) / 1e4) - 1)).toBeLessThan(0.02);
});

test("turns are summarised once for a conversation that goes on, and it costs at least 15 % less with the summary", async () => {
  const grown = (more: number) => [
    ...talk,
    ...Array.from({ length: more }, (_, n) => talkTurn(90 + n).slice(0, 2))
      .flat()
      .map((each) => ({ ...each, content: each.content.slice(0, 60) })),
  ];
  const session = async (rest: Json) => {
    for (let more = 0; more < 8; more += 1) await ask({ messages: grown(more), ...rest });
  };
  const plain = await billOf(() => session({}));
  const short = await billOf(() => session(ON));
  expect(plain.made).toHaveLength(8);
  expect(short.made).toHaveLength(9);
  expect(short.cost / plain.cost).toBeLessThanOrEqual(0.85);
  const rows = await gateway.app.sql(
    "select purpose.endpoint, purpose.cost_micros from gateway.requests purpose where endpoint = 'compression'",
  );
  expect(rows).toHaveLength(1);
  const saved = await gateway.app.sql(
    "select summary_cost_micros from gateway.compressions where summary_cost_micros > 0",
  );
  expect(saved).toEqual([{ summary_cost_micros: rows[0]?.["cost_micros"] }]);
  const [kept] = await gateway.app.sql<{ sealed: Buffer }>("select sealed from gateway.summaries");
  expect(kept?.sealed.includes("crate")).toBe(false);
});

test("without a summary, where it fails, turns are only left out; of calls at once the first one pays for it", async () => {
  const other = { role: "assistant", content: `Crate 99: ${prose(99, 300)}` };
  const body = { messages: talk.with(2, other), ...ON };
  await gateway.fault("empty_body", {}, 1);
  const failed = await ask(body);
  expect([failed.state, failed.told("summary-cost-micros")]).toEqual(["applied", 0]);
  const { made } = await billOf(async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask(body)));
    expect(answers.filter(({ told }) => told("summary-cost-micros") > 0)).toHaveLength(1);
  });
  expect(made).toHaveLength(6);
});

test("messages and responses are shortened as chats are, as JSON and as streams", async () => {
  const toMessages = toolSession.slice(1).map((each) => {
    if (each.role === "user") return each;
    if (each.role === "tool")
      return {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: (each as Json)["tool_call_id"], content: each.content },
        ],
      };
    const { id } = ((each as Json)["tool_calls"] as Json[])[0] as { id: string };
    return { role: "assistant", content: [{ type: "tool_use", id, name: "look_up", input: { crate: 1 } }] };
  });
  const messages = await ask({ messages: toMessages, ...ON }, "/v1/messages");
  expect([messages.state, messages.told("summary-cost-micros")]).toEqual(["applied", 0]);
  const input = toolSession.slice(1).map((each) => {
    if (each.role === "user") return each;
    const { tool_call_id: answered, tool_calls: calls } = each as Json;
    if (answered) return { type: "function_call_output", call_id: answered, output: each.content };
    const { id } = (calls as { id: string }[])[0] ?? {};
    return { type: "function_call", call_id: id, name: "look_up", arguments: "{}" };
  });
  const responses = await call(
    { max_tokens: undefined, max_output_tokens: 60, input, stream: true, ...ON },
    "/v1/responses",
  );
  expect([responses.status, responses.headers.get("x-holdfast-compression")]).toEqual([200, "applied"]);
});

test("the same key has the same answer, and the cache knows a call by what its caller sent", async () => {
  const body = {
    messages: [...talk, { role: "assistant", content: "so" }, { role: "user", content: "once" }],
    ...ON,
  };
  const { made } = await billOf(async () => {
    const first = await ask(body, undefined, "compressed-once");
    const again = await ask(body, undefined, "compressed-once");
    expect(again.text).toBe(first.text);
    expect(again.headers.get("x-request-id")).toBe(first.headers.get("x-request-id"));
    expect((await call({ ...body, messages: talk }, undefined, "compressed-once")).status).toBe(400);
  });
  expect(made).toHaveLength(1);
  const cached = { messages: toolSession, holdfast: { compression: true, cache: true } };
  await ask(cached);
  const hit = await ask(cached);
  expect([hit.headers.get("x-holdfast-cache"), hit.state]).toEqual(["hit", null]);
});

test("a prompt that its provider's cache makes cheaper is sent as it came", async () => {
  const wish = { compression: { trigger_percent: 12, target_percent: 10 } };
  const body = {
    model: "openai/gpt-5-mini",
    messages: [...toolSession, ...toolSession.slice(2)],
    holdfast: wish,
  };
  const { state } = await ask(body);
  expect(state).toBe("skipped");
  expect((await ask({ ...body, messages: toolSession })).state).toBeNull();
});

test("receipt and usage tell of it", async () => {
  const { owner } = gateway.app;
  const answer = await ask({ messages: toolSession, ...ON });
  const id = answer.headers.get("x-request-id") ?? "";
  const receipt = await owner.call<{ receipt: Json }>("GET", `/api/llm/receipts/${id}`);
  expect(receipt.body.receipt["compression"]).toEqual({
    tokens_before: answer.told("tokens-before"),
    tokens_after: answer.told("tokens-after"),
    summary_cost_micros: 0,
    net_saving_micros: answer.told("net-saving-micros"),
  });
  const usage = await owner.call<{ totals: Json; data: { group: Json; compressed: number }[] }>(
    "GET",
    "/api/tokens/usage?group_by=model",
  );
  const [row] = await gateway.app.sql(
    `select (select count(*) from gateway.compressions)::int as compressed,
       ((select sum(net_saving_micros) from gateway.compressions) + (select sum(saved_micros) from gateway.cache_hits))::int as saved`,
  );
  expect(usage.body.totals).toMatchObject({ compressed: row?.["compressed"], saved_micros: row?.["saved"] });
  expect(usage.body.data.find(({ group }) => group["model"] === MODEL)?.compressed).toBe(row?.["compressed"]);
});

test("an organization and a key lay it down, a call says otherwise; what makes no sense is refused", async () => {
  const { owner } = gateway.app;
  const compression = { trigger_percent: 50, target_percent: 30, keep_last: 4 };
  const put = await owner.call("PUT", "/api/llm/policy", { body: { compression } });
  expect(put.body).toMatchObject({ compression });
  await gateway.until("it is heeded", async () => (await ask({ messages: toolSession })).state === "applied");
  expect((await ask({ messages: toolSession })).told("tokens-after")).toBeLessThanOrEqual(32_768 * 0.3);
  expect((await ask({ messages: toolSession, holdfast: { compression: false } })).state).toBeNull();
  const { client } = await gateway.app.createKey(owner, {
    limits: { rpm: 0 },
    defaults: { compression: false },
  });
  const ofKey = await client.call("POST", "/v1/chat/completions", {
    body: { model: MODEL, max_tokens: 60, messages: toolSession },
    headers: {},
    idempotencyKey: null,
  });
  expect([ofKey.status, ofKey.headers.get("x-holdfast-compression")]).toEqual([200, null]);
  for (const wrong of ["yes", { keep_last: 0 }, { trigger_percent: 40, target_percent: 40 }, { more: 1 }])
    expect([wrong, (await call({ messages: opening, holdfast: { compression: wrong } })).status]).toEqual([
      wrong,
      400,
    ]);
});

test("a person's summaries go with the person", async () => {
  const owners = () =>
    gateway.app.sql<{ owner_id: UserId }>("select distinct owner_id from gateway.summaries");
  const [owner] = await owners();
  const erase = (id: UserId) =>
    withTx(gateway.db, gateway.org, (tx) => writingActions.forgetPerson(tx, gateway.org, id));
  expect(owner?.owner_id).toMatch(/^usr_/);
  await erase("usr_another" as UserId);
  expect(await owners()).toHaveLength(1);
  await erase(owner?.owner_id as UserId);
  expect(await owners()).toEqual([]);
});

test("a summary is forgotten a week after it was last used", async () => {
  const kept = async () => (await gateway.app.sql("select 1 from gateway.summaries")).length;
  await ask({ messages: talk.with(2, { role: "assistant", content: `Crate 98: ${prose(98, 300)}` }), ...ON });
  await forgetSummaries({ db: gateway.db, clock });
  expect(await kept()).toBe(1);
  now += 8 * 86_400_000;
  await forgetSummaries({ db: gateway.db, clock });
  expect(await kept()).toBe(0);
});

/** Just so many credits. */
async function leave(micros: number): Promise<void> {
  const { available_micros: available } = await gateway.balance();
  if (available < micros) return gateway.fund(BigInt(micros - available));
  const body = { amount_micros: available - micros };
  const { status, text } = await spender.call("POST", "/api/tokens/consume", { body });
  expect(status, text).toBe(200);
}

const quote = async (body: Json) => {
  const asked = { path: "/v1/chat/completions", body: { model: MODEL, ...body } };
  const { status, text, body: told } = await gateway.key.call("POST", "/api/llm/quote", { body: asked });
  expect(status, text).toBe(200);
  return told as Json & { compression: Json; worst_micros: number };
};

test("a quote tells what would be sent and the most it costs with its summary, and a summary is paid only where the call can be", async () => {
  const talked = talk.with(2, { role: "assistant", content: `Crate 77: ${prose(77, 300)}` });
  const body = { messages: talked, max_tokens: 8_000, ...ON };
  const told = await quote(body);
  expect(told).toMatchObject({ affordable: true, compression: { state: "applied", summary: "new" } });
  const summary = Number(told.compression.summary_worst_micros);
  const alone = told.worst_micros - summary;
  expect(summary).toBeGreaterThan(0);
  expect(Number(told.compression.tokens_after)).toBeLessThan(Number(told.compression.tokens_before) * 0.85);

  const sent = async () => [(await gateway.bill()).length, (await gateway.requests()).length];
  await leave(summary + 1_000);
  expect(summary + 1_000).toBeLessThan(alone - 100_000);
  const before = { balance: await gateway.balance(), sent: await sent() };
  const refused = await call(body);
  expect([refused.status, refused.body.error]).toMatchObject([402, { code: "insufficient_quota" }]);
  expect({ balance: await gateway.balance(), sent: await sent() }).toEqual(before);

  await leave(alone + 1_000);
  expect((await quote(body)).compression).toMatchObject({ summary: "none", summary_worst_micros: 0 });
  const without = await ask(body);
  expect([without.state, without.told("summary-cost-micros")]).toEqual(["applied", 0]);

  await leave(told.worst_micros);
  const { made } = await billOf(async () => {
    const paid = await ask(body);
    const cost = paid.told("summary-cost-micros");
    expect(cost).toBeGreaterThan(0);
    expect(cost).toBeLessThanOrEqual(summary);
    expect(paid.told("held-micros") + cost).toBeLessThanOrEqual(told.worst_micros);
  });
  expect(made).toHaveLength(2);
  await gateway.fund(10_000_000n);
  const again = await quote(body);
  expect(again.compression).toMatchObject({ summary: "kept", summary_worst_micros: 0 });
});

test("credit for one call with its summary, ten at once: none pays for a summary whose call is refused", async () => {
  const conversation = (n: number) => ({
    messages: talk.with(2, { role: "assistant", content: `Crate ${n}: ${prose(n, 300)}` }),
    max_tokens: 8_000,
    ...ON,
  });
  const { worst_micros } = await quote(conversation(200));
  await leave(worst_micros);
  const summaries = async () =>
    (
      await gateway.app.sql<{ id: string }>(
        "select id from gateway.requests where endpoint = 'compression' and cost_micros > 0",
      )
    ).length;
  const before = await summaries();
  const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => call(conversation(200 + n))));
  const answered = answers.filter(({ status }) => status === 200);
  expect(answers.filter(({ status }) => status === 402)).toHaveLength(10 - answered.length);
  const withSummary = answered.filter(
    ({ headers }) => Number(headers.get("x-holdfast-summary-cost-micros")) > 0,
  );
  expect(withSummary).toHaveLength(1);
  expect((await summaries()) - before).toBe(1);
  await gateway.fund(10_000_000n);
});
