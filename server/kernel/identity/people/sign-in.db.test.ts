import { afterAll, beforeAll, expect, test } from "vitest";
import {
  browserOf,
  call,
  OWNER,
  setUp,
  SETUP_TOKEN,
  signIn,
  startSignInServer,
  type SignInServer,
} from "../../../../test/harness/sign-in-server.ts";

let server: SignInServer;

beforeAll(async () => {
  server = await startSignInServer();
});
afterAll(() => server.close());

const login = (body: unknown) => call(server, "POST", "/api/auth/login", { body });
const me = (cookie: string) => call(server, "GET", "/api/auth/me", { headers: { cookie } });
const redeem = (token: string) => call(server, "POST", "/api/auth/sign-in-links/redeem", { body: { token } });
const tokenOf = (answer: { body: Record<string, unknown> }) =>
  String(answer.body.url).split("#token=")[1] ?? "";

test("410 set-up with a wrong token; 422 for a weak password, naming it", async () => {
  const body = { ...OWNER, token: "x".repeat(SETUP_TOKEN.length), full_name: "Ona Owner" };
  expect((await call(server, "POST", "/api/admin/setup", { body })).body.code).toBe("setup_closed");
  const weak = { ...body, token: SETUP_TOKEN, password: "alllowercase" };
  const refused = await call(server, "POST", "/api/admin/setup", { body: weak });
  expect(refused.body).toMatchObject({ status: 422, errors: [{ pointer: "/password" }] });
});

test("of set-ups at once one makes the operator, then it is closed for good", async () => {
  const answers = await Promise.all([setUp(server), setUp(server), setUp(server)]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 410, 410]);
  expect(answers.find(({ status }) => status === 201)?.body).toEqual({
    user: {
      id: expect.stringMatching(/^usr_/),
      email: OWNER.email,
      full_name: "Ona Owner",
      operator: true,
    },
  });
  expect((await setUp(server)).status).toBe(410);
});

test("200 sign-in, whatever the letter case of the address; the cookie opens the session", async () => {
  const answer = await login({ ...OWNER, email: "OWNER@example.com" });
  expect(answer.status).toBe(200);
  expect(answer.headers["set-cookie"]).toMatch(
    /^hf_session=[0-9A-Za-z]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Lax$/,
  );
  expect(answer.body.session).toMatchObject({ expires_at: "2026-03-01T12:00:00.000Z" });
  expect((await me(browserOf(server, answer).cookie)).body).toMatchObject({
    user: { email: OWNER.email },
    session: answer.body.session,
    organization: { name: "Ona Owner" },
    role: "owner",
    mode: "test",
  });
});

test("401 invalid_credentials, one answer for a wrong password and an unknown person", async () => {
  const wrong = await login({ ...OWNER, password: "Wrong Horse 1" });
  const unknown = await login({ ...OWNER, email: "nobody@example.com" });
  for (const answer of [wrong, unknown])
    expect(answer.body).toMatchObject({ status: 401, code: "invalid_credentials" });
  const { instance: _a, ...first } = wrong.body;
  const { instance: _b, ...second } = unknown.body;
  expect(first).toEqual(second);
  expect(wrong.headers["set-cookie"]).toBeUndefined();
});

test("422 for a malformed address and an unknown field", async () => {
  expect((await login({ ...OWNER, email: "owner" })).status).toBe(422);
  expect((await login({ ...OWNER, colour: "red" })).status).toBe(422);
});

test("403 account_disabled, told to who knows the password only", async () => {
  const disable = (at: Date | null) =>
    server.db.pool.query("update identity.users set disabled_at = $1", [at]);
  await disable(new Date());
  expect((await login(OWNER)).body).toMatchObject({ status: 403, code: "account_disabled" });
  expect((await login({ ...OWNER, password: "Wrong Horse 1" })).status).toBe(401);
  await disable(null);
});

test("a session ends after 30 idle minutes; calls extend it, but never beyond 12 hours", async () => {
  const { cookie } = await signIn(server);
  server.clock.advance(29 * 60_000);
  expect((await me(cookie)).status).toBe(200);
  server.clock.advance(29 * 60_000);
  expect((await me(cookie)).status).toBe(200);
  server.clock.advance(31 * 60_000);
  expect((await me(cookie)).status).toBe(401);
  const long = await signIn(server);
  for (let passed = 0; passed < 12 * 60 - 25; passed += 25) {
    expect((await me(long.cookie)).status).toBe(200);
    server.clock.advance(25 * 60_000);
  }
  server.clock.advance(25 * 60_000);
  expect((await me(long.cookie)).status).toBe(401);
});

