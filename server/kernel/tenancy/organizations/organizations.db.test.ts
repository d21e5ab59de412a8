import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  browserOf,
  call,
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
});
afterAll(() => server.close());
beforeEach(async () => {
  server.clock.advance(60_000);
  owner = await signIn(server);
  const { body } = await owner.call("GET", "/api/organizations");
  org = (body.data as { id: string; personal: boolean }[]).find(({ personal }) => personal)?.id ?? "";
  // A sign-in lands where the last session was.
  owner = browserOf(
    server,
    await owner.call("POST", "/api/auth/switch-organization", { body: { org_id: org } }),
  );
});

const outcome = ({ status, body }: Answer) => [status, body.code];
const found = (slug: string): Promise<Answer> =>
  owner.call("POST", "/api/organizations", {
    body: { name: "Northwind", slug },
    headers: { "idempotency-key": `organization ${(made += 1)}` },
  });
/** The owner's session moves into an organization of its own. */
async function enterNew(slug: string): Promise<string> {
  const { body } = await found(slug);
  const moved = await owner.call("POST", "/api/auth/switch-organization", { body: { org_id: body.id } });
  owner = browserOf(server, moved);
  return String(body.id);
}

test("409 a slug that another has, 422 a reserved or misshapen one; a given up one is free", async () => {
  const id = await enterNew("first-slug");
  expect(outcome(await found("first-slug"))).toEqual([409, "slug_taken"]);
  for (const slug of ["admin", "ab", "Upper", "with space", "x".repeat(64)])
    expect([slug, ...outcome(await found(slug))]).toEqual([slug, 422, "invalid_input"]);
  const renamed = await owner.call("PUT", `/api/organizations/${id}`, { body: { slug: "second-slug" } });
  expect(renamed.body).toMatchObject({ slug: "second-slug", name: "Northwind" });
  expect((await found("first-slug")).status).toBe(201);
});

test("403 a slug from an admin, who may change the name", async () => {
  await server.addMember({ email: "admin@example.com", role: "admin" });
  const admin = await signIn(server, { email: "admin@example.com", password: "Correct Horse 1" });
  const change = (body: unknown) => admin.call("PUT", `/api/organizations/${org}`, { body });
  expect((await change({ name: "Renamed" })).status).toBe(200);
  expect(outcome(await change({ slug: "by-an-admin" }))).toEqual([403, "forbidden"]);
});

const policy = { mfa_required: false, methods: ["totp", "passkey"], idle_minutes: null, ip_allow: [] };
const setPolicy = (id: string, change: object, ip?: string) =>
  owner.call("PUT", `/api/organizations/${id}/policy`, {
    body: { ...policy, ...change },
    ...(ip ? { ip } : {}),
  });

test("only allowed networks get in, people and keys; nobody shuts themselves out", async () => {
  const id = await enterNew("networks");
  const body = { name: "K", mode: "test", scopes: ["team.manage"] };
  const key = await owner.call("POST", "/api/api-keys", { body, headers: { "idempotency-key": "networks" } });
  expect(outcome(await setPolicy(id, { ip_allow: ["203.0.113.0/24"] }))).toEqual([422, "invalid_input"]);
  expect((await setPolicy(id, { ip_allow: ["203.0.113.0/24", "127.0.0.1"] })).status).toBe(200);
  const byKey = (ip: string) =>
    call(server, "GET", "/api/team/licenses", {
      ip,
      headers: { authorization: `Bearer ${String(key.body.secret)}` },
    });
  expect((await owner.call("GET", "/api/auth/me", { ip: "203.0.113.5" })).status).toBe(200);
  expect(outcome(await owner.call("GET", "/api/auth/me", { ip: "198.51.100.5" }))).toEqual([
    403,
    "address_not_allowed",
  ]);
  expect((await byKey("203.0.113.5")).status).toBe(200);
  expect(outcome(await byKey("198.51.100.5"))).toEqual([403, "address_not_allowed"]);
  expect((await owner.call("POST", "/api/auth/logout", { ip: "198.51.100.5" })).status).toBe(204);
});

