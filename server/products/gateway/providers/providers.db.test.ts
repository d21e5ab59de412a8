/** Operators set providers up: where calls go, what they cost on top, what becomes of those whose caller left. */
import { request as httpRequest } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";
import type { Json } from "../../../../test/harness/client.ts";
import { faultsOf, type Receipt } from "../receipts/receipt.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ llm: ["openai"] });
});
afterAll(() => gateway.close());

const PATH = "/api/admin/llm/providers";
const MODEL = "openai/gpt-4o-mini";
type Shown = Json & { id: string; secret_from: string | null; secret_last4: string | null };
const all = async () => (await gateway.app.owner.call<{ data: Shown[] }>("GET", PATH)).body.data;
const one = async (id: string) => (await all()).find((provider) => provider.id === id);
const put = (id: string, body: Json) => gateway.app.owner.call<Shown>("PUT", `${PATH}/${id}`, { body });
const post = (body: Json) => gateway.app.owner.call<Shown>("POST", PATH, { body });
const call = (only: string, rest: Json = {}) =>
  gateway.key.call("POST", "/v1/chat/completions", {
    body: {
      model: MODEL,
      max_tokens: 100,
      messages: [{ role: "user", content: "Say 'hello'" }],
      holdfast: { routing: { only: [only] } },
      ...rest,
    },
    idempotencyKey: null,
  });
const last = async () => (await gateway.requests()).at(-1);
const fieldOf = ({ body }: { body: Json }) =>
  (body.errors as { pointer: string }[] | undefined)?.[0]?.pointer;

test("the environment's providers are there, their keys told by four characters", async () => {
  const { api_key: key } = gateway.app.credentials.openai;
  expect(await one("openai")).toMatchObject({
    kind: "openai",
    base_url: null,
    address: gateway.app.credentials.openai.base_url,
    secret_from: "environment",
    secret_last4: key.slice(-4),
    enabled: true,
    markup_percent: 0,
    plan_markups: {},
    on_disconnect: null,
    live: false,
    state: "ok",
    breakers: [],
  });
  expect(JSON.stringify(await all())).not.toContain(key);
});

test.each([
  ["http://models.example.com/v1", "/base_url"],
  ["https://127.0.0.1:9/v1", "/base_url"],
  ["https://169.254.169.254/latest", "/base_url"],
  [null, "/base_url"],
])("an address inside the network, or none, is refused: %s", async (base_url, pointer) => {
  const before = await all();
  const refused = await post({ id: "inside", kind: "compatible", base_url, secret: "not-a-secret" });
  expect([refused.status, fieldOf(refused)]).toEqual([422, pointer]);
  expect(await all()).toEqual(before);
});

test("a provider takes an id once, and needs a key", async () => {
  const { base_url, api_key } = gateway.app.credentials.openai;
  const body = { id: "house", kind: "compatible", base_url, private_address: true };
  const without = await post(body);
  expect([without.status, fieldOf(without)]).toEqual([422, "/secret"]);
  const added = await post({ ...body, secret: api_key });
  expect(added.status, added.text).toBe(201);
  expect(added.body).toMatchObject({ secret_from: "own", secret_last4: api_key.slice(-4) });
  expect(added.text).not.toContain(api_key);
  const again = await post({ ...body, secret: api_key });
  expect([again.status, again.body.code]).toEqual([409, "provider_exists"]);
  const [row] = await gateway.app.sql<{ secret: Buffer }>(
    "select secret from gateway.providers where id = 'house'",
  );
  expect(row?.secret.includes(api_key)).toBe(false);
});

test("a key never goes to another address without being given again", async () => {
  const { base_url } = gateway.app.credentials.openai;
  const moved = await put("house", { kind: "compatible", base_url: `${base_url}/x`, private_address: true });
  expect([moved.status, fieldOf(moved)]).toEqual([422, "/secret"]);
  const environments = await put("openai", { kind: "openai", base_url, private_address: true });
  expect([environments.status, fieldOf(environments)]).toEqual([422, "/secret"]);
  expect((await put("nobody", { kind: "openai" })).status).toBe(404);
});

test("disabled, it is asked no more; enabled, again", async () => {
  expect((await put("openai", { kind: "openai", enabled: false })).body).toMatchObject({ state: "off" });
  expect((await call("openai")).status).toBe(503);
  expect((await put("openai", { kind: "openai" })).body).toMatchObject({ state: "ok" });
  expect((await call("openai")).status).toBe(200);
});

