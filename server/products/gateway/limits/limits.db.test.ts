/** What bounds model calls: rates, calls at once, budgets; of the key, the person, the organization and its plan. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient, type Answer, type Client, type Json } from "../../../../test/harness/client.ts";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";
import plans from "../../../../test/harness/plans.json" with { type: "json" };
import { manualClock } from "../../../platform/clock.ts";

const clock = manualClock(new Date("2031-05-14T23:40:00Z"));
/** The free plan with rates. */
const PLAN = { seats: 25, rpm: 200, tpm: 1_000_000, concurrency: 100 };
let gateway: TestGateway;
let owner: Client;
beforeAll(async () => {
  const file = structuredClone(plans);
  Object.assign(file.plans[0]?.limits ?? {}, PLAN);
  gateway = await startTestGateway({ clock, env: { PLANS: JSON.stringify(file) } });
  owner = gateway.app.owner;
});
afterAll(() => gateway.close());

const keyWith = (limits: Json, input: Json = {}) =>
  gateway.app.createKey(owner, { limits, scopes: ["gateway.use", "credits.spend"], ...input });
const chat = (who: Client, body: Json = {}, headers: Record<string, string> = {}) =>
  who.call("POST", "/v1/chat/completions", {
    body: { model: "sandbox/echo", max_tokens: 5, messages: [{ role: "user", content: "Hello" }], ...body },
    headers,
    idempotencyKey: null,
  });
const errorOf = ({ status, body }: Answer) => [status, body.error] as [number, Json];
const limitsOf = async (who: Client) => {
  const { status, body, text } = await who.call<{ data: Json[]; rules: Json[] }>("GET", "/api/tokens/limits");
  expect(status, text).toBe(200);
  return body;
};
const set = (body: Json, who = owner) => who.call("PUT", "/api/tokens/limits", { body });
const orgLimits = (limits: Json) => set({ subject_type: "org", subject_id: gateway.org, ...limits });
/** Reads the owner's mail on to this one. */
async function mailed(subject: string): Promise<void> {
  for (;;) if ((await gateway.app.mailbox("owner@example.com")).subject === subject) return;
}
/** A minute later, with a fresh proof of who the owner is. */
const minute = async () => {
  clock.advance(61_000);
  owner = await gateway.app.signIn();
};

test("a key's calls a minute: those beyond are 429, which names it and when there is room", async () => {
  const { id, client } = await keyWith({ rpm: 3 });
  for (let call = 0; call < 3; call += 1) expect((await chat(client)).status).toBe(200);
  const refused = await chat(client);
  expect(errorOf(refused)).toMatchObject([
    429,
    { code: "rate_limit_exceeded", type: "rate_limit_error", subject: { type: "key", id }, limit: "rpm" },
  ]);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(refused.headers.get("ratelimit")).toMatch(/^"llm-rpm";r=0;t=\d+$/);
  const before = await gateway.requests();
  clock.advance(Number(refused.headers.get("retry-after")) * 1_000);
  expect((await chat(client)).status).toBe(200);
  expect(await gateway.requests()).toHaveLength(before.length + 1);
});

test("tokens a minute take the estimate, and at the end what there was", async () => {
  await minute();
  const { client } = await keyWith({ rpm: 0, tpm: 1_000 });
  expect((await chat(client, { max_tokens: 700 })).status).toBe(200);
  const [standing] = (await limitsOf(client)).data as { used: Json; tightest: string }[];
  expect(Number(standing?.used.tpm)).toBeLessThan(700);
  // The estimate of the first is gone, else these would not both fit.
  expect((await chat(client, { max_tokens: 700 })).status).toBe(200);
  const refused = await chat(client, { max_tokens: 990 });
  expect(errorOf(refused)).toMatchObject([429, { limit: "tpm" }]);
  // More than a minute may have at all is let in alone.
  await minute();
  expect((await chat(client, { max_tokens: 5_000 })).status).toBe(200);
});

test("what is refused takes nothing: not of the rates either", async () => {
  await minute();
  const { client } = await keyWith({ rpm: 2, budget_daily_micros: 1 });
  for (let call = 0; call < 5; call += 1)
    expect(errorOf(await chat(client))).toMatchObject([402, { code: "key_budget_exceeded" }]);
  const [standing] = (await limitsOf(client)).data as { used: Json }[];
  expect(standing?.used).toMatchObject({ rpm: 0, concurrency: 0, budget_daily_micros: 0 });
});

test("calls at once: one more is 429 until one has ended", async () => {
  await minute();
  const { id, client } = await keyWith({ rpm: 0, concurrency: 2 });
  const running = [1, 2].map(() => chat(client, { model: "sandbox/hold" }));
  await gateway.until("both are held upstream", async () => (await gateway.heldUpstream()) === 2);
  expect(errorOf(await chat(client))).toMatchObject([
    429,
    { code: "rate_limit_exceeded", subject: { type: "key", id }, limit: "concurrency" },
  ]);
  await gateway.release("sandbox/hold", false);
  for (const call of running) expect((await call).status).toBe(200);
  expect((await chat(client)).status).toBe(200);
});

