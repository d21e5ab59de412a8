import { afterAll, beforeAll, expect, test } from "vitest";
import {
  call,
  OWNER,
  setUp,
  signIn,
  startSignInServer,
  type Answer,
  type Browser,
  type SignInServer,
} from "../../../../test/harness/sign-in-server.ts";

let server: SignInServer;
let owner: Browser;
let org: string;
let made = 0;

beforeAll(async () => {
  server = await startSignInServer();
  await setUp(server);
  owner = await signIn(server);
  org = ((await owner.call("GET", "/api/auth/me")).body.organization as { id: string }).id;
});
afterAll(() => server.close());

type Person = { id: string; browser: Browser };
async function person(role: string): Promise<Person> {
  const email = `${role}-${(made += 1)}@example.com`;
  await server.addMember({ email, role });
  const browser = await signIn(server, { email, password: OWNER.password });
  return { browser, id: ((await browser.call("GET", "/api/auth/me")).body.user as { id: string }).id };
}
const change = (by: Browser, { id }: Pick<Person, "id">, body: unknown): Promise<Answer> =>
  by.call("PUT", `/api/team/members/${id}`, { body });
const outcome = ({ status, body }: Answer) => [status, body.code];
const permissions = async (of: Browser) =>
  (await of.call("GET", "/api/auth/me")).body.permissions as string[];

/** The same browser, which takes each new secret that an answer hands it. */
function keepingCookies({ cookie: first, csrfToken, call: send }: Browser): Browser {
  let cookie = first;
  return {
    cookie,
    csrfToken,
    async call(method, path, options) {
      const answer = await send(method, path, { ...options, headers: { cookie } });
      cookie = String(answer.headers["set-cookie"] ?? cookie).split(";")[0] as string;
      return answer;
    },
  };
}

test("of two owners who demote each other at once, a hundred times, one remains each time", async () => {
  const other = await person("owner");
  const [one, two] = [await signIn(server), other.browser].map(keepingCookies) as [Browser, Browser];
  const me = ((await owner.call("GET", "/api/auth/me")).body.user as { id: string }).id;
  for (let round = 0; round < 100; round += 1) {
    const answers = await Promise.all([
      change(one, other, { role: "admin" }),
      change(two, { id: me }, { role: "admin" }),
    ]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 403]);
    const [{ owners } = { owners: 0 }] = await server.asDatabaseOwner<{ owners: number }>(
      "select count(*)::int as owners from tenancy.memberships where org_id = $1 and role = 'owner'",
      [org],
    );
    expect(owners).toBe(1);
    await server.asDatabaseOwner(
      "update tenancy.memberships set role = 'owner' where org_id = $1 and user_id = any($2)",
      [org, [me, other.id]],
    );
    server.clock.advance(1_000);
    // Nothing is left due for the next round, nor for the tests after this one.
    await server.asDatabaseOwner("update identity.sessions set rotate_due = false");
    server.authenticate.revoke({ orgId: org as `org_${string}` });
  }
  expect((await change(owner, other, { role: "viewer" })).status).toBe(200);
}, 120_000);

test("409 the last owner neither steps down nor leaves", async () => {
  const me = { id: ((await owner.call("GET", "/api/auth/me")).body.user as { id: string }).id };
  expect(outcome(await change(owner, me, { role: "admin" }))).toEqual([409, "last_owner"]);
  expect(outcome(await owner.call("DELETE", `/api/team/members/${me.id}`))).toEqual([409, "last_owner"]);
});

test("403 rank: strictly lower ranks are managed, and at most one's own is given", async () => {
  const [admin, peer, agent] = [await person("admin"), await person("admin"), await person("agent")];
  expect(outcome(await change(admin.browser, peer, { role: "viewer" }))).toEqual([403, "rank"]);
  expect(outcome(await change(admin.browser, admin, { role: "viewer" }))).toEqual([403, "rank"]);
  expect(outcome(await change(admin.browser, agent, { role: "owner" }))).toEqual([403, "rank"]);
  expect(outcome(await admin.browser.call("DELETE", `/api/team/members/${peer.id}`))).toEqual([403, "rank"]);
  expect((await change(admin.browser, agent, { role: "admin" })).body).toMatchObject({ role: "admin" });
  expect(outcome(await change(agent.browser, peer, { role: "viewer" }))).toEqual([403, "rank"]);
});

