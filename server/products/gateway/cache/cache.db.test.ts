/** The same call is answered again at no cost, and never across organizations, people or wishes. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { grant } from "../../../kernel/ledger/index.ts";
import { withTx } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { Client, Json } from "../../../../test/harness/client.ts";
import { faultsOf, type Receipt } from "../receipts/receipt.ts";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";

let gateway: TestGateway;
let now = Date.now();
const clock = { now: () => new Date(now) };
beforeAll(async () => {
  gateway = await startTestGateway({ clock });
});
afterAll(() => gateway.close());

const QUARTER_MS = 900_000;
const ORG = { cache: { scope: "org" } };
const ask = async (
  content: string,
  rest: Json = {},
  who: Client = gateway.key,
  headers: Record<string, string> = {},
) => {
  const body = {
    model: "openai/gpt-4o-mini",
    max_tokens: 50,
    messages: [{ role: "user", content }],
    ...rest,
  };
  const answer = await who.call("POST", "/v1/chat/completions", { body, headers, idempotencyKey: null });
  expect(answer.status, answer.text).toBe(200);
  return answer;
};
const cacheOf = ({ headers }: { headers: Headers }) => headers.get("x-holdfast-cache");
const asked = async () => (await gateway.bill()).length;

test("off unless told", async () => {
  for (const expected of [1, 2]) {
    expect(cacheOf(await ask("Say 'off'"))).toBeNull();
    expect(await asked()).toBe(expected);
  }
});

test.each([false, true])(
  "a hit (stream: %s) is the same answer and a row, and costs nothing",
  async (stream) => {
    const text = `Say 'twice ${stream}'`;
    const rest = { stream, stream_options: stream ? { include_usage: true } : undefined, holdfast: ORG };
    const before = await asked();
    const first = await ask(text, rest);
    expect(cacheOf(first)).toBe("miss");
    const { settled_micros: settled } = await gateway.balance();
    const again = await ask(text, rest);
    expect(cacheOf(again)).toBe("hit");
    expect(await asked()).toBe(before + 1);
    // What it cost stands in the end of a stream, and is nothing the second time.
    const said = ({ text: whole }: { text: string }) => whole.replaceAll(/"cost[^,}]*|: cost.*/g, "");
    expect(said(again)).toBe(said(first));
    expect(again.headers.get("x-request-id")).not.toBe(first.headers.get("x-request-id"));
    expect(Number(again.headers.get("x-holdfast-tokens-saved"))).toBeGreaterThan(0);
    expect(await gateway.balance()).toMatchObject({ settled_micros: settled, held_micros: 0 });
    const id = again.headers.get("x-request-id");
    expect((await gateway.requests()).find((row) => row.id === id)).toMatchObject({
      outcome: "ok",
      cost_micros: "0",
    });
  },
);

test("two organizations, the same body: no hit across; nor across people where it is a person's own", async () => {
  const other = await gateway.app.neighbour();
  const [row] = await gateway.app.sql<{ org_id: OrgId }>(
    "select org_id from tenancy.organizations where org_id <> $1 limit 1",
    [gateway.org],
  );
  const org = row?.org_id as OrgId;
  const gift = { mode: "test", unit: "credit", kind: "gift", amount: 10n ** 9n, reference: "other" } as const;
  await withTx(gateway.db, org, (tx) => grant(tx, org, [gift], clock.now()));
  const theirs = (await gateway.app.createKey(other, { limits: { rpm: 0 } })).client;
  const text = "Say 'between us'";
  expect(cacheOf(await ask(text, { holdfast: ORG }))).toBe("miss");
  expect(cacheOf(await ask(text, { holdfast: ORG }, theirs))).toBe("miss");
  expect(cacheOf(await ask(text, { holdfast: ORG }, theirs))).toBe("hit");

  const own = { holdfast: { cache: { scope: "user" } } };
  const agent = await gateway.app.member("agent");
  expect(cacheOf(await ask(text, own, agent))).toBe("miss");
  expect(cacheOf(await ask(text, own))).toBe("miss");
  expect(cacheOf(await ask(text, own, agent))).toBe("hit");
});