test("a budget counts open holds, and comes back with the UTC day", async () => {
  await minute();
  const { id, client } = await keyWith({ rpm: 0 });
  // Bytes and 16 for the message at 10⁻⁶ USD, one token out at 2·10⁻⁶: all that is left of the budget.
  const held = (Buffer.byteLength("Hello") + 16) * 100 + 200;
  expect((await chat(client)).status).toBe(200);
  const [first] = (await limitsOf(client)).data as { used: { budget_daily_micros: number } }[];
  const spent = Number(first?.used.budget_daily_micros);
  expect(spent).toBeGreaterThan(0);
  const budget = { subject_type: "key", subject_id: id, budget_daily_micros: spent + held };
  expect((await set(budget)).status).toBe(200);
  const one = chat(client, { model: "sandbox/hold", max_tokens: 1 });
  await gateway.until("it is held upstream", async () => (await gateway.heldUpstream()) === 1);
  const refused = await chat(client);
  expect(errorOf(refused)).toMatchObject([
    402,
    {
      code: "key_budget_exceeded",
      type: "insufficient_quota",
      subject: { type: "key", id },
      resets_at: "2031-05-15T00:00:00.000Z",
    },
  ]);
  await gateway.release("sandbox/hold", false);
  expect((await one).status).toBe(200);
  clock.advance(20 * 60_000);
  expect((await chat(client)).status).toBe(200);
});

test("a person's limits bind their session and their keys; the organization's bind everyone", async () => {
  await minute();
  const agent = await gateway.app.member("agent");
  const me = (await agent.call<{ user: { id: string } }>("GET", "/api/auth/me")).body.user;
  const rule = { subject_type: "user", subject_id: me.id, budget_monthly_micros: 0 };
  expect((await set(rule)).status).toBe(200);
  const { client } = await gateway.app.createKey(agent, { scopes: ["gateway.use", "credits.spend"] });
  for (const who of [agent, client])
    expect(errorOf(await chat(who))).toMatchObject([
      402,
      { code: "budget_exceeded", subject: { type: "user", id: me.id } },
    ]);
  const reserved = await client.call("POST", "/api/tokens/reserve", { body: { amount_micros: 1 } });
  expect([reserved.status, reserved.body]).toMatchObject([
    402,
    { code: "budget_exceeded", subject: { type: "user", id: me.id } },
  ]);
  await set({ ...rule, budget_monthly_micros: null });
  expect((await chat(client)).status).toBe(200);
  await orgLimits({ budget_daily_micros: 0 });
  expect(errorOf(await chat(client))).toMatchObject([402, { subject: { type: "org", id: gateway.org } }]);
  await orgLimits({});
  expect((await chat(client)).status).toBe(200);
});

test("what programs reserve and consume counts for the budget as well", async () => {
  await minute();
  const { client } = await keyWith({ rpm: 0, budget_daily_micros: 1_000 });
  const spend = (path: string, body: Json) => client.call("POST", `/api/tokens/${path}`, { body });
  const { body: hold } = await spend("reserve", { amount_micros: 600 });
  expect((await spend("consume", { amount_micros: 500 })).status).toBe(402);
  expect((await spend("consume", { hold_id: hold.id, amount_micros: 100 })).status).toBe(200);
  expect((await spend("consume", { amount_micros: 800 })).status).toBe(200);
  // What is above a hold is no way around.
  const { body: small } = await spend("reserve", { amount_micros: 100 });
  const beyond = { hold_id: small.id, amount_micros: 101, allow_excess: true };
  expect((await spend("consume", beyond)).body).toMatchObject({ code: "budget_exceeded", left_micros: 0 });
  expect((await spend("consume", { hold_id: small.id, amount_micros: 100 })).status).toBe(200);
  expect((await spend("consume", { amount_micros: 1 })).body).toMatchObject({
    code: "budget_exceeded",
    left_micros: 0,
    budget_micros: 1_000,
  });
});

