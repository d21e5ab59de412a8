import { afterAll, beforeAll, expect, test } from "vitest";
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

const DAY_MS = 86_400_000;
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

async function person(role: string) {
  const email = `${role}-${(made += 1)}@example.com`;
  await server.addMember({ email, role });
  const browser = await signIn(server, { email, password: OWNER.password });
  return { browser, id: ((await browser.call("GET", "/api/auth/me")).body.user as { id: string }).id };
}
async function keyOf(by: Browser, input: Record<string, unknown> = {}) {
  const { status, body } = await by.call("POST", "/api/api-keys", {
    body: { name: "Key", mode: "test", scopes: ["team.manage", "credits.spend"], ...input },
    headers: { "idempotency-key": `key ${(made += 1)}` },
  });
  expect(status).toBe(201);
  return { id: String(body.id), secret: String(body.secret) };
}
const why = async (of: { user_id: string } | { key_id: string }, permission = "team.manage") =>
  (await owner.call("POST", "/api/access/explain", { body: { ...of, permission } })).body;
/** What the server does with the key, to hold what is explained against. */
const use = async (secret: string) =>
  (await call(server, "GET", "/api/team/licenses", { headers: { authorization: `Bearer ${secret}` } }))
    .status;
const leave = (id: string) =>
  server.asDatabaseOwner("delete from tenancy.memberships where org_id = $1 and user_id = $2", [org, id]);
const disable = (id: string) =>
  server.asDatabaseOwner("update identity.users set disabled_at = now() where id = $1", [id]);

test("of a personal key the rule is named that decides: its own state, its scopes, then its maker", async () => {
  const maker = await person("admin");
  const key = await keyOf(maker.browser);
  const of = { key_id: key.id };
  expect(await why(of)).toEqual({
    allowed: true,
    rule: "role_allows",
    detail: "A personal key does what its maker may. The role admin has what the role admin may.",
    role: "admin",
    least: "admin",
  });
  expect(await use(key.secret)).toBe(200);
  expect(await why(of, "credits.spend")).toMatchObject({
    allowed: true,
    rule: "role_allows",
    least: "agent",
  });
  expect(await why(of, "jobs.view")).toMatchObject({ allowed: false, rule: "scope_missing" });
  await owner.call("PUT", `/api/team/members/${maker.id}`, { body: { overrides: { "team.manage": false } } });
  expect(await why(of)).toMatchObject({ allowed: false, rule: "override_denies", role: "admin" });
  expect(await use(key.secret)).toBe(403);
  await owner.call("PUT", `/api/api-keys/${key.id}`, { body: { paused: true } });
  expect(await why(of)).toMatchObject({ allowed: false, rule: "key_paused" });
  expect(await use(key.secret)).toBe(401);
});

test("a key that is over says so, with an end that lies ahead it does not", async () => {
  const ends = new Date(server.clock.now().getTime() + DAY_MS).toISOString();
  const key = await keyOf(owner, { expires_at: ends });
  const endless = await keyOf(owner, { expires_at: null });
  expect(await why({ key_id: key.id })).toMatchObject({ allowed: true });
  server.clock.advance(DAY_MS);
  owner = await signIn(server);
  expect(await why({ key_id: key.id })).toMatchObject({ allowed: false, rule: "key_expired" });
  expect(await use(key.secret)).toBe(401);
  expect(await why({ key_id: endless.id })).toMatchObject({ allowed: true });
});

test("a maker who left or was disabled takes a personal key along, not a service key", async () => {
  const [left, disabled] = [await person("admin"), await person("admin")];
  const keys = await Promise.all([left, disabled].map(({ browser }) => keyOf(browser)));
  const service = await keyOf(left.browser, { kind: "service" });
  await leave(left.id);
  await disable(disabled.id);
  server.authenticate.revoke({ orgId: org as `org_${string}` });
  const [ofLeft, ofDisabled] = keys.map(({ id }) => ({ key_id: id })) as [
    { key_id: string },
    { key_id: string },
  ];
  expect(await why(ofLeft)).toMatchObject({ allowed: false, rule: "maker_left", role: null });
  expect(await why(ofDisabled)).toMatchObject({ allowed: false, rule: "maker_disabled", role: "admin" });
  expect(await why({ user_id: disabled.id })).toMatchObject({ allowed: false, rule: "person_disabled" });
  expect(await Promise.all(keys.map(({ secret }) => use(secret)))).toEqual([401, 401]);
  // Its role is what its maker had when it was made.
  expect(await why({ key_id: service.id })).toMatchObject({
    allowed: true,
    rule: "service_scope",
    role: "admin",
  });
  expect(await use(service.secret)).toBe(200);
});

test("404 for a person and a key that are not in the organization, and for a key that was revoked", async () => {
  const key = await keyOf(owner);
  expect((await owner.call("DELETE", `/api/api-keys/${key.id}`)).status).toBe(204);
  for (const of of [{ key_id: key.id }, { key_id: newId("key") }, { user_id: newId("usr") }])
    expect(await why(of)).toMatchObject({ status: 404, code: "not_found" });
});

test("in a suspended organization nothing is allowed to anybody; what is denied anyway keeps its own rule", async () => {
  const [viewer, gone] = [await person("viewer"), await person("admin")];
  const [personal, orphan] = [await keyOf(owner), await keyOf(gone.browser, { kind: "service" })];
  await leave(gone.id);
  await server.asDatabaseOwner("update tenancy.organizations set suspended_at = now() where org_id = $1", [
    org,
  ]);
  server.authenticate.revoke({ orgId: org as `org_${string}` });
  const suspended = { allowed: false, rule: "organization_suspended" };
  expect(await why({ user_id: viewer.id }, "settings.view")).toMatchObject(suspended);
  expect(await why({ user_id: viewer.id })).toMatchObject({ allowed: false, rule: "role_denies" });
  expect(await why({ key_id: personal.id })).toMatchObject(suspended);
  expect(await why({ key_id: orphan.id })).toMatchObject({ ...suspended, role: "admin" });
  expect(await use(orphan.secret)).toBe(403);
});