test("another wish, another model or another body is another call; an order of fields is none", async () => {
  const text = "Say 'alike'";
  await ask(text, { temperature: 0, seed: 1, holdfast: ORG });
  expect(cacheOf(await ask(text, { seed: 1, temperature: 0, holdfast: ORG }))).toBe("hit");
  for (const rest of [
    { temperature: 1, seed: 1 },
    { temperature: 0, seed: 1, model: "openai/gpt-4o" },
  ])
    expect(cacheOf(await ask(text, { ...rest, holdfast: ORG }))).toBe("miss");
  const routed = { ...ORG, routing: { only: ["openrouter"] } };
  expect(cacheOf(await ask(text, { temperature: 0, seed: 1, holdfast: routed }))).toBe("miss");
});

test("a key's defaults count where its call says nothing, over the policy; a call's own word before them", async () => {
  const { owner } = gateway.app;
  const { id, client } = await gateway.app.createKey(owner, {
    limits: { rpm: 0 },
    defaults: { cache: { scope: "user" }, routing: { only: ["glama"] } },
  });
  const refused = await client.call("POST", "/v1/chat/completions", {
    body: { model: "openai/gpt-4o-mini", messages: [{ role: "user", content: "Say 'who'" }] },
    idempotencyKey: null,
  });
  expect([refused.status, refused.body]).toMatchObject([503, { error: { code: "no_provider_available" } }]);
  const routing = { only: ["openrouter"] };
  expect(cacheOf(await ask("Say 'ours'", { holdfast: { routing } }, client))).toBe("miss");
  expect(cacheOf(await ask("Say 'ours'", { holdfast: { routing } }, client))).toBe("hit");
  const laid = { routing: null, allowed_models: null, cache: { scope: "org" } };
  expect((await owner.call("PUT", "/api/llm/policy", { body: laid })).status).toBe(200);
  const off = { cache: false };
  const changed = await owner.call<{ defaults: Json }>("PUT", `/api/api-keys/${id}`, {
    body: { defaults: off },
  });
  expect([changed.status, changed.body.defaults]).toEqual([200, off]);
  expect(cacheOf(await ask("Say 'ours'", {}, client))).toBeNull();
  expect(cacheOf(await ask("Say 'ours'", { holdfast: { cache: { scope: "org" } } }, client))).toBe("miss");
  expect((await owner.call("PUT", `/api/api-keys/${id}`, { body: { defaults: { cash: 1 } } })).status).toBe(
    422,
  );
  expect((await owner.call("PUT", "/api/llm/policy", { body: { ...laid, cache: null } })).status).toBe(200);
});

test("it expires, is cleared, and is laid down for all by the policy, which a call may refuse", async () => {
  const { owner } = gateway.app;
  const text = "Say 'until then'";
  const brief = { "x-holdfast-cache": "org", "x-holdfast-cache-ttl": "60" };
  await ask(text, {}, gateway.key, brief);
  expect(cacheOf(await ask(text, {}, gateway.key, brief))).toBe("hit");
  now += 61_000;
  expect(cacheOf(await ask(text, {}, gateway.key, brief))).toBe("miss");
  const body = { routing: null, allowed_models: null, cache: { scope: "org", ttl_seconds: 7_200 } };
  const laid = await owner.call("PUT", "/api/llm/policy", { body });
  expect(laid.status, laid.text).toBe(200);
  expect(cacheOf(await ask("Say 'all'"))).toBe("miss");
  now += QUARTER_MS;
  expect(cacheOf(await ask("Say 'all'"))).toBe("hit");
  expect(cacheOf(await ask("Say 'all'", { holdfast: { cache: false } }))).toBeNull();
  const cleared = await owner.call<{ deleted: number }>("DELETE", "/api/llm/cache");
  expect(cleared.body.deleted).toBeGreaterThan(0);
  expect(cacheOf(await ask("Say 'all'"))).toBe("miss");
  const kept = await gateway.app.sql("select sealed from gateway.cache_entries");
  expect(kept.some(({ sealed }) => String(sealed).includes("all"))).toBe(false);
});

