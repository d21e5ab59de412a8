import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  call,
  OWNER,
  setUp,
  signIn,
  startSignInServer,
  type Browser,
  type SignInServer,
} from "../../../test/harness/sign-in-server.ts";
import { newId } from "../../platform/ids.ts";

let server: SignInServer;
let owner: Browser;
let made = 0;

beforeAll(async () => {
  server = await startSignInServer();
  await setUp(server);
});
afterAll(() => server.close());
beforeEach(async () => {
  owner = await signIn(server);
});

const unique = () => ({ "idempotency-key": `test ${(made += 1)}` });
const input = { name: "CI", mode: "test", scopes: ["gateway.use"] };
const makeKey = (browser: Browser, body: unknown = input, headers: Record<string, string> = unique()) =>
  browser.call("POST", "/api/api-keys", { body, headers });
const as = async (role: string): Promise<Browser> => {
  const email = `${role}@example.com`;
  await server.addMember({ email, role });
  return signIn(server, { email, password: "Correct Horse 1" });
};

test("201 a key with its secret once: a repeated request and the list have none", async () => {
  const headers = unique();
  const first = await makeKey(owner, input, headers);
  expect(first.status).toBe(201);
  expect(first.headers["content-type"]).toBe("application/json; charset=utf-8");
  expect(first.body.secret).toMatch(/^hf_test_[0-9A-Za-z]{61}$/);
  expect(first.body).toMatchObject({ ...input, expires_at: "2026-05-30T00:00:00.000Z", last_used_at: null });
  const again = await makeKey(owner, input, headers);
  expect([again.status, again.headers["idempotency-replayed"]]).toEqual([201, "true"]);
  expect(again.body).toEqual({ ...first.body, secret: null });
  const list = await owner.call("GET", "/api/api-keys");
  expect(list.text).toContain(String(first.body.id));
  expect(list.text).not.toContain("secret");
  const stored = await server.asDatabaseOwner(
    "select k::text as text from tenancy.api_keys k union all select i::text from platform.idempotency_keys i",
  );
  expect(JSON.stringify(stored)).toContain(String(first.body.id));
  expect(JSON.stringify(stored)).not.toContain(String(first.body.secret).slice(20));
  expect(server.lines.join("")).not.toContain(String(first.body.secret).slice(20));
});

test("a request cut after its key was made finds that key again, without secret", async () => {
  const headers = unique();
  const first = await makeKey(owner, input, headers);
  await server.asDatabaseOwner(
    `update platform.idempotency_keys set status = null, answer = null, lease_until = null
     where key = '${headers["idempotency-key"]}'`,
  );
  const again = await makeKey(owner, input, headers);
  expect(again.body).toEqual({ ...first.body, secret: null });
});

test.each([
  ["no scope", { ...input, scopes: [] }],
  ["an unknown scope", { ...input, scopes: ["everything"] }],
  ["an empty name", { ...input, name: " " }],
  ["a past date", { ...input, expires_at: "2026-02-28T00:00:00Z" }],
  ["an unknown field", { ...input, role: "owner" }],
])("422 a key with %s", async (_what, body) => {
  expect((await makeKey(owner, body)).body).toMatchObject({ status: 422, code: "invalid_input" });
});

test("403 a live key on a test installation", async () => {
  expect((await makeKey(owner, { ...input, mode: "live" })).body).toMatchObject({ code: "mode_unavailable" });
});

test("403 what is above an agent's role, or a viewer's", async () => {
  const agent = await as("agent");
  for (const above of [{ limits: { rpm: 0 } }, { limits: { rpm: 101 } }, { expires_at: null }])
    expect((await makeKey(agent, { ...input, ...above })).body).toMatchObject({
      status: 403,
      code: "above_own_role",
      detail: Object.keys(above)[0],
    });
  expect((await makeKey(await as("viewer"))).status).toBe(403);
});

test("agents see and end their own keys, admins all; another's key is 404", async () => {
  const agent = await as("agent");
  const admin = await as("admin");
  const [owners, agents] = [await makeKey(owner), await makeKey(agent)];
  const listed = async (browser: Browser) => {
    const { body } = await browser.call("GET", "/api/api-keys?limit=100");
    return (body.data as { id: string }[]).map(({ id }) => id);
  };
  expect(await listed(agent)).toEqual([agents.body.id]);
  expect(await listed(admin)).toEqual(expect.arrayContaining([agents.body.id, owners.body.id]));
  expect((await agent.call("DELETE", `/api/api-keys/${String(owners.body.id)}`)).status).toBe(404);
  expect((await agent.call("DELETE", `/api/api-keys/${newId("key")}`)).status).toBe(404);
  expect((await admin.call("DELETE", `/api/api-keys/${String(agents.body.id)}`)).status).toBe(204);
  expect((await admin.call("DELETE", `/api/api-keys/${String(agents.body.id)}`)).status).toBe(404);
  expect(await listed(agent)).toEqual([]);
});