test("a markup is inside the published price and on top of the bill, by a version of its own", async () => {
  const plain = await call("openai");
  const priceOf = async () =>
    (await gateway.key.call<{ pricing: { prompt: string } }>("GET", `/v1/models/${MODEL}`)).body.pricing
      .prompt;
  expect(await priceOf()).toBe("0.00000015");
  expect((await put("openai", { kind: "openai", markup_percent: 50 })).status).toBe(200);
  expect(await priceOf()).toBe("0.000000225");
  const dearer = await call("openai");
  const bill = (await gateway.bill("openai")).at(-1);
  expect(Number(dearer.headers.get("x-holdfast-held-micros"))).toBeGreaterThan(
    Number(plain.headers.get("x-holdfast-held-micros")),
  );
  expect(dearer.headers.get("x-holdfast-price-version")).toMatch(/^openai-.*-markup$/);
  expect(Number((await last())?.cost_usd)).toBeCloseTo(Number(bill?.cost) * 1.5, 15);
  const [attempt] = await gateway.app.sql<{ provider_cost_usd: string }>(
    "select provider_cost_usd from gateway.attempts order by created_at desc, id desc limit 1",
  );
  expect(Number(attempt?.provider_cost_usd)).toBe(Number(bill?.cost));
  const receipt = await gateway.key.call<{ receipt: Json }>("GET", `/api/llm/receipts/${(await last())?.id}`);
  expect(receipt.body.receipt).toMatchObject({ cost_from: "table" });
  const { body: usage } = await gateway.app.owner.call<{ data: { group: string; margin_usd: string }[] }>(
    "GET",
    "/api/admin/llm/usage?group_by=provider",
  );
  const margin = usage.data.find(({ group }) => group === "openai")?.margin_usd;
  expect(Number(margin)).toBeGreaterThan(1e-6);
  expect((await put("openai", { kind: "openai" })).status).toBe(200);
  expect(await priceOf()).toBe("0.00000015");
});

test("a plan's own markup is inside the price that its organizations see, pay and find in the receipt", async () => {
  const priceOf = async () =>
    (await gateway.key.call<{ pricing: { prompt: string } }>("GET", `/v1/models/${MODEL}`)).body.pricing
      .prompt;
  const markups = { kind: "openai", markup_percent: 10, plan_markups: { pro: 30 } };
  expect((await put("openai", markups)).body).toMatchObject({ plan_markups: { pro: 30 } });
  const told = await gateway.key.call<{ data: Json[] }>("GET", "/api/llm/providers");
  expect(told.body.data).toContainEqual(
    expect.objectContaining({ id: "openai", markup_percent: 10, plan_markups: { pro: 30 } }),
  );
  expect(await priceOf()).toBe("0.000000165");
  expect((await put("openai", { ...markups, plan_markups: { free: 50 } })).status).toBe(200);
  expect(await priceOf()).toBe("0.000000225");
  const answer = await call("openai");
  expect(answer.headers.get("x-holdfast-price-version")).toMatch(/\+free@50$/);
  const bill = (await gateway.bill("openai")).at(-1);
  expect(Number((await last())?.cost_usd)).toBeCloseTo(Number(bill?.cost) * 1.5, 15);
  const { body } = await gateway.key.call<{
    receipt: { lines: Json[]; table_usd: string; cost_usd: string };
  }>("GET", `/api/llm/receipts/${(await last())?.id}`);
  expect(body.receipt.lines).toContainEqual(
    expect.objectContaining({ line: "input", price_usd: "0.000000225" }),
  );
  expect(body.receipt.table_usd).toBe(body.receipt.cost_usd);
  const consumed = await gateway.app.owner.call<{ captured_micros: number }>("POST", "/api/tokens/consume", {
    body: {
      model: MODEL,
      usage: { input_tokens: 1_000_000, cache_read_tokens: 0, cache_write_tokens: 0, output_tokens: 0 },
    },
  });
  expect([consumed.status, consumed.body.captured_micros]).toEqual([200, 22_500_000]);
  for (const wrong of [{ free: 501 }, { "no plan": 1 }, { free: 1.5 }])
    expect((await put("openai", { ...markups, plan_markups: wrong })).status).toBe(422);
  expect((await put("openai", { kind: "openai" })).status).toBe(200);
  expect(await priceOf()).toBe("0.00000015");
});