test("a failure is not kept; what makes no sense is refused", async () => {
  await gateway.fault("empty_body", {}, 1);
  const body = {
    model: "openai/gpt-4o-mini",
    messages: [{ role: "user", content: "Say 'fail'" }],
    holdfast: ORG,
  };
  const call = (change: Json = {}) =>
    gateway.key.call("POST", "/v1/chat/completions", { body: { ...body, ...change }, idempotencyKey: null });
  expect((await call()).status).toBe(502);
  expect(cacheOf(await call())).toBe("miss");
  for (const cache of [{ ttl_seconds: 5 }, { scope: "world" }, "yes", { more: 1 }])
    expect([cache, (await call({ holdfast: { cache } })).status]).toEqual([cache, 400]);
});

test("an empty account gets what is kept, and nothing else", async () => {
  const { owner } = gateway.app;
  await owner.call("PUT", "/api/llm/policy", { body: { routing: null, allowed_models: null, cache: null } });
  const body = {
    model: "openai/gpt-4o-mini",
    max_tokens: 50,
    messages: [{ role: "user", content: "Say 'poor'" }],
  };
  const call = (holdfast: Json) =>
    gateway.key.call("POST", "/v1/chat/completions", { body: { ...body, holdfast }, idempotencyKey: null });
  expect((await call(ORG)).status).toBe(200);
  const { available_micros: all } = await gateway.balance();
  const spent = await owner.call("POST", "/api/tokens/consume", { body: { amount_micros: all } });
  expect(spent.status, spent.text).toBe(200);
  expect(await gateway.balance()).toMatchObject({ available_micros: 0 });
  const hit = await call(ORG);
  expect([hit.status, cacheOf(hit)], hit.text).toEqual([200, "hit"]);
  expect(hit.headers.get("x-holdfast-held-micros")).toBe("0");
  expect((await call({})).status).toBe(402);
  const receipt = await owner.call<{ receipt: Json }>(
    "GET",
    `/api/llm/receipts/${hit.headers.get("x-request-id")}`,
  );
  expect(receipt.body.receipt).toMatchObject({ cost_from: "nothing", cost_micros: 0, txn_id: null });
  await gateway.fund(1_000_000_000n);
});

test("where a hit costs a share of its answer, that is held, charged and told", async () => {
  const dear = await startTestGateway({ env: { GATEWAY_CACHE_HIT_COST_PERCENT: "40" } });
  try {
    const first = await ask("Say 'share'", { holdfast: ORG }, dear.key);
    const before = await dear.balance();
    const hit = await ask("Say 'share'", { holdfast: ORG }, dear.key);
    expect(cacheOf(hit)).toBe("hit");
    const whole = Number(first.headers.get("x-holdfast-cost-micros"));
    const share = Number(hit.headers.get("x-holdfast-cost-micros"));
    expect(Math.abs(share - whole * 0.4)).toBeLessThanOrEqual(1);
    expect(share).toBeGreaterThan(0);
    expect(await dear.balance()).toMatchObject({
      settled_micros: before.settled_micros - share,
      held_micros: 0,
    });
    const id = hit.headers.get("x-request-id");
    const { body } = await dear.app.owner.call<{ receipt: Receipt }>("GET", `/api/llm/receipts/${id}`);
    expect(body.receipt).toMatchObject({ cost_from: "cache", cost_micros: share, lines: [] });
    expect(faultsOf(body.receipt)).toEqual([]);
  } finally {
    await dear.close();
  }
});

test("usage tells what was saved", async () => {
  const { body } = await gateway.app.owner.call<{
    totals: { cache_hits: number; tokens_saved: number; saved_micros: number };
    data: { group: Json; cache_hits: number }[];
  }>("GET", "/api/tokens/usage?group_by=model");
  const [row] = await gateway.app.sql(
    "select count(*)::int as hits, sum(saved_micros)::int as micros from gateway.cache_hits where org_id = $1",
    [gateway.org],
  );
  expect(body.totals).toMatchObject({ cache_hits: row?.["hits"], saved_micros: row?.["micros"] });
  expect(body.totals.tokens_saved).toBeGreaterThan(0);
  expect(body.data.reduce((sum, { cache_hits: hits }) => sum + hits, 0)).toBe(body.totals.cache_hits);
});
