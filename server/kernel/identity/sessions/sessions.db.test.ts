import { afterAll, beforeAll, expect, test } from "vitest";
import {
  BASE_URL,
  type Browser,
  call,
  OWNER,
  setUp,
  signIn,
  startSignInServer,
  type SignInServer,
} from "../../../../test/harness/sign-in-server.ts";
import { withSystemTx } from "../../../platform/db/index.ts";
import type { OrgId, UserId } from "../../../platform/ids.ts";
import { purge } from "../purge.ts";
import { rotateSessionsOf } from "./rotate-session.ts";

let server: SignInServer;
const MINUTE_MS = 60_000;

beforeAll(async () => {
  server = await startSignInServer();
  await setUp(server);
});
afterAll(() => server.close());

const me = (cookie: string, headers: Record<string, string> = {}) =>
  call(server, "GET", "/api/auth/me", { headers: { cookie, ...headers } });
const idOf = async ({ cookie }: Browser) => ((await me(cookie)).body.session as { id: string }).id;
const list = async (browser: Browser) =>
  (await browser.call("GET", "/api/auth/sessions")).body.data as Record<string, unknown>[];
const endAll = (browser: Browser, keep: boolean) =>
  browser.call("DELETE", `/api/auth/sessions?keep_current=${keep}`);
const cookieOf = (header: unknown) => String(header).split(";")[0] ?? "";

test("one's sessions are listed with device and masked address, the own one marked; others' are not", async () => {
  await endAll(await signIn(server), false);
  const here = await signIn(server);
  const there = await call(server, "POST", "/api/auth/login", {
    body: OWNER,
    headers: { "user-agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Firefox/140.0" },
    ip: "203.0.113.77",
  });
  expect(there.status).toBe(200);
  await server.addMember({ email: "other@example.com", role: "agent" });
  const other = await signIn(server, { ...OWNER, email: "other@example.com" });
  const sessions = await list(here);
  expect(sessions).toHaveLength(2);
  expect(sessions).toContainEqual({
    id: await idOf(here),
    kind: "browser",
    device: "App",
    ip_masked: "127.0.x.x",
    created_at: expect.any(String),
    last_seen_at: expect.any(String),
    current: true,
  });
  expect(sessions).toContainEqual(
    expect.objectContaining({ device: "Firefox on macOS", ip_masked: "203.0.x.x", current: false }),
  );
  expect(await list(other)).toHaveLength(1);
});

test("204 one of one's own sessions ends at once and pages are told; 404 another's and one that is over", async () => {
  const [here, there] = [await signIn(server), await signIn(server)];
  await server.addMember({ email: "other@example.com", role: "agent" });
  const other = await signIn(server, { ...OWNER, email: "other@example.com" });
  const id = await idOf(there);
  expect((await other.call("DELETE", `/api/auth/sessions/${id}`)).status).toBe(404);
  expect((await me(there.cookie)).status).toBe(200);
  server.published.length = 0;
  expect((await here.call("DELETE", `/api/auth/sessions/${id}`)).status).toBe(204);
  expect(server.published).toEqual(["session.revoked"]);
  expect((await me(there.cookie)).status).toBe(401);
  expect((await here.call("DELETE", `/api/auth/sessions/${id}`)).status).toBe(404);
  expect(await endingOf(id)).toEqual({ end_reason: "user_action", audited: 1 });
});

const endingOf = async (id: string) => {
  const [row] = await server.asDatabaseOwner<{ end_reason: string; audited: number }>(
    `select end_reason, (select count(*)::int from identity.audit_entries
       where action = 'session.ended' and target_id = $1) as audited from identity.sessions where id = $1`,
    [id],
  );
  return row;
};

test("all others end, or all", async () => {
  const [a, b, c] = [await signIn(server), await signIn(server), await signIn(server)];
  const before = (await list(a)).length;
  expect((await endAll(a, true)).body).toEqual({ revoked: before - 1 });
  for (const { cookie } of [b, c]) expect((await me(cookie)).status).toBe(401);
  expect((await me(a.cookie)).status).toBe(200);
  expect((await endAll(a, false)).body).toEqual({ revoked: 1 });
  expect((await me(a.cookie)).status).toBe(401);
});