test("at 80 and at 100 percent the owners are told, once each", async () => {
  await minute();
  const seen: Json[] = [];
  const stream = new AbortController();
  const { client: listener } = await gateway.app.createKey(owner, { scopes: ["payments.read"] });
  const answer = await fetch(`${gateway.app.url}/api/stream?topics=budget.warned`, {
    headers: listener.headers,
    signal: stream.signal,
  });
  void (async () => {
    const decoder = new TextDecoder();
    for await (const bytes of answer.body ?? [])
      for (const [, data = ""] of decoder.decode(bytes as Uint8Array).matchAll(/^data: (\{.*\})$/gm))
        seen.push(JSON.parse(data) as Json);
  })().catch(() => undefined);
  const { id, client } = await keyWith({ rpm: 0, budget_daily_micros: 1_000 }, { name: "Warner" });
  const spend = (amount_micros: number) =>
    client.call("POST", "/api/tokens/consume", { body: { amount_micros } });
  await spend(790);
  await spend(20);
  await mailed("80 % of the budget of the key Warner is used");
  await spend(500);
  await mailed("The budget of the key Warner is used up");
  const told = () => seen.filter((each) => (each.subject as Json).id === id);
  await gateway.until("both are told of", async () => told().length >= 2);
  expect(told()).toMatchObject([{ percent: 80 }, { percent: 100 }]);
  stream.abort();
});

test("a key with models of its own reaches and lists no other", async () => {
  await minute();
  const { client } = await keyWith({ rpm: 0 }, { allowed_models: ["sandbox/echo"] });
  expect((await chat(client)).status).toBe(200);
  expect(errorOf(await chat(client, { model: "openai/gpt-4o-mini" }))).toMatchObject([
    404,
    { code: "model_not_found" },
  ]);
  const { body } = await client.call<{ data: { id: string }[] }>("GET", "/v1/models");
  expect(body.data.map(({ id }) => id)).toEqual(["sandbox/echo"]);
  expect((await client.call("GET", "/v1/models/openai/gpt-4o-mini")).status).toBe(404);
});

test("the plan's rates bind where nothing else is said, and nobody sets more", async () => {
  await minute();
  const { data } = await limitsOf(owner);
  expect(data).toMatchObject([
    { subject: { type: "org", id: gateway.org }, rpm: 200, tpm: 1_000_000, concurrency: 100 },
  ]);
  const above = await orgLimits({ rpm: 201, concurrency: 101 });
  expect([above.status, above.body]).toMatchObject([
    422,
    { code: "invalid_input", errors: [{ pointer: "/rpm" }, { pointer: "/concurrency" }] },
  ]);
  expect((await orgLimits({ rpm: 1 })).status).toBe(200);
  const { client } = await keyWith({ rpm: 0 });
  expect((await chat(client)).status).toBe(200);
  expect(errorOf(await chat(client))).toMatchObject([429, { subject: { type: "org", id: gateway.org } }]);
  expect((await orgLimits({})).status).toBe(200);
  expect((await chat(client)).status).toBe(200);
});

test("a key's limits are one and the same here and with the key, and each change is in the trail", async () => {
  const { id, client } = await keyWith({ rpm: 7 });
  const asked = {
    subject_type: "key",
    subject_id: id,
    rpm: 9,
    tpm: 900,
    concurrency: 3,
    budget_daily_micros: 5,
  };
  expect((await set(asked)).status).toBe(200);
  const { body } = await owner.call<{ data: { id: string; limits: Json }[] }>("GET", "/api/api-keys");
  expect(body.data.find((key) => key.id === id)?.limits).toEqual({
    rpm: 9,
    tpm: 900,
    concurrency: 3,
    budget_daily_micros: 5,
    budget_monthly_micros: null,
  });
  await gateway.until("the key knows it", async () => (await limitsOf(client)).data[0]?.rpm === 9);
  const trail = await owner.call<{ data: Json[] }>("GET", "/api/audit-log?action=limits.changed");
  expect(trail.body.data[0]).toMatchObject({ target_id: id });
});

test.each<[string, () => Promise<Json>, number]>([
  ["another's organization", async () => ({ subject_type: "org", subject_id: `org_${"1".repeat(32)}` }), 404],
  [
    "a person who is no member",
    async () => ({ subject_type: "user", subject_id: `usr_${"1".repeat(32)}` }),
    404,
  ],
  [
    "a key that is not there",
    async () => ({ subject_type: "key", subject_id: `key_${"1".repeat(32)}` }),
    404,
  ],
  ["a kind of subject that is none", async () => ({ subject_type: "team", subject_id: "x" }), 422],
  ["a rate of zero", async () => ({ subject_type: "org", subject_id: gateway.org, rpm: 0 }), 422],
])("%s is refused", async (_name, body, status) => {
  expect((await set(await body())).status).toBe(status);
});

test("two processes share one budget and one number of calls at once", async () => {
  await minute();
  const other = await gateway.app.startAnother({ ROLE: "api" });
  const { secret, client } = await keyWith({ rpm: 0, concurrency: 1 });
  const there = createClient(other.url, { authorization: `Bearer ${secret}` });
  const running = chat(client, { model: "sandbox/hold" });
  await gateway.until("it is held upstream", async () => (await gateway.heldUpstream()) === 1);
  expect(errorOf(await chat(there))).toMatchObject([429, { limit: "concurrency" }]);
  await gateway.release("sandbox/hold", false);
  expect((await running).status).toBe(200);
  expect((await chat(there)).status).toBe(200);
});
