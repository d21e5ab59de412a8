/** A price that a provider lists changes no charge before an operator has approved it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";
import { OWNER } from "../../../../test/harness/people.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

type Version = {
  version: string;
  provider: string;
  state: string;
  reason: string | null;
  changes: { model: string; line: string }[];
};
const PATH = "/api/admin/llm/prices";
const MODEL = "openai/gpt-4o-mini";
const versions = async () => (await gateway.app.owner.call<{ data: Version[] }>("GET", PATH)).body.data;
const post = (path: string) =>
  gateway.app.owner.call<{ data: { outcome: string; version: string }[] }>("POST", `${PATH}${path}`, {
    idempotencyKey: null,
  });
const call = async () => {
  const body = { model: MODEL, max_tokens: 100, messages: [{ role: "user", content: "Say 'hello'" }] };
  const answer = await gateway.key.call("POST", "/v1/chat/completions", { body, idempotencyKey: null });
  expect(answer.status, answer.text).toBe(200);
  return {
    version: answer.headers.get("x-holdfast-price-version"),
    held: Number(answer.headers.get("x-holdfast-held-micros")),
  };
};

test("a list as it was makes no draft", async () => {
  expect((await post("/refresh")).body.data).toEqual([
    { provider: "openrouter", outcome: "unchanged", version: null },
  ]);
});

test("a changed list is a draft; calls name the old version until it is approved, and the new one from then on", async () => {
  const before = await call();
  await gateway.settings({ listed_percent: 200 });
  const draft = (await post("/refresh")).body.data[0]?.version as string;
  expect((await post("/refresh")).body.data[0]?.outcome).toBe("unchanged");
  expect((await versions())[0]).toMatchObject({
    version: draft,
    state: "draft",
    changes: expect.arrayContaining([
      { model: MODEL, line: "input", tier: null, from: "0.00000015", to: "0.0000003" },
    ]),
  });
  const mail = await gateway.app.mailbox(OWNER.email);
  expect(mail.subject).toBe("openrouter lists other prices");
  expect(mail.text).toContain(draft);
  expect(await call()).toEqual(before);
  expect((await post(`/${draft}/approve`)).status).toBe(200);
  const after = await call();
  expect(after.version).toBe(draft);
  expect(after.held).toBeGreaterThan(before.held);
  const states = (await versions()).map(({ version, state }) => [version, state]);
  expect(states).toContainEqual([before.version, "retired"]);
  expect((await post(`/${draft}/reject`)).status).toBe(409);
});

test("a rejected draft never counts", async () => {
  const before = await call();
  await gateway.settings({ listed_percent: 300 });
  const draft = (await post("/refresh")).body.data[0]?.version as string;
  expect((await post(`/${draft}/reject`)).status).toBe(200);
  expect(await call()).toEqual(before);
  expect((await post("/nothing/approve")).status).toBe(404);
});

test("a list that nobody has decided about makes way for a newer one, and for none where prices are as they count again", async () => {
  const before = await call();
  const stateOf = async (version: string) =>
    (await versions()).find((each) => each.version === version) as Version;
  await gateway.settings({ listed_percent: 150 });
  const older = (await post("/refresh")).body.data[0]?.version as string;
  await gateway.settings({ listed_percent: 400 });
  const newer = (await post("/refresh")).body.data[0]?.version as string;
  expect(newer).not.toBe(older);
  expect(await stateOf(older)).toMatchObject({ state: "retired", reason: "superseded" });
  expect(await stateOf(newer)).toMatchObject({ state: "draft", reason: null });
  expect((await post(`/${older}/approve`)).status).toBe(409);
  expect((await post("/refresh")).body.data[0]?.outcome).toBe("unchanged");
  expect(await call()).toEqual(before);

  await gateway.settings({ listed_percent: 200 });
  expect((await post("/refresh")).body.data[0]?.outcome).toBe("unchanged");
  expect(await stateOf(newer)).toMatchObject({ state: "retired", reason: "superseded" });
  expect((await versions()).filter(({ state }) => state === "draft")).toEqual([]);
  const known = await gateway.app.owner.call<{ versions: Version[] }>(
    "GET",
    `/api/tokens/usage/what-if?to_model=${MODEL}`,
  );
  expect(known.body.versions.map(({ version }) => version)).not.toContain(newer);
});

test("what an operator made of a file stays beside a newer list", async () => {
  const document = {
    "gpt-4o-mini": {
      mode: "chat",
      litellm_provider: "openai",
      input_cost_per_token: 9e-7,
      output_cost_per_token: 9e-7,
    },
  };
  const imported = await gateway.app.owner.call<{ version: string }>("POST", `${PATH}/import`, {
    body: { provider: "openrouter", format: "litellm", document },
  });
  expect(imported.status, imported.text).toBe(200);
  await gateway.settings({ listed_percent: 500 });
  const listed = (await post("/refresh")).body.data[0];
  expect(listed?.outcome).toBe("draft");
  const drafts = (await versions()).filter(({ state }) => state === "draft").map(({ version }) => version);
  expect(drafts.toSorted()).toEqual([imported.body.version, String(listed?.version)].toSorted());
});