test("a changed role counts with the next request, under a new secret", async () => {
  const agent = await person("agent");
  expect(await permissions(agent.browser)).not.toContain("team.manage");
  await change(owner, agent, { role: "admin" });
  const answer = await agent.browser.call("GET", "/api/auth/me");
  expect(answer.body.permissions).toContain("team.manage");
  expect(String(answer.headers["set-cookie"])).toMatch(/^hf_session=/);
  expect(server.published).toContain("member.updated");
});

test("an override decides one permission whatever the role, until it is taken back", async () => {
  const [viewer, admin] = [await person("viewer"), await person("admin")];
  expect((await viewer.browser.call("GET", "/api/api-keys")).status).toBe(403);
  const granted = await change(admin.browser, viewer, { overrides: { "api_keys.own": true } });
  expect(granted.body).toMatchObject({ role: "viewer", overrides: { "api_keys.own": true } });
  expect((await viewer.browser.call("GET", "/api/api-keys")).status).toBe(200);
  await change(admin.browser, viewer, { overrides: { "api_keys.own": null, "jobs.view": false } });
  expect(await permissions(viewer.browser)).not.toContain("api_keys.own");
  expect(await permissions(viewer.browser)).not.toContain("jobs.view");
});

test("403 an override above the granter's own, 409 of an owner, who holds everything", async () => {
  const [admin, agent, heir] = [await person("admin"), await person("agent"), await person("owner")];
  const grant = { overrides: { "billing.view": true } };
  expect(outcome(await change(admin.browser, agent, grant))).toEqual([403, "above_own_role"]);
  await change(owner, admin, grant);
  expect((await change(admin.browser, agent, grant)).status).toBe(200);
  expect(outcome(await change(owner, heir, grant))).toEqual([409, "owner_holds_all"]);
  await change(owner, heir, { role: "viewer" });
});

test("a removed member is refused at once, and with them their personal keys; service keys stay", async () => {
  const admin = await person("admin");
  const key = async (kind: string) => {
    const body = { name: kind, mode: "test", kind, scopes: ["team.manage"] };
    const headers = { "idempotency-key": `${kind} of ${admin.id}` };
    const answer = await admin.browser.call("POST", "/api/api-keys", { body, headers });
    return { authorization: `Bearer ${String(answer.body.secret)}` };
  };
  const [personal, service] = [await key("personal"), await key("service")];
  const byKey = async (headers: Record<string, string>) =>
    (await call(server, "GET", "/api/team/licenses", { headers })).status;
  expect([await byKey(personal), await byKey(service)]).toEqual([200, 200]);
  expect((await owner.call("DELETE", `/api/team/members/${admin.id}`)).status).toBe(204);
  expect([await byKey(personal), await byKey(service)]).toEqual([401, 200]);
  expect((await admin.browser.call("GET", "/api/auth/me")).status).toBe(401);
  const mails = await server.asDatabaseOwner<{ kind: string }>(
    "select kind from mail.outbox where address like 'admin-%'",
  );
  expect(mails.map(({ kind }) => kind)).toContain("tenancy.removed");
});

test("409 nobody leaves the only organization they have", async () => {
  const agent = await person("agent");
  const left = await agent.browser.call("DELETE", `/api/team/members/${agent.id}`);
  expect(outcome(left)).toEqual([409, "last_organization"]);
});

test("members are found by role and by part of their name or address", async () => {
  const viewer = await person("viewer");
  const list = await owner.call("GET", "/api/team/members?role=viewer&search=VIEWER-&limit=100");
  const found = list.body.data as { user_id: string; role: string }[];
  expect(found.map(({ user_id: id }) => id)).toContain(viewer.id);
  expect(new Set(found.map(({ role }) => role))).toEqual(new Set(["viewer"]));
  expect((await owner.call("GET", "/api/team/members?search=nobody-at-all")).body.data).toEqual([]);
});

test("the rule that allows or denies is named", async () => {
  const viewer = await person("viewer");
  const why = async (permission: string) =>
    (await owner.call("POST", "/api/access/explain", { body: { user_id: viewer.id, permission } })).body;
  expect(await why("settings.view")).toMatchObject({ allowed: true, rule: "role_allows", role: "viewer" });
  expect(await why("team.manage")).toMatchObject({ allowed: false, rule: "role_denies", least: "admin" });
  await change(owner, viewer, { overrides: { "team.manage": true, "settings.view": false } });
  expect(await why("team.manage")).toMatchObject({ allowed: true, rule: "override_grants" });
  expect(await why("settings.view")).toMatchObject({ allowed: false, rule: "override_denies" });
});
