/** To be forgotten: asked twice, thought over for 30 days, then carried out to the end. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  type Browser,
  browserOf,
  call,
  OWNER,
  setUp,
  signIn,
  startSignInServer,
  type SignInServer,
} from "../../../../test/harness/sign-in-server.ts";
import { carryOutDeletions } from "./carry-out.ts";

let server: SignInServer;
const DAY_MS = 86_400_000;
const NAME = "Ferdinand Forgetme";

beforeAll(async () => {
  server = await startSignInServer({}, { withMail: true });
  await setUp(server);
});
afterAll(() => server.close());

let email = "";
let person: Browser;
let count = 0;
beforeEach(async () => {
  email = `member${(count += 1)}@example.com`;
  await server.addMember({ email, role: "agent" });
  person = await signIn(server, { ...OWNER, email });
});

const post = (path: string, body: unknown) => call(server, "POST", path, { body });
const login = (password = OWNER.password, address = email) =>
  post("/api/auth/login", { email: address, password });
const alive = async ({ cookie }: Browser) =>
  (await call(server, "GET", "/api/auth/me", { headers: { cookie } })).status;
const tokenIn = ({ text }: { text: string }) => /#token=([\w-]{43})/.exec(text)?.[1] ?? "";
const mailed = async (subject: string, to = email) => {
  for (;;) {
    const mail = await server.mailbox(to);
    if (mail.subject === subject) return mail;
  }
};
/** Asks and confirms: from then on 30 days run. */
async function leave(browser = person, address = email): Promise<void> {
  expect((await browser.call("DELETE", "/api/users/account")).status).toBe(202);
  const token = tokenIn(await mailed("Confirm that your account is to be deleted", address));
  expect((await post("/api/gdpr/verify", { token })).body.state).toBe("scheduled");
}
async function newKey(browser: Browser, key: string): Promise<() => Promise<number>> {
  const made = await browser.call("POST", "/api/api-keys", {
    body: { name: "Mine", mode: "test", scopes: ["api_keys.own"] },
    headers: { "idempotency-key": key },
  });
  const authorization = `Bearer ${String(made.body.secret)}`;
  return async () => (await call(server, "GET", "/api/api-keys", { headers: { authorization } })).status;
}
/** Somebody who came by themselves, and has an organization of their own. */
async function register(): Promise<{ address: string; browser: Browser; orgId: string }> {
  const address = `own${count}@example.com`;
  await post("/api/auth/register", { email: address, password: OWNER.password, full_name: NAME });
  const token = tokenIn(await mailed("Confirm your address", address));
  await post("/api/auth/verify-email", { token, password: OWNER.password });
  const browser = browserOf(server, await login(OWNER.password, address));
  const me = await browser.call("GET", "/api/auth/me");
  return { address, browser, orgId: (me.body.organization as { id: string }).id };
}

test("an account is deleted 30 days after its mail was confirmed, and can be kept by the mailed link until then", async () => {
  const asked = await person.call("DELETE", "/api/users/account");
  expect([asked.status, asked.body.state]).toEqual([202, "pending"]);
  expect((await person.call("DELETE", "/api/users/account")).body.code).toBe("already_requested");
  const token = tokenIn(await mailed("Confirm that your account is to be deleted"));
  expect((await post("/api/gdpr/verify", { token })).body.state).toBe("scheduled");
  expect(await alive(person)).toBe(401);
  const keep = tokenIn(await mailed("Your account will be deleted"));
  server.clock.advance(29 * DAY_MS);
  await carryOutDeletions(server.identity);
  expect((await post("/api/gdpr/cancel", { token: keep })).body.state).toBe("cancelled");
  expect(
    (await (await signIn(server, { ...OWNER, email })).call("GET", "/api/ledger/balances")).status,
  ).not.toBe(403);
});

test("meanwhile they may sign in to keep it, and to do nothing else; their keys have ended", async () => {
  const key = await newKey(person, `leaving-${count}`);
  expect(await key()).toBe(403);
  await leave();
  await expect.poll(key).toBe(401);
  const back = browserOf(server, await login());
  const me = await back.call("GET", "/api/auth/me");
  expect([me.status, me.body.leaving]).toEqual([200, true]);
  for (const [method, path, body] of [
    ["GET", "/api/team/members"],
    ["GET", "/api/auth/sessions"],
    ["PUT", "/api/users/profile", { full_name: "Somebody" }],
    ["POST", "/api/organizations", { name: "New", slug: `new-${count}` }],
    ["DELETE", "/api/users/account"],
  ] as const) {
    const refused = await back.call(method, path, {
      ...(body ? { body } : {}),
      headers: { "idempotency-key": `leaving-${path}` },
    });
    expect([path, refused.status, refused.body.code]).toEqual([path, 403, "deletion_scheduled"]);
  }
  const { deletion } = (await back.call("GET", "/api/users/profile")).body as {
    deletion: { request_id: string; state: string };
  };
  expect(deletion.state).toBe("scheduled");
  const body = { request_id: deletion.request_id };
  expect((await back.call("POST", "/api/gdpr/cancel", { body })).body.state).toBe("cancelled");
  expect((await back.call("GET", "/api/team/members")).status).toBe(200);
  expect(await key()).toBe(401);
});

