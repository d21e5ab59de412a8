/** What is remembered of a person: recalled in their own calls, theirs to read, change and delete, and nobody else's. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Client, Json } from "../../../../test/harness/client.ts";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";
import { soon } from "../../../../test/harness/soon.ts";
import { manualClock } from "../../../platform/clock.ts";

const PATH = "/api/llm/memory";
const MODEL = "openai/gpt-4o-mini";
const ON = { memory: true };

const clock = manualClock(new Date());
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ clock, haste: 20, env: { GATEWAY_MEMORY_MODEL: "openai/gpt-4o" } });
});
afterAll(() => gateway.close());

type Fact = { id: string; version: number; text: string; importance: number; project_id: string | null };
const factsOf = async (who: Client, query = ""): Promise<Fact[]> => {
  const { status, body, text } = await who.call<{ data: Fact[] }>("GET", `${PATH}${query}`);
  expect(status, text).toBe(200);
  return body.data;
};
const write = async (who: Client, body: Json): Promise<string> => {
  const made = await who.call("POST", PATH, { body });
  expect(made.status, made.text).toBe(201);
  return String(made.body.id);
};
const call = (who: Client, content: string, holdfast: Json = ON, rest: Json = {}) => {
  const body = { model: MODEL, max_tokens: 200, messages: [{ role: "user", content }], holdfast, ...rest };
  return who.call("POST", "/v1/chat/completions", { body, idempotencyKey: null });
};
const said = async (who: Client, content: string, holdfast?: Json, rest?: Json): Promise<string> => {
  const answer = await call(who, content, holdfast, rest);
  expect(answer.status, answer.text).toBe(200);
  return answer.text;
};
const recalledIn = ({ headers }: { headers: Headers }) => headers.get("x-holdfast-memory");

test("off unless told; a call, its key, its person and the organization turn it on, in this order", async () => {
  const { owner } = gateway.app;
  await write(owner, { text: "My parrot is called Polly" });
  const question = "What is my parrot called?";
  expect(recalledIn(await call(owner, question, {}))).toBeNull();
  expect(await said(owner, question, {})).not.toContain("Polly");
  expect(recalledIn(await call(owner, question))).toBe("1");
  expect(await said(owner, question)).toContain("Polly");
  const named = (value: string) =>
    owner.call("POST", "/v1/chat/completions", {
      body: { model: MODEL, max_tokens: 20, messages: [{ role: "user", content: question }] },
      headers: { "x-holdfast-memory": value },
      idempotencyKey: null,
    });
  expect(recalledIn(await named("user"))).toBe("1");
  expect((await named("always")).status).toBe(400);

  const defaults = { memory: { scope: "user" } };
  const { client } = await gateway.app.createKey(owner, { limits: { rpm: 0 }, defaults });
  expect(recalledIn(await call(client, question, {}))).toBe("1");
  expect(recalledIn(await call(client, question, { memory: false }))).toBeNull();

  const policy = (memory: Json | null) => owner.call("PUT", "/api/llm/policy", { body: { memory } });
  const own = (choice: string | null) => owner.call("PUT", `${PATH}/settings`, { body: { own: choice } });
  expect((await policy({ scope: "user" })).status).toBe(200);
  expect(recalledIn(await call(owner, question, {}))).toBe("1");
  expect((await own("off")).body).toEqual({ own: "off", organization: "user" });
  for (const wish of [{}, ON]) expect(recalledIn(await call(owner, question, wish))).toBeNull();
  expect((await policy(null)).status).toBe(200);
  expect((await own("user")).status).toBe(200);
  expect(recalledIn(await call(owner, question, {}))).toBe("1");
  expect((await own(null)).body).toEqual({ own: null, organization: null });
  expect(recalledIn(await call(owner, question, {}))).toBeNull();
});

test("at most 5 facts and 3 preferences are put in, those that matter most, and counted in its bound", async () => {
  const who = await gateway.app.member("admin");
  for (const at of [1, 2, 3, 4, 5, 6]) await write(who, { text: `My number ${at} cousin plays chess` });
  for (const at of [1, 2, 3, 4]) await write(who, { text: `Answer in style ${at}`, kind: "preference" });
  await write(who, { text: "My aunt plays the lute" });
  const answer = await call(who, "Which instrument does my aunt play?");
  expect(recalledIn(answer)).toBe("8");
  expect(answer.text).toContain("lute");
  const quote = async (holdfast: Json) => {
    const body = { model: MODEL, max_tokens: 20, messages: [{ role: "user", content: "hi" }], holdfast };
    const quoted = await who.call("POST", "/api/llm/quote", { body: { path: "/v1/chat/completions", body } });
    return Number(quoted.body.prompt_tokens);
  };
  expect(await quote(ON)).toBeGreaterThan((await quote({})) + 50);
});

test("the installation's model reads what is said, whichever answered", async () => {
  await said(gateway.app.owner, "I keep a parrot.");
  const read = () => gateway.app.sql("select model from gateway.requests where endpoint = 'memory' limit 1");
  await soon(async () => expect(await read()).toEqual([{ model: "openai/gpt-4o" }]));
});

test("a project's memory is of that project alone", async () => {
  const { owner } = gateway.app;
  await write(owner, { text: "The mascot of my office is an otter", project_id: "prj-1" });
  const question = "What animal is the mascot of my office?";
  const project = { memory: { scope: "project" } };
  expect(await said(owner, question, { ...project, project_id: "prj-1" })).toContain("otter");
  expect(await said(owner, question, { ...project, project_id: "prj-2" })).not.toContain("otter");
  expect(await said(owner, question)).not.toContain("otter");
  const nowhere = await call(owner, question, project);
  expect([nowhere.status, nowhere.body.error]).toMatchObject([400, { code: "invalid_input" }]);
  expect(await factsOf(owner, "?project_id=prj-1")).toMatchObject([
    { scope: "project", project_id: "prj-1" },
  ]);
});

test("a call with memory is neither answered from the cache nor kept there", async () => {
  const { owner } = gateway.app;
  const cache = { scope: "org" };
  const question = "What is my parrot called, again?";
  const without = await call(owner, question, { cache });
  expect(without.headers.get("x-holdfast-cache")).toBe("miss");
  for (const _ of [1, 2]) {
    const answer = await call(owner, question, { cache, memory: true });
    expect([answer.headers.get("x-holdfast-cache"), answer.text]).toEqual([
      null,
      expect.stringContaining("Polly"),
    ]);
  }
  const hit = await call(owner, question, { cache });
  expect([hit.headers.get("x-holdfast-cache"), hit.text.includes("Polly")]).toEqual(["hit", false]);
});

test("nobody sees, changes, deletes or is told another person's; a service key has none", async () => {
  const { owner } = gateway.app;
  const id = await write(owner, { text: "My parrot's cage is green" });
  const others = [await gateway.app.member("viewer"), await gateway.app.neighbour()];
  for (const other of others) {
    expect(await factsOf(other)).toEqual([]);
    expect((await other.call<{ data: unknown[] }>("GET", `${PATH}/export`)).body.data).toEqual([]);
    expect((await other.call("PATCH", `${PATH}/${id}`, { body: { text: "mine" } })).status).toBe(404);
    expect((await other.call("DELETE", `${PATH}/${id}`)).status).toBe(404);
    expect((await other.call("DELETE", PATH)).body).toEqual({ deleted: 0 });
  }
  const agent = await gateway.app.member("agent");
  expect(await said(agent, "What is my parrot called?")).not.toContain("Polly");
  const service = await gateway.app.createKey(owner, { kind: "service", limits: { rpm: 0 } });
  expect((await service.client.call("GET", PATH)).body).toMatchObject({
    status: 403,
    code: "memory_of_nobody",
  });
  expect((await call(service.client, "hi")).status).toBe(400);
  expect((await call(service.client, "hi", {})).status).toBe(200);
  expect(await factsOf(gateway.key, "?q=CAGE")).toMatchObject([{ id }]);
});

test("pages, a search through all of them, and an export with what was said before", async () => {
  const who = await gateway.app.member("admin");
  const ids: string[] = [];
  for (let cursor = ""; ;) {
    const { body } = await who.call<{ data: Fact[]; next_cursor: string | null }>(
      "GET",
      `${PATH}?limit=4${cursor}`,
    );
    ids.push(...body.data.map(({ id }) => id));
    if (body.next_cursor === null) break;
    cursor = `&cursor=${body.next_cursor}`;
  }
  expect(ids).toHaveLength(11);
  expect(ids).toEqual(ids.toSorted().toReversed());
  expect(await factsOf(who, "?limit=2&q=COUSIN")).toHaveLength(2);
  expect(await factsOf(who, "?q=lüte")).toMatchObject([{ text: "My aunt plays the lute" }]);
  expect(await factsOf(who, "?kind=preference")).toHaveLength(4);
  const [first] = await factsOf(who, "?q=lute");
  const changed = await who.call("PATCH", `${PATH}/${first?.id}`, {
    body: { text: "My aunt plays the harp" },
  });
  expect(changed.body).toMatchObject({ version: 2, text: "My aunt plays the harp", source: "written" });
  const { body } = await who.call<{ data: (Fact & { valid_to: string | null })[] }>("GET", `${PATH}/export`);
  expect(body.data).toHaveLength(12);
  const ofIt = body.data.filter(({ id }) => id === first?.id);
  expect(ofIt.map(({ version, text, valid_to: to }) => [version, text, to === null])).toEqual([
    [1, "My aunt plays the lute", false],
    [2, "My aunt plays the harp", true],
  ]);
  const secret = await who.call("PATCH", `${PATH}/${first?.id}`, {
    body: { text: "My password is hunter2" },
  });
  expect([secret.status, secret.text.includes("hunter2")]).toEqual([422, false]);
});

test("whoever leaves an organization, and whatever organization ends, takes it along", async () => {
  const { app } = gateway;
  const left = (userId: string) =>
    app.sql(
      `select 1 from gateway.memory_facts where user_id = $1 union all select 1 from gateway.memory_choices where user_id = $1`,
      [userId],
    );
  const withMemory = async (who: Client) => {
    await write(who, { text: "I keep bees" });
    expect((await who.call("PUT", `${PATH}/settings`, { body: { own: "user" } })).status).toBe(200);
    const me = await who.call<{ user: { id: string }; organization: { id: string } }>("GET", "/api/auth/me");
    expect(await left(me.body.user.id)).not.toEqual([]);
    return { userId: me.body.user.id, orgId: me.body.organization.id };
  };
  await write(app.owner, { text: "I stay" });
  const agent = await withMemory(await app.member("agent"));
  const removed = await app.owner.call("DELETE", `/api/team/members/${agent.userId}`);
  expect(removed.status, removed.text).toBe(204);
  expect(await left(agent.userId)).toEqual([]);
  const neighbour = await app.neighbour();
  const next = await withMemory(neighbour);
  await app.sql("update tenancy.organizations set personal = false where org_id = $1", [next.orgId]);
  const deleted = await neighbour.call("DELETE", `/api/organizations/${next.orgId}`);
  expect(deleted.status, deleted.text).toBe(204);
  expect(await left(next.userId)).toEqual([]);
  expect(await factsOf(app.owner, "?q=stay")).toHaveLength(1);
});