test("sessions end after the organization's own idle minutes", async () => {
  const id = await enterNew("idle");
  expect((await setPolicy(id, { idle_minutes: 5 })).body).toMatchObject({ idle_minutes: 5 });
  server.clock.advance(4 * 60_000);
  expect((await owner.call("GET", "/api/auth/me")).status).toBe(200);
  server.clock.advance(5 * 60_000);
  expect((await owner.call("GET", "/api/auth/me")).status).toBe(401);
  owner = await signIn(server);
});

test("a transfer makes the heir owner and oneself admin; 404 to nobody's member", async () => {
  const id = await enterNew("transfer");
  const heir = "usr_00000000000070000000000000000001";
  const transfer = (user_id: string) =>
    owner.call("POST", `/api/organizations/${id}/transfer`, { body: { user_id } });
  expect(outcome(await transfer(heir))).toEqual([404, "not_found"]);
  await server.asDatabaseOwner(
    `with person as (insert into identity.users (id, email, full_name, created_at)
       values ($1, 'heir@example.com', 'Hera', now()) returning id)
     insert into tenancy.memberships (org_id, user_id, role, created_at) select $2, id, 'agent', now() from person`,
    [heir, id],
  );
  expect((await transfer(heir)).status).toBe(204);
  const { body } = await owner.call("GET", "/api/team/members");
  const roles = (body.data as { email: string; role: string }[]).map(({ email, role }) => [email, role]);
  expect(roles).toEqual([
    ["owner@example.com", "admin"],
    ["heir@example.com", "owner"],
  ]);
  expect((await transfer(heir)).status).toBe(403);
});

test("a deleted organization lets nobody in; the session goes on at home; a personal one stays", async () => {
  const home = org;
  expect(outcome(await owner.call("DELETE", `/api/organizations/${home}`))).toEqual([
    409,
    "personal_organization",
  ]);
  const id = await enterNew("deleted");
  const body = { name: "K", mode: "test", scopes: ["team.manage"] };
  const key = await owner.call("POST", "/api/api-keys", { body, headers: { "idempotency-key": "deleted" } });
  const deleted = await owner.call("DELETE", `/api/organizations/${id}`);
  expect(deleted.status).toBe(204);
  const headers = { authorization: `Bearer ${String(key.body.secret)}` };
  expect((await call(server, "GET", "/api/team/licenses", { headers })).status).toBe(401);
  const cookie = String(deleted.headers["set-cookie"]).split(";")[0] as string;
  const me = await call(server, "GET", "/api/auth/me", { headers: { cookie } });
  expect(me.body).toMatchObject({ organization: { id: home } });
  expect((me.body.organizations as { id: string }[]).map((each) => each.id)).not.toContain(id);
  owner = await signIn(server);
  expect(outcome(await found("deleted"))).toEqual([409, "slug_taken"]);
});

test("a suspended organization pays and reads its books, and does nothing else, until it is resumed", async () => {
  await server.addMember({ email: "second-owner@example.com", role: "owner" });
  const person = await signIn(server, { email: "second-owner@example.com", password: "Correct Horse 1" });
  const act = (verb: string, body?: unknown) =>
    owner.call("POST", `/api/admin/organizations/${org}/${verb}`, body ? { body } : {});
  expect((await act("suspend", { reason: "Unpaid" })).status).toBe(204);
  expect(outcome(await person.call("GET", "/api/team/members"))).toEqual([403, "organization_suspended"]);
  expect((await person.call("GET", "/api/auth/me")).body).toMatchObject({
    organization: { suspended: true },
  });
  expect((await server.asDatabaseOwner("select org_id from platform.job_pauses"))[0]).toEqual({
    org_id: org,
  });
  expect((await act("resume")).status).toBe(204);
  expect((await person.call("GET", "/api/team/members")).status).toBe(200);
  const kinds = await server.asDatabaseOwner<{ kind: string }>(
    "select distinct kind from mail.outbox order by 1",
  );
  expect(kinds.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(["tenancy.resumed", "tenancy.suspended"]),
  );
});

test("a request that names another organization is refused, and the trail says so", async () => {
  const headers = { "x-organization-id": `org_${"1".repeat(32)}` };
  expect(outcome(await owner.call("GET", "/api/auth/me", { headers }))).toEqual([403, "tenant_mismatch"]);
  await server.authenticate.settled();
  const [entry] = await server.asDatabaseOwner(
    "select org_id from identity.audit_entries where action = 'tenant.mismatch' order by created_at desc limit 1",
  );
  expect(entry).toEqual({ org_id: org });
});