test("an organization without anybody else is erased with its person; another loses a member", async () => {
  const { address, browser, orgId } = await register();
  const key = await newKey(browser, `own-${count}`);
  const service = await browser.call("POST", "/api/api-keys", {
    body: { name: "Robot", kind: "service", mode: "test", scopes: ["api_keys.own"] },
    headers: { "idempotency-key": `service-${count}` },
  });
  expect(service.status).toBe(201);
  const robot = async () =>
    (
      await call(server, "GET", "/api/api-keys", {
        headers: { authorization: `Bearer ${String(service.body.secret)}` },
      })
    ).status;
  await browser.call("POST", "/api/team/invitations", {
    body: { email: "guest@example.com", role: "viewer" },
    headers: { "idempotency-key": `guest-${count}` },
  });
  const shared = (await person.call("GET", "/api/auth/me")).body.organization as { id: string };
  await server.asDatabaseOwner(
    `with who as (select id from identity.users where email = $1),
       listed as (insert into tenancy.member_directory (user_id, org_id) select id, $2 from who)
     insert into tenancy.memberships (org_id, user_id, role, created_at) select $2, id, 'agent', now() from who`,
    [address, shared.id],
  );
  const [{ id } = { id: "" }] = await server.asDatabaseOwner<{ id: string }>(
    "select id from identity.users where email = $1",
    [address],
  );
  await server.asDatabaseOwner(
    `insert into billing.customers (org_id, account_id, created_at, name, email, address)
     values ($1, 'acct_default', now(), $2, $3, '{"line1": "1 Forgetme Lane"}')`,
    [orgId, NAME, address],
  );
  await leave(browser, address);
  await expect.poll(key).toBe(401);
  expect(await robot()).toBe(401);
  server.clock.advance(30 * DAY_MS);
  await carryOutDeletions(server.identity);
  expect(
    await server.asDatabaseOwner("select user_id from tenancy.memberships where user_id = $1", [id]),
  ).toEqual([]);
  expect(
    await server.asDatabaseOwner(
      "select name, deleted_at is not null as gone from tenancy.organizations where org_id = $1",
      [orgId],
    ),
  ).toEqual([{ name: "Erased", gone: true }]);
  const [row] = await server.asDatabaseOwner<{ rest: string }>(
    `select concat_ws(' ', (select string_agg(t::text, ' ') from tenancy.organizations t),
       (select string_agg(t::text, ' ') from tenancy.slug_directory t),
       (select string_agg(t::text, ' ') from billing.customers t where org_id = $1),
       (select string_agg(t::text, ' ') from tenancy.invitations t where org_id = $1),
       (select string_agg(t::text, ' ') from identity.audit_entries t where org_id = $1),
       (select string_agg(t::text, ' ') from identity.audit_personal t),
       (select string_agg(t::text, ' ') from identity.users t)) as rest`,
    [orgId],
  );
  expect(row?.rest).not.toMatch(/ferdinand|forgetme|guest@example.com/i);
  const trail = await server.asDatabaseOwner<{ action: string }>(
    "select action from identity.audit_entries where org_id = $1 and actor_id = 'system' order by id",
    [orgId],
  );
  expect(trail.map(({ action }) => action)).toContain("organization.deleted");
});

test("what identity knew of an erased person is gone, and nothing leads back", async () => {
  await leave();
  server.clock.advance(30 * DAY_MS);
  await carryOutDeletions(server.identity);
  expect((await login()).status).toBe(401);
  const [row] = await server.asDatabaseOwner<{ rest: string }>(
    `select (select string_agg(t::text, '') from identity.users t)
       || coalesce((select string_agg(t::text, '') from identity.audit_personal t), '')
       || coalesce((select string_agg(t::text, '') from identity.address_changes t), '') as rest`,
  );
  expect(row?.rest).not.toContain(email);
  expect(row?.rest).toContain("@anonymized.invalid");
});

test("409 sole_owner while others would be left without one; one's own wish is cancelled before the mail is confirmed", async () => {
  const owner = await signIn(server);
  expect((await owner.call("DELETE", "/api/users/account")).body).toMatchObject({
    status: 409,
    code: "sole_owner",
  });
  const asked = await person.call("DELETE", "/api/users/account");
  const cancelled = await person.call("POST", "/api/gdpr/cancel", {
    body: { request_id: asked.body.request_id },
  });
  expect(cancelled.body.state).toBe("cancelled");
  expect((await person.call("GET", "/api/users/profile")).body.deletion).toBeNull();
});

test("an organization whose only other owner has left meanwhile falls to the member of highest rank, who is told", async () => {
  const { address, browser, orgId } = await register();
  const admin = `heir${count}@example.com`;
  const join = (who: string, role: string, since: string) =>
    server.asDatabaseOwner(
      `with who as (select id from identity.users where email = $1),
         listed as (insert into tenancy.member_directory (user_id, org_id) select id, $2 from who)
       insert into tenancy.memberships (org_id, user_id, role, created_at) select $2, id, $3, $4 from who`,
      [who, orgId, role, since],
    );
  await server.addMember({ email: admin, role: "viewer" });
  await join(email, "owner", "2020-01-01");
  await leave(browser, address);
  await join(admin, "admin", "2024-01-01");
  await server.asDatabaseOwner(
    `update tenancy.memberships set role = 'agent' where org_id = $1
       and user_id = (select id from identity.users where email = $2)`,
    [orgId, email],
  );
  server.clock.advance(30 * DAY_MS);
  await carryOutDeletions(server.identity);
  const members = await server.asDatabaseOwner<{ email: string; role: string }>(
    `select u.email, m.role from tenancy.memberships m join identity.users u on u.id = m.user_id
     where m.org_id = $1 order by m.role desc`,
    [orgId],
  );
  expect(members).toEqual([
    { email: admin, role: "owner" },
    { email, role: "agent" },
  ]);
  expect((await mailed("Your role in Ferdinand Forgetme changed", admin)).text).toMatch(/owner/i);
});