test("the list goes on where its page ended", async () => {
  const ids = [];
  for (let i = 0; i < 3; i += 1) {
    server.clock.advance(1_000);
    ids.unshift((await makeKey(owner)).body.id);
  }
  const first = await owner.call("GET", "/api/api-keys?limit=2");
  expect(first.body.has_more).toBe(true);
  const second = await owner.call("GET", `/api/api-keys?limit=1&cursor=${String(first.body.next_cursor)}`);
  const shown = [first, second].flatMap(({ body }) => (body.data as { id: string }[]).map(({ id }) => id));
  expect(shown).toEqual(ids);
});

test("201 an organization, once per Idempotency-Key, owned by its maker and entered by switching", async () => {
  const headers = unique();
  const create = () =>
    owner.call("POST", "/api/organizations", { body: { name: "Northwind", slug: "northwind" }, headers });
  const first = await create();
  expect(first.body).toMatchObject({ name: "Northwind", personal: false, role: "owner" });
  expect((await create()).body).toEqual(first.body);
  const list = await owner.call("GET", "/api/organizations");
  expect((list.body.data as { name: string }[]).map(({ name }) => name)).toEqual(["Ona Owner", "Northwind"]);
});

test("404 switching to an organization that is not there, or not theirs", async () => {
  const viewer = await as("viewer");
  const foreign = await owner.call("POST", "/api/organizations", {
    body: { name: "X", slug: `x-${made}` },
    headers: unique(),
  });
  for (const id of [newId("org"), foreign.body.id])
    expect(
      (await viewer.call("POST", "/api/auth/switch-organization", { body: { org_id: id } })).status,
    ).toBe(404);
  expect((await viewer.call("GET", "/api/auth/me")).status).toBe(200);
});

test("409 the organization beyond fifty", async () => {
  const admin = await as("admin");
  await server.asDatabaseOwner(
    `insert into tenancy.member_directory select id, 'org_' || lpad(to_hex(n), 32, '0')
     from identity.users, generate_series(1, 49) n where email = 'admin@example.com'`,
  );
  const answer = await admin.call("POST", "/api/organizations", {
    body: { name: "X", slug: `x-${made}` },
    headers: unique(),
  });
  expect(answer.body).toMatchObject({ status: 409, code: "too_many_organizations" });
});

test("members are listed with their roles, to members only", async () => {
  const viewer = await as("viewer");
  const { body } = await viewer.call("GET", "/api/team/members");
  const roles = (body.data as { email: string; role: string }[]).map(({ email, role }) => `${email} ${role}`);
  expect(roles).toContain("owner@example.com owner");
  expect(roles).toContain("viewer@example.com viewer");
  expect((await call(server, "GET", "/api/team/members")).status).toBe(401);
});

test("a live cookie without its CSRF proof keeps nobody from signing in or out", async () => {
  const { cookie } = owner;
  const again = await call(server, "POST", "/api/auth/login", { body: OWNER, headers: { cookie } });
  expect(again.status).toBe(200);
  expect((await call(server, "POST", "/api/auth/logout", { headers: { cookie } })).status).toBe(204);
  expect((await owner.call("GET", "/api/auth/me")).status).toBe(401);
});

test("403 a query that names another organization", async () => {
  const answer = await owner.call("GET", `/api/auth/me?organization_id=${newId("org")}`);
  expect(answer.body).toMatchObject({ status: 403, code: "tenant_mismatch" });
});

test("one person's organizations stay within their bound, made at the same time as well", async () => {
  await server.addMember({ email: "founder@example.com", role: "viewer" });
  const founder = await signIn(server, { email: "founder@example.com", password: "Correct Horse 1" });
  await server.asDatabaseOwner(
    `insert into tenancy.member_directory (user_id, org_id)
     select id, 'org_' || to_char(n, 'fm00') from identity.users, generate_series(1, 47) n
     where email = 'founder@example.com'`,
  );
  const made = await Promise.all(
    Array.from({ length: 6 }, (_, n) =>
      founder.call("POST", "/api/organizations", {
        body: { name: `Org ${n}`, slug: `org-${n}` },
        headers: unique(),
      }),
    ),
  );
  expect(made.map(({ status }) => status).toSorted()).toEqual([201, 201, 409, 409, 409, 409]);
});
