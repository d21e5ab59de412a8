import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { setUpApp } from "../../../../test/harness/second-factors.ts";
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
import { addMs } from "../../../platform/clock.ts";
import { withSystemTx } from "../../../platform/db/index.ts";
import { INSTALLATION, type UserId } from "../../../platform/ids.ts";
import { erasePerson } from "../deletion/store.ts";
import { carryOutMfaReset } from "./reset-mfa.ts";

let server: SignInServer;
let operator: Browser;
let email = "";
let count = 0;
const DAY_MS = 86_400_000;

beforeAll(async () => {
  server = await startSignInServer({}, { withMail: true });
  await setUp(server);
});
afterAll(() => server.close());
beforeEach(async () => {
  operator = await signIn(server);
  email = `member${(count += 1)}@example.com`;
});

/** Somebody in the operator's organization, who is signed in. */
async function aMember(): Promise<{ id: string; browser: Browser }> {
  await server.addMember({ email, role: "agent" });
  const browser = await signIn(server, { ...OWNER, email });
  return { id: await idOf(email), browser };
}
async function idOf(address: string): Promise<string> {
  const rows = await server.asDatabaseOwner<{ id: string }>(
    "select id from identity.users where email = $1",
    [address],
  );
  return rows[0]?.id ?? "";
}
const login = (password = OWNER.password) =>
  call(server, "POST", "/api/auth/login", { body: { email, password } });
const act = (id: string, what: string, body?: unknown, method = "PUT") =>
  operator.call(method, `/api/admin/users/${id}/${what}`, body === undefined ? {} : { body });
const trail = (orgId: string, target: string) =>
  server
    .asDatabaseOwner<{ action: string; actor_id: string }>(
      "select action, actor_id from identity.audit_entries where org_id = $1 and target_id = $2 order by id",
      [orgId, target],
    )
    .then((rows) => rows.map(({ action }) => action));
const tokenIn = ({ text }: { text: string }) => /#token=([\w-]{43})/.exec(text)?.[1] ?? "";

test("an invited person has no password until the mailed link sets one, and then their own organization", async () => {
  const body = { email: email.toUpperCase(), full_name: "Ina Invited" };
  const headers = { "idempotency-key": `invite-${count}` };
  const invite = () => operator.call("POST", "/api/admin/users", { body, headers });
  const made = await invite();
  expect([made.status, made.body.user]).toMatchObject([201, { email, full_name: "Ina Invited" }]);
  expect((await invite()).body).toEqual(made.body);
  const taken = await operator.call("POST", "/api/admin/users", {
    body,
    headers: { "idempotency-key": `again-${count}` },
  });
  expect([taken.status, taken.body.code]).toEqual([409, "address_taken"]);
  expect((await login()).body.code).toBe("invalid_credentials");
  const listed = await operator.call("GET", `/api/admin/users?status=invited&search=${email}`);
  expect(listed.body.data).toMatchObject([{ email, status: "invited" }]);
  const token = tokenIn(await server.mailbox(email));
  const password = "Quiet Harbour 7";
  const set = await call(server, "POST", "/api/auth/password-reset/confirm", { body: { token, password } });
  expect(set.status).toBe(204);
  const me = await browserOf(server, await login(password)).call("GET", "/api/auth/me");
  expect(me.body).toMatchObject({ organization: { name: "Ina Invited" }, role: "owner" });
});

test("a disabled person's sessions and own keys end within a second; let in again, they make new keys", async () => {
  const { id, browser } = await aMember();
  const key = await browser.call("POST", "/api/api-keys", {
    body: { name: "Mine", mode: "test", scopes: ["api_keys.own"] },
    headers: { "idempotency-key": `key-${count}` },
  });
  const authorization = `Bearer ${String(key.body.secret)}`;
  const byKey = () => call(server, "GET", "/api/api-keys", { headers: { authorization } });
  // 403: the key is known, though it may not do this; 401: it is not.
  const known = async () => (await byKey()).status;
  expect(await known()).toBe(403);
  expect((await act(id, "status", { active: false, reason: "Left the company" })).status).toBe(204);
  expect((await browser.call("GET", "/api/auth/me")).status).toBe(401);
  await expect.poll(known).toBe(401);
  expect((await login()).body.code).toBe("account_disabled");
  expect((await server.mailbox(email)).text).toContain("Left the company");
  const detail = await operator.call("GET", `/api/admin/users/${id}`);
  expect(detail.body).toMatchObject({
    status: "disabled",
    disabled_reason: "Left the company",
    organizations: [{ name: "Ona Owner", role: "agent" }],
  });
  expect((await act(id, "status", { active: true, reason: "Came back" })).status).toBe(204);
  expect((await login()).status).toBe(200);
  expect(await known()).toBe(401);
  const [row] = await server.asDatabaseOwner<{ revoked: boolean }>(
    "select revoked_at is not null as revoked from tenancy.api_keys where id = $1",
    [key.body.id],
  );
  expect(row).toEqual({ revoked: true });
  expect(await trail(INSTALLATION, id)).toEqual(["person.disabled", "person.enabled"]);
});