test("below five minutes every answer says so, in seconds; polling sees the end come, use moves it", async () => {
  const browser = await signIn(server);
  const poll = () => me(browser.cookie, { "x-holdfast-background": "1" });
  server.clock.advance(24 * MINUTE_MS);
  expect((await poll()).headers["x-session-expires-soon"]).toBeUndefined();
  server.clock.advance(2 * MINUTE_MS);
  const soon = await poll();
  expect(soon.headers).toMatchObject({ "x-session-expires-soon": "true", "x-session-expires-in": "240" });
  expect((await me(browser.cookie)).headers["x-session-expires-soon"]).toBeUndefined();
  for (let passed = 26; passed < 12 * 60 - 20; passed += 20) {
    server.clock.advance(20 * MINUTE_MS);
    expect((await me(browser.cookie)).status).toBe(200);
  }
  server.clock.advance(11 * MINUTE_MS);
  expect((await me(browser.cookie)).headers["x-session-expires-in"]).toBe("180");
});

test("a switch gives a new secret; the old one serves its own organization ten seconds more", async () => {
  const browser = await signIn(server);
  const home = ((await me(browser.cookie)).body.organization as { id: string }).id;
  const made = await browser.call("POST", "/api/organizations", {
    body: { name: "Elsewhere", slug: "elsewhere" },
    headers: { "idempotency-key": "elsewhere" },
  });
  const elsewhere = String(made.body.id);
  const moved = await browser.call("POST", "/api/auth/switch-organization", { body: { org_id: elsewhere } });
  const fresh = cookieOf(moved.headers["set-cookie"]);
  expect(fresh).not.toBe(browser.cookie);
  const there = async (cookie: string) =>
    ((await me(cookie)).body.organization as { id: string } | undefined)?.id;
  expect(await there(fresh)).toBe(elsewhere);
  expect(await there(browser.cookie)).toBe(home);
  expect((await me(fresh, { "x-organization-id": home })).body.code).toBe("tenant_mismatch");
  server.clock.advance(10_000);
  expect((await me(browser.cookie)).status).toBe(401);
  expect(await there(fresh)).toBe(elsewhere);
});

test("after a change of role the next call carries a new secret, one for calls at the same time", async () => {
  const browser = await signIn(server);
  const { user, organization } = (await me(browser.cookie)).body as {
    user: { id: UserId };
    organization: { id: OrgId };
  };
  const sessionEnded = (id: string) => server.authenticate.forget(id);
  await withSystemTx(server.db, (tx) => rotateSessionsOf(tx, { sessionEnded }, user.id, organization.id));
  const answers = await Promise.all([me(browser.cookie), me(browser.cookie), me(browser.cookie)]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  const handed = answers.flatMap(({ headers }) => headers["set-cookie"] ?? []);
  expect(handed).toHaveLength(1);
  const fresh = cookieOf(handed[0]);
  server.clock.advance(10_000);
  expect((await me(browser.cookie)).status).toBe(401);
  const unsafe = { cookie: fresh, origin: BASE_URL, "x-csrf-token": browser.csrfToken };
  expect((await call(server, "POST", "/api/auth/sign-in-links", { headers: unsafe })).status).toBe(201);
});

test("204 reauth by password makes the proof fresh; 401 for a wrong one and for a factor nobody has", async () => {
  const browser = await signIn(server);
  const proven = async () => {
    const [row] = await server.asDatabaseOwner<{ proven_at: Date }>(
      "select proven_at from identity.sessions where id = $1",
      [await idOf(browser)],
    );
    return row?.proven_at;
  };
  server.clock.advance(11 * MINUTE_MS);
  const reauth = (body: unknown) => browser.call("POST", "/api/auth/reauth", { body });
  const unknown = { clientDataJSON: "AAAA", authenticatorData: "AAAA", signature: "AAAA" };
  const assertion = { id: "AAAA", response: unknown };
  for (const wrong of [{ password: "Wrong Horse 1" }, { code: "123456" }, { assertion }])
    expect((await reauth(wrong)).body).toMatchObject({ status: 401, code: "reauth_failed" });
  expect(await proven()).not.toEqual(server.clock.now());
  expect((await reauth({ password: OWNER.password })).status).toBe(204);
  expect(await proven()).toEqual(server.clock.now());
  expect((await reauth({ password: OWNER.password, code: "1" })).status).toBe(422);
});

test("ended sessions stay 30 days with their reason, then they go", async () => {
  const browser = await signIn(server);
  const id = await idOf(browser);
  await browser.call("DELETE", `/api/auth/sessions/${id}`);
  server.clock.advance(29 * 24 * 60 * MINUTE_MS);
  await purge(server);
  expect((await endingOf(id))?.end_reason).toBe("user_action");
  server.clock.advance(2 * 24 * 60 * MINUTE_MS);
  await purge(server);
  expect(await endingOf(id)).toBeUndefined();
});