test("OpenRouter's own figure gets the markup too", async () => {
  expect((await put("openrouter", { kind: "openrouter", markup_percent: 100 })).status).toBe(200);
  expect((await call("openrouter")).status).toBe(200);
  const bill = (await gateway.bill()).at(-1);
  expect(Number((await last())?.cost_usd)).toBeCloseTo(Number(bill?.cost) * 2, 15);
  await gateway.fault("cost_unlike_table", { params: { times: 3 } });
  expect((await call("openrouter")).status).toBe(200);
  const { body } = await gateway.key.call<{ receipt: Receipt }>(
    "GET",
    `/api/llm/receipts/${(await last())?.id}`,
  );
  expect(body.receipt).toMatchObject({ cost_from: "provider", markup_percent: 100 });
  expect(Number(body.receipt.provider_usd)).toBe(Number((await gateway.bill()).at(-1)?.cost));
  expect(faultsOf(body.receipt)).toEqual([]);
  expect((await put("openrouter", { kind: "openrouter" })).status).toBe(200);
});

test("a deadline of its own is shorter than everybody's", async () => {
  await gateway.settings({ first_token_ms: 20_000 }, "openai");
  expect((await put("openai", { kind: "openai", timeouts: { json_s: 1 } })).body).toMatchObject({
    timeouts: { json_s: 1 },
  });
  expect((await call("openai")).status).toBe(504);
  await gateway.settings({ first_token_ms: 0 }, "openai");
  expect((await put("openai", { kind: "openai" })).body).toMatchObject({ timeouts: null });
});

/** Starts a streamed call and hangs up at its first content. */
function leave(provider: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const request = httpRequest(`${gateway.app.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${gateway.secret}` },
  });
  request.on("response", (answer) =>
    answer
      .once("data", () => {
        request.destroy();
        resolve();
      })
      .on("error", () => resolve()),
  );
  request.on("error", (error: NodeJS.ErrnoException) =>
    error.code === "ECONNRESET" ? resolve() : reject(error),
  );
  request.end(
    JSON.stringify({
      model: MODEL,
      stream: true,
      messages: [{ role: "user", content: "Tell me a story about a lighthouse and a ship, please" }],
      holdfast: { routing: { only: [provider] } },
    }),
  );
  return promise;
}

test("drain: the answer is read to its end for nobody, and paid as the provider reports it", async () => {
  expect((await put("openai", { kind: "openai", on_disconnect: "drain" })).status).toBe(200);
  await gateway.settings({ tokens_per_second: 50 }, "openai");
  const { length } = await gateway.bill("openai");
  await leave("openai");
  const bill = await gateway.until("billed", async () => {
    const all = await gateway.bill("openai");
    return all.length > length && all.at(-1)?.state === "finished" && all.at(-1);
  });
  await gateway.until("settled", async () => (await last())?.state === "settled");
  expect(await last()).toMatchObject({ outcome: "disconnected", basis: "reported" });
  expect(Number((await last())?.cost_usd)).toBe(Number(bill.cost));
});

test("abort: the provider is cut at once, and what was delivered is paid", async () => {
  expect((await put("openai", { kind: "openai", on_disconnect: "abort" })).status).toBe(200);
  const { length } = await gateway.bill("openai");
  await leave("openai");
  const bill = await gateway.until("billed", async () => {
    const all = await gateway.bill("openai");
    return all.length > length && all.at(-1)?.state !== "running" && all.at(-1);
  });
  expect(bill.state).not.toBe("finished");
  await gateway.until("settled", async () => (await last())?.state === "settled");
  expect(await last()).toMatchObject({ outcome: "disconnected", basis: "estimated" });
  await gateway.settings({ tokens_per_second: 0 }, "openai");
});

test("each change is in the trail, without a secret", async () => {
  const rows = await gateway.app.sql<{ detail: Json }>(
    "select detail from identity.audit_entries where action like 'llm_provider.%'",
  );
  expect(rows.length).toBeGreaterThan(5);
  expect(JSON.stringify(rows)).not.toContain(gateway.app.credentials.openai.api_key);
});