test("nobody disables or demotes themselves, and an operator always remains", async () => {
  const own = await idOf(OWNER.email);
  expect((await act(own, "status", { active: false, reason: "Bye" })).body.code).toBe("self");
  expect((await act(own, "admin", { admin: false })).body.code).toBe("last_admin");
  const { id } = await aMember();
  expect((await act(id, "admin", { admin: true })).status).toBe(204);
  expect((await act(own, "admin", { admin: false })).body.code).toBe("self");
  expect((await act(id, "admin", { admin: false })).status).toBe(204);
});

test("two operators who demote each other at once leave one", async () => {
  const own = await idOf(OWNER.email);
  const { id } = await aMember();
  await act(id, "admin", { admin: true });
  const other = browserOf(server, await login());
  const [first, second] = await Promise.all([
    act(id, "admin", { admin: false }),
    other.call("PUT", `/api/admin/users/${own}/admin`, { body: { admin: false } }),
  ]);
  const left = await server.asDatabaseOwner("select id from identity.users where is_operator");
  expect([left.length, [first.status, second.status].filter((status) => status === 204).length]).toEqual([
    1, 1,
  ]);
  await server.asDatabaseOwner("update identity.users set is_operator = email = $1", [OWNER.email]);
});

test("new rights begin with a new sign-in", async () => {
  const { id, browser } = await aMember();
  await act(id, "admin", { admin: true });
  expect((await browser.call("GET", "/api/auth/me")).status).toBe(401);
  const signedIn = browserOf(server, await login());
  expect((await signedIn.call("GET", "/api/admin/users")).status).toBe(200);
  await act(id, "admin", { admin: false });
  expect((await signedIn.call("GET", "/api/admin/users")).status).toBe(401);
});

test("second factors go a day after the request, and stay when the person says no by mail", async () => {
  const { id, browser } = await aMember();
  expect((await act(id, "reset-mfa", undefined, "POST")).body.code).toBe("mfa_not_enabled");
  await setUpApp(server, browser);
  const ask = () => act(id, "reset-mfa", undefined, "POST");
  const letter = async () => {
    for (;;) {
      const mail = await server.mailbox(email);
      if (tokenIn(mail)) return tokenIn(mail);
    }
  };
  expect((await ask()).status).toBe(202);
  expect((await ask()).body.code).toBe("reset_pending");
  const token = await letter();
  const no = await call(server, "POST", "/api/auth/verify-email", { body: { token } });
  expect(no.body).toMatchObject({ purpose: "cancel_mfa_reset", user: { email } });
  server.clock.advance(DAY_MS + 1);
  expect(await carryOutMfaReset(server.identity)).toBe(false);
  expect((await login()).body.mfa_required).toBe(true);

  operator = await signIn(server);
  expect((await ask()).status).toBe(202);
  server.clock.advance(DAY_MS - 1);
  expect(await carryOutMfaReset(server.identity)).toBe(false);
  server.clock.advance(1);
  expect(await carryOutMfaReset(server.identity)).toBe(true);
  expect((await login()).body.user).toMatchObject({ email });
  expect(await trail(INSTALLATION, id)).toEqual([
    "mfa.reset_requested",
    "mfa.reset_cancelled",
    "mfa.reset_requested",
    "mfa.reset",
  ]);
});

