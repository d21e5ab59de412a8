/** Calls whose prices depend on the size of their prompt and on when they began: held, charged, written down, repriced. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../../../../test/harness/gateway.ts";
import type { Json } from "../../../../../test/harness/client.ts";
import { faultsOf, type Receipt } from "../../receipts/receipt.ts";

let now = new Date("2031-03-01T23:50:00.000Z");
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ llm: ["openai"], clock: { now: () => now } });
});
afterAll(() => gateway.close());

const MODEL = "sandbox/tiered";
const PATH = `/api/admin/llm/models/${MODEL}/tiers`;
const call = async (words: number, provider = "openrouter", model = MODEL) => {
  const body = {
    model,
    max_tokens: 10,
    messages: [{ role: "user", content: "boat ".repeat(words) }],
    holdfast: { routing: { only: [provider] } },
  };
  const answer = await gateway.key.call("POST", "/v1/chat/completions", { body, idempotencyKey: null });
  expect(answer.status, answer.text).toBe(200);
  const id = answer.headers.get("x-request-id") ?? "";
  const { body: signed } = await gateway.app.owner.call<{ receipt: Receipt }>(
    "GET",
    `/api/llm/receipts/${id}`,
  );
  expect(faultsOf(signed.receipt)).toEqual([]);
  return { receipt: signed.receipt, held: Number(answer.headers.get("x-holdfast-held-micros")) };
};
const priceOf = ({ lines }: Receipt, name: string) => lines.find(({ line }) => line === name)?.price_usd;
const set = (body: Json) => gateway.app.owner.call("PUT", PATH, { body });

test("a long prompt is held and charged at its own prices, as its company bills it", async () => {
  const short = await call(20);
  expect(short.receipt).toMatchObject({ tier: null, cost_from: "table" });
  expect(priceOf(short.receipt, "input")).toBe("0.000001");
  const long = await call(120);
  expect(long.receipt).toMatchObject({
    tier: "over 100 prompt tokens",
    cost_from: "table",
    markup_percent: 0,
  });
  expect([priceOf(long.receipt, "input"), priceOf(long.receipt, "output")]).toEqual(["0.000002", "0.000003"]);
  expect(long.held).toBeGreaterThanOrEqual(long.receipt.cost_micros);
  const bill = (await gateway.bill()).at(-1);
  expect(Number(long.receipt.cost_usd)).toBe(Number(bill?.cost));
});

test("the list names its tiers; an operator's are a draft with what they change, and count once approved", async () => {
  const tiers = [
    { above_prompt_tokens: 100, prices: { input: "0.000002", output: "0.000003" } },
    {
      from_utc: "23:55",
      to_utc: "00:02",
      prices: { input: "0.0000004", output: "0.000001", cache_write: "0.0000004" },
    },
  ];
  const { body: listed } = await gateway.key.call<Json & { pricing: { tiers: Json[] } }>(
    "GET",
    `/v1/models/${MODEL}`,
  );
  expect(listed.pricing.tiers).toContainEqual(
    expect.objectContaining({ provider: "openai", above_prompt_tokens: 100, prompt: "0.000002" }),
  );
  now = new Date("2031-03-01T23:55:00.000Z");
  const drafted = await set({ provider: "openai", tiers });
  expect([drafted.status, drafted.body.outcome], drafted.text).toEqual([200, "draft"]);
  expect((await call(20, "openai")).receipt.tier).toBeNull();
  const versions = await gateway.app.owner.call<{ data: Json[] }>("GET", "/api/admin/llm/prices");
  expect(versions.body.data[0]).toMatchObject({
    source: "operator",
    changes: [
      { model: MODEL, line: "input", tier: "23:55 to 00:02 UTC", from: null, to: "0.0000004" },
      { model: MODEL, line: "output", tier: "23:55 to 00:02 UTC", from: null, to: "0.000001" },
      { model: MODEL, line: "cache_write", tier: "23:55 to 00:02 UTC", from: null, to: "0.0000004" },
    ],
  });
  const version = String(drafted.body.version);
  const approve = `/api/admin/llm/prices/${version}/approve`;
  expect((await gateway.app.owner.call("POST", approve, { idempotencyKey: null })).status).toBe(200);
  expect((await set({ provider: "openai", tiers })).body).toEqual({ outcome: "unchanged", version: null });
});

test("a call is priced by when it began: held less in the window, whatever the size of its prompt", async () => {
  const inside = await call(120, "openai");
  expect(inside.receipt.tier).toBe("over 100 prompt tokens; 23:55 to 00:02 UTC");
  expect(priceOf(inside.receipt, "input")).toBe("0.0000004");
  now = new Date("2031-03-02T00:01:59.000Z");
  expect((await call(20, "openai")).receipt.tier).toBe("23:55 to 00:02 UTC");
  now = new Date("2031-03-02T00:02:00.000Z");
  const outside = await call(120, "openai");
  expect(outside.receipt.tier).toBe("over 100 prompt tokens");
  expect(outside.held).toBeGreaterThan(inside.held * 3);
});

test("usage on another model costs what each of its calls would by its own size and beginning", async () => {
  const asked = `to_model=${MODEL}&from=2031-03-01T00:00:00Z&to=2031-03-03T00:00:00Z`;
  const answer = await gateway.app.owner.call<{ data: Json[] }>("GET", `/api/tokens/usage/what-if?${asked}`);
  expect(answer.status, answer.text).toBe(200);
  const [row] = answer.body.data;
  // Of both companies the dearest, so never less than was charged; what openrouter served itself costs the same.
  expect(Number(row?.repriced_micros)).toBeGreaterThan(Number(row?.cost_micros));
  const version = (await call(1)).receipt.price_version;
  const own = await gateway.app.owner.call<{ data: Json[] }>(
    "GET",
    `/api/tokens/usage/what-if?to_version=${version}&provider=openrouter&from=2031-03-01T00:00:00Z&to=2031-03-03T00:00:00Z`,
  );
  const [same] = own.body.data;
  expect(Math.abs(Number(same?.repriced_micros) - Number(same?.cost_micros))).toBeLessThanOrEqual(3);
});

test("a price list read anew brings its tiers along as a draft; what is nobody's price is refused", async () => {
  await gateway.settings({ listed_percent: 200 });
  await gateway.app.owner.call("POST", "/api/admin/llm/prices/refresh", { idempotencyKey: null });
  const versions = await gateway.app.owner.call<{ data: (Json & { changes: Json[] })[] }>(
    "GET",
    "/api/admin/llm/prices",
  );
  expect(versions.body.data[0]?.changes).toContainEqual({
    model: MODEL,
    line: "output",
    tier: "over 100 prompt tokens",
    from: "0.000003",
    to: "0.000006",
  });
  expect((await set({ provider: "nobody", tiers: [] })).body.code).toBe("provider_not_found");
  const elsewhere = await gateway.app.owner.call("PUT", "/api/admin/llm/models/nobody/nothing/tiers", {
    body: { provider: "openai", tiers: [] },
  });
  expect(elsewhere.body.code).toBe("model_not_found");
});