test("polling in the background does not extend a session", async () => {
  const { cookie } = await signIn(server);
  const poll = () =>
    call(server, "GET", "/api/auth/me", { headers: { cookie, "x-holdfast-background": "1" } });
  server.clock.advance(20 * 60_000);
  expect((await poll()).status).toBe(200);
  server.clock.advance(11 * 60_000);
  expect((await poll()).status).toBe(401);
});

test("the sixth session ends the oldest at once, also when they open at the same time", async () => {
  const first = await signIn(server);
  expect((await me(first.cookie)).status).toBe(200);
  server.clock.advance(1_000);
  const others = await Promise.all(Array.from({ length: 5 }, () => signIn(server)));
  expect((await me(first.cookie)).status).toBe(401);
  for (const { cookie } of others) expect((await me(cookie)).status).toBe(200);
  const { rows } = await server.db.pool.query(
    "select count(*)::int as live from identity.sessions where ended_at is null",
  );
  expect(rows).toEqual([{ live: 5 }]);
});

test("204 sign-out always; the session is refused at once and the cookie taken away", async () => {
  const browser = await signIn(server);
  expect((await me(browser.cookie)).status).toBe(200);
  const answer = await browser.call("POST", "/api/auth/logout");
  expect([answer.status, answer.text]).toEqual([204, ""]);
  expect(answer.headers["set-cookie"]).toContain("hf_session=; Max-Age=0");
  expect((await me(browser.cookie)).status).toBe(401);
  expect((await call(server, "POST", "/api/auth/logout")).status).toBe(204);
});

test("201 a sign-in link signs in once, not twice, and voids its siblings", async () => {
  const browser = await signIn(server);
  const links = await Promise.all([1, 2].map(() => browser.call("POST", "/api/auth/sign-in-links")));
  expect(links[0]?.status).toBe(201);
  expect(links[0]?.body.url).toMatch(/^http:\/\/127\.0\.0\.1:3000\/sign-in#token=[0-9A-Za-z]{43}$/);
  const [first, second] = links.map(tokenOf) as [string, string];
  const tries = await Promise.all([redeem(first), redeem(first), redeem(first)]);
  expect(tries.map(({ status }) => status).toSorted()).toEqual([200, 410, 410]);
  const opened = tries.find(({ status }) => status === 200);
  expect(opened && (await me(browserOf(server, opened).cookie)).status).toBe(200);
  expect((await redeem(second)).body).toMatchObject({ status: 410, code: "token_spent" });
});

test("410 a link after 10 minutes, the oldest of four, one nobody made", async () => {
  const browser = await signIn(server);
  const make = async () => {
    server.clock.advance(1_000);
    return tokenOf(await browser.call("POST", "/api/auth/sign-in-links"));
  };
  const oldest = await make();
  const last = [await make(), await make(), await make()].at(-1) as string;
  expect((await redeem(oldest)).status).toBe(410);
  server.clock.advance(10 * 60_000);
  expect((await redeem(last)).status).toBe(410);
  expect((await redeem("x".repeat(43))).status).toBe(410);
});

test("no password, token, cookie or link was logged", async () => {
  const browser = await signIn(server);
  const link = tokenOf(await browser.call("POST", "/api/auth/sign-in-links"));
  await redeem(link);
  const log = server.lines.join("");
  expect(log).toContain("/api/auth/login");
  for (const secret of [OWNER.password, SETUP_TOKEN, browser.cookie.slice(11), browser.csrfToken, link])
    expect(log).not.toContain(secret);
});

test("secrets are stored as hashes only", async () => {
  const browser = await signIn(server);
  const { rows } = await server.db.pool.query<{ text: string }>(
    "select (select string_agg(s::text, '') from identity.sessions s) || (select string_agg(u::text, '') from identity.users u) as text",
  );
  expect(rows[0]?.text).toContain("$argon2id$");
  for (const secret of [browser.cookie.slice(11), OWNER.password])
    expect(rows[0]?.text).not.toContain(secret);
});