test("an operator who looks on sees what the person sees, changes nothing, and comes back; all know of it", async () => {
  const { id, browser } = await aMember();
  const { body: me } = await browser.call("GET", "/api/auth/me");
  const orgId = (me.organization as { id: string }).id;
  const endsAt = addMs(server.clock.now(), 30 * 60_000).toISOString();
  const opened = await act(id, "view-as", { reason: "Ticket 17" }, "POST");
  expect(opened.status).toBe(200);
  const view = browserOf(server, opened);
  const seen = await view.call("GET", "/api/auth/me");
  expect(seen.body).toMatchObject({
    user: { id },
    role: "agent",
    view_as: { operator: "Ona Owner", reason: "Ticket 17", ends_at: endsAt },
  });
  for (const [method, path, body] of [
    ["PUT", "/api/users/profile", { full_name: "Someone Else" }],
    ["POST", "/api/api-keys", { name: "Mine", mode: "test", scopes: [] }],
    ["DELETE", "/api/auth/sessions", undefined],
  ] as const) {
    const refused = await view.call(method, path, body ? { body } : {});
    expect([path, refused.status, refused.body.code]).toEqual([path, 403, "read_only"]);
  }
  expect((await view.call("GET", "/api/admin/users")).status).toBe(403);
  expect((await browser.call("GET", "/api/auth/me")).body.view_as).toBeNull();
  expect((await server.mailbox(email)).text).toContain("Ticket 17");
  expect(await trail(INSTALLATION, id)).toEqual(["person.viewed"]);
  expect(await trail(orgId, id)).toEqual(["person.viewed"]);

  const back = browserOf(server, await view.call("DELETE", "/api/auth/view-as"));
  expect((await back.call("GET", "/api/auth/me")).body).toMatchObject({ user: { email: OWNER.email } });
  expect((await view.call("GET", "/api/auth/me")).status).toBe(401);
});

test("a look ends after half an hour, with the operator's own session, and when they operate no more", async () => {
  const { id } = await aMember();
  const look = async () => browserOf(server, await act(id, "view-as", { reason: "Look" }, "POST"));
  const open = async (view: Browser) => (await view.call("GET", "/api/auth/me")).status === 200;
  const first = await look();
  server.clock.advance(29 * 60_000);
  expect(await open(first)).toBe(true);
  server.clock.advance(61_000);
  expect(await open(first)).toBe(false);

  operator = await signIn(server);
  const second = await look();
  await second.call("POST", "/api/auth/logout");
  expect([await open(second), await open(operator)]).toEqual([false, false]);

  operator = await signIn(server);
  const third = await look();
  await operator.call("DELETE", "/api/auth/sessions?keep_current=true");
  expect([await open(third), await open(operator)]).toEqual([false, true]);
});

test("people are found by what stands in their names, pages follow each other, and signs stand for themselves", async () => {
  for (const name of ["a_b", "a%b", "axb"])
    await server.asDatabaseOwner(
      `insert into identity.users (id, email, full_name, created_at)
       values ('usr_' || md5($1), md5($1) || '@found.example', $1, date_trunc('milliseconds', now()))`,
      [name],
    );
  const find = async (query: string) => {
    const { body } = await operator.call("GET", `/api/admin/users?${query}`);
    return body as { data: { full_name: string }[]; next_cursor: string | null };
  };
  const names = async (search: string) =>
    (await find(`search=${encodeURIComponent(search)}`)).data.map((row) => row.full_name);
  expect(await names("a_b")).toEqual(["a_b"]);
  expect(await names("A%B")).toEqual(["a%b"]);
  const seen: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const page = await find(`search=found.example&limit=2${cursor && `&cursor=${cursor}`}`);
    seen.push(...page.data.map((row) => row.full_name));
    cursor = page.next_cursor;
  }
  expect(seen.toSorted()).toEqual(["a%b", "a_b", "axb"]);
});

test("whoever was erased is nobody to operators: not listed, not let in again", async () => {
  const { id } = await aMember();
  await withSystemTx(server.db, (tx) => erasePerson(tx, id as UserId, "alias", server.clock.now()));
  const listed = await operator.call("GET", `/api/admin/users?search=${id}`);
  expect(listed.body.data).toEqual([]);
  expect((await operator.call("GET", `/api/admin/users/${id}`)).status).toBe(404);
  expect((await act(id, "status", { active: true, reason: "Back" })).status).toBe(404);
});
