/** Calls by an organization's own key: they cost no credits, and a key that is refused is found out. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";
import { OWNER } from "../../../../test/harness/people.ts";
import type { Json } from "../../../../test/harness/client.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ llm: ["openai"], haste: 10 });
});
afterAll(() => gateway.close());

const PATH = "/api/llm/provider-keys";
type Key = Json & { id: string; state: string };
const owner = () => gateway.app.owner;
const keys = async () => (await owner().call<{ data: Key[] }>("GET", PATH)).body.data;
const add = (rest: Json = {}) => {
  const { api_key: secret } = gateway.app.credentials.openai;
  return owner().call<Key>("POST", PATH, { body: { provider: "openai", secret, ...rest } });
};
beforeEach(async () => {
  for (const { id } of await keys()) await owner().call("DELETE", `${PATH}/${id}`);
});
const call = (rest: Json = {}) =>
  gateway.key.call("POST", "/v1/chat/completions", {
    body: {
      model: "openai/gpt-4o-mini",
      max_tokens: 50,
      messages: [{ role: "user", content: "Say 'hello'" }],
      ...rest,
    },
    idempotencyKey: null,
  });

test.each([false, true])("stream %s: a call by it costs nothing, and is counted", async (stream) => {
  expect((await add()).status).toBe(201);
  const before = await gateway.balance();
  const answer = await call({ stream });
  expect(answer.status, answer.text).toBe(200);
  expect(answer.headers.get("x-holdfast-provider")).toBe("openai");
  expect(answer.headers.get("x-holdfast-route")).toBe("own-key");
  expect((await gateway.balance()).settled_micros).toBe(before.settled_micros);
  const [row] = await gateway.app.sql<{ own_key_id: string; output_tokens: string; cost_usd: string }>(
    "select own_key_id, output_tokens, cost_usd from gateway.requests order by created_at desc, id desc limit 1",
  );
  expect(row?.own_key_id).toBe((await keys())[0]?.id);
  expect(Number(row?.output_tokens)).toBeGreaterThan(0);
  expect(Number(row?.cost_usd)).toBe(0);
});

test("it is checked when it is saved, kept sealed, told by four characters, and one per provider", async () => {
  const { api_key: secret } = gateway.app.credentials.openai;
  const bad = await add({ secret: `${secret.slice(0, -1)}-wrong` });
  expect([bad.status, (bad.body.errors as { pointer: string }[])[0]?.pointer]).toEqual([422, "/secret"]);
  const unknown = await add({ provider: "nobody" });
  expect([unknown.status, (unknown.body.errors as { pointer: string }[])[0]?.pointer]).toEqual([
    422,
    "/provider",
  ]);
  expect((await add()).body).toMatchObject({ secret_last4: secret.slice(-4), state: "ok" });
  expect((await add()).status).toBe(409);
  expect(JSON.stringify(await keys())).not.toContain(secret);
  const [row] = await gateway.app.sql<{ secret: Buffer }>("select secret from gateway.provider_keys");
  expect(row?.secret.includes(secret)).toBe(false);
});

test("without a fallback a failure is not paid by credits; with one it is", async () => {
  const { body } = await add({ use: "only" });
  await gateway.fault("status", { params: { status: 500 } }, 1, "openai");
  expect((await call()).status).toBe(502);
  const change = { use: "only", fallback_to_platform: true };
  expect((await owner().call("PUT", `${PATH}/${body.id}`, { body: change })).status).toBe(200);
  await gateway.fault("status", { params: { status: 500 } }, 1, "openai");
  const before = await gateway.balance();
  const answer = await call();
  expect(answer.status, answer.text).toBe(200);
  expect(answer.headers.get("x-holdfast-attempts")).toBe("2");
  expect((await gateway.balance()).settled_micros).toBeLessThan(before.settled_micros);
});

test("three refusals in a row: it is asked by no more, the owners are told, and another key mends it", async () => {
  const { body } = await add();
  await gateway.fault("status", { params: { status: 401 } }, 3, "openai");
  for (let each = 0; each < 3; each += 1) {
    expect((await call()).headers.get("x-holdfast-provider")).toBe("openrouter");
    await gateway.until("counted", async () => {
      const [row] = await gateway.app.sql<{ refusals: number }>(
        "select refusals::int from gateway.provider_keys",
      );
      return row?.refusals === each + 1;
    });
  }
  expect(await keys()).toMatchObject([{ state: "failing" }]);
  let subject = "";
  while (!subject.includes("openai is refused")) subject = (await gateway.app.mailbox(OWNER.email)).subject;
  const { length } = await gateway.bill("openai");
  expect((await call()).headers.get("x-holdfast-attempts")).toBe("1");
  expect(await gateway.bill("openai")).toHaveLength(length);
  const { api_key: secret } = gateway.app.credentials.openai;
  const mended = await owner().call("PUT", `${PATH}/${body.id}`, { body: { secret } });
  expect(mended.body).toMatchObject({ state: "ok" });
  expect((await call()).headers.get("x-holdfast-route")).toBe("own-key");
});

test("another organization's calls do not go by it", async () => {
  expect((await add()).status).toBe(201);
  const neighbour = await gateway.app.neighbour();
  expect((await neighbour.call<{ data: Key[] }>("GET", PATH)).body.data).toEqual([]);
  const { client } = await gateway.app.createKey(neighbour);
  const { body } = await client.call<{ data: { id: string; byok: boolean }[] }>("GET", "/api/llm/providers");
  expect(body.data.map(({ byok }) => byok)).toEqual([false, false]);
});
