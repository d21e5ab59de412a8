import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { appCode } from "../../../../test/harness/authenticator.ts";
import { firstStep, secondStep, setUpApp, STEP_MS } from "../../../../test/harness/second-factors.ts";
import {
  type Browser,
  browserOf,
  OWNER,
  setUp,
  signIn,
  startSignInServer,
  type SignInServer,
} from "../../../../test/harness/sign-in-server.ts";

let server: SignInServer;
let browser: Browser;
/** Everyone has the operator's password. */
let person: { email: string; password: string };
let people = 0;

beforeAll(async () => {
  server = await startSignInServer();
  await setUp(server);
});
afterAll(() => server.close());
beforeEach(async () => {
  person = { ...OWNER, email: `person${(people += 1)}@example.com` };
  await server.addMember({ email: person.email, role: "agent" });
  browser = await signIn(server, person);
});

const me = (who: Browser) => who.call("GET", "/api/auth/me");
const status = async () => (await browser.call("GET", "/api/auth/mfa/status")).body;
const challenge = async () => String((await firstStep(server, person)).body.challenge);
const code = (secret: string, steps = 0) => appCode(secret, server.clock.now(), steps);
const byCode = async (typed: string, method = "totp") =>
  secondStep(server, { challenge: await challenge(), method, code: typed });
const count = (answers: { status: number; body: { code?: unknown } }[]) =>
  Object.entries(Object.groupBy(answers, ({ status, body }) => String(body.code ?? status))).map(
    ([name, all]) => [name, all?.length],
  );

test("an app is in force with its first code, not before; its codes then stand between password and session", async () => {
  const { body } = await browser.call("POST", "/api/auth/mfa/enroll");
  expect(body).toMatchObject({
    secret: expect.stringMatching(/^[A-Z2-7]{32}$/),
    otpauth_uri: expect.stringContaining("otpauth://totp/Holdfast"),
    qr_svg: expect.stringMatching(/^<svg/),
    expires_at: new Date(server.clock.now().getTime() + 15 * 60_000).toISOString(),
  });
  expect((await firstStep(server, person)).body).toHaveProperty("session");
  const wrong = await browser.call("POST", "/api/auth/mfa/verify", { body: { code: "000000" } });
  expect(wrong.body).toMatchObject({ status: 422, errors: [{ pointer: "/code" }] });
  const right = { body: { code: code(String(body.secret)) } };
  const confirmed = await browser.call("POST", "/api/auth/mfa/verify", right);
  expect(confirmed.body.backup_codes).toHaveLength(10);
  const answer = await firstStep(server, person);
  expect(answer.headers["set-cookie"]).toBeUndefined();
  expect(answer.body).toEqual({
    mfa_required: true,
    challenge: expect.stringMatching(/^[0-9A-Za-z]{43}$/),
    methods: ["totp", "backup_code"],
    expires_in: 300,
  });
  server.clock.advance(STEP_MS);
  const opened = await byCode(code(String(body.secret)));
  expect((await me(browserOf(server, opened))).body).toMatchObject({
    mfa: { enabled: true, methods: ["totp"], must_enroll: false },
  });
});

test("409 for a code when nothing waits for one, also after 15 minutes", async () => {
  const verify = (typed: string) => browser.call("POST", "/api/auth/mfa/verify", { body: { code: typed } });
  expect((await verify("123456")).body).toMatchObject({ status: 409, code: "mfa_not_pending" });
  const { body } = await browser.call("POST", "/api/auth/mfa/enroll");
  server.clock.advance(15 * 60_000);
  expect((await verify(code(String(body.secret)))).body.code).toBe("mfa_not_pending");
});

test("the session goes on under a new secret when a factor is set up", async () => {
  const { browser: after } = await setUpApp(server, browser);
  expect(after.cookie).not.toBe(browser.cookie);
  expect((await me(after)).status).toBe(200);
});

test("a step's code counts once of 20 tries at once, and the codes of one step before and after count too", async () => {
  const { secret } = await setUpApp(server, browser);
  const challenges = await Promise.all(Array.from({ length: 20 }, challenge));
  const answers = await Promise.all(
    challenges.map((each) => secondStep(server, { challenge: each, method: "totp", code: code(secret) })),
  );
  expect(count(answers)).toContainEqual(["200", 1]);
  server.clock.advance(15 * 60_000);
  expect((await byCode(code(secret, -1))).status).toBe(200);
  expect((await byCode(code(secret, 1))).status).toBe(200);
  // The present step lies before the one that was just used.
  expect((await byCode(code(secret))).body.code).toBe("second_factor_refused");
  expect((await byCode(code(secret, 2))).status).toBe(401);
});

test("a backup code counts once of 20 tries at once, however it is typed", async () => {
  const { codes } = await setUpApp(server, browser);
  const [first = "", second = ""] = codes;
  const challenges = await Promise.all(Array.from({ length: 20 }, challenge));
  const answers = await Promise.all(
    challenges.map((each) => secondStep(server, { challenge: each, method: "backup_code", code: first })),
  );
  expect(count(answers)).toContainEqual(["200", 1]);
  server.clock.advance(15 * 60_000);
  expect((await byCode(second.toLowerCase().replace("-", " "), "backup_code")).status).toBe(200);
  expect((await byCode(second, "backup_code")).status).toBe(401);
});

test("20 right answers to one challenge at once open one session and lock nobody", async () => {
  const { secret } = await setUpApp(server, browser);
  const one = await challenge();
  const answers = await Promise.all(
    Array.from({ length: 20 }, () =>
      secondStep(server, { challenge: one, method: "totp", code: code(secret) }),
    ),
  );
  expect(Object.fromEntries(count(answers))).toEqual({ 200: 1, challenge_expired: 19 });
});

test("a challenge lives five minutes, is good for one session, and nobody can make one up", async () => {
  const { codes } = await setUpApp(server, browser);
  const [first = "", second = "", third = ""] = codes;
  const spent = await challenge();
  const answer = (each: string, typed: string) =>
    secondStep(server, { challenge: each, method: "backup_code", code: typed });
  expect((await answer(spent, first)).status).toBe(200);
  expect((await answer(spent, second)).body).toMatchObject({ status: 401, code: "challenge_expired" });
  const late = await challenge();
  server.clock.advance(5 * 60_000);
  expect((await answer(late, second)).body.code).toBe("challenge_expired");
  expect((await answer("x".repeat(43), second)).body.code).toBe("challenge_expired");
  // A refused challenge spends no code.
  expect((await answer(await challenge(), second)).status).toBe(200);
  expect((await answer(await challenge(), third)).status).toBe(200);
});

test("429 mfa_locked after five failures, for 15 minutes, whatever is shown and on every challenge", async () => {
  const { secret, codes } = await setUpApp(server, browser);
  for (let i = 0; i < 5; i += 1)
    expect((await byCode("ABCD-EFGH", i % 2 ? "backup_code" : "totp")).body.code).toBe(
      "second_factor_refused",
    );
  const locked = await byCode(code(secret));
  expect(locked.body).toMatchObject({ status: 429, code: "mfa_locked" });
  expect(Number(locked.headers["retry-after"])).toBe(900);
  expect((await byCode(codes[0] as string, "backup_code")).status).toBe(429);
  server.clock.advance(15 * 60_000);
  expect((await byCode(code(secret))).status).toBe(200);
});

test("a right code ends the row of failures", async () => {
  const { codes } = await setUpApp(server, browser);
  for (const right of codes.slice(0, 2)) {
    for (let i = 0; i < 4; i += 1) expect((await byCode("000000")).status).toBe(401);
    expect((await byCode(right, "backup_code")).status).toBe(200);
  }
});

test("new codes void the old ones; without a second factor there are none", async () => {
  const regenerate = (who: Browser) => who.call("POST", "/api/auth/mfa/regenerate-codes");
  expect((await regenerate(browser)).body).toMatchObject({ status: 409, code: "mfa_not_enabled" });
  const { codes, browser: after } = await setUpApp(server, browser);
  const { body } = await regenerate(after);
  expect(body.backup_codes).toHaveLength(10);
  expect((await byCode(codes[0] as string, "backup_code")).status).toBe(401);
  expect((await byCode((body.backup_codes as string[])[0] as string, "backup_code")).status).toBe(200);
  browser = after;
  expect(await status()).toMatchObject({ enabled: true, methods: ["totp"], backup_codes_left: 9 });
});

test("a second app replaces the first with its first code", async () => {
  const first = await setUpApp(server, browser);
  const second = await setUpApp(server, first.browser);
  expect((await byCode(code(first.secret))).status).toBe(401);
  expect((await byCode(code(second.secret))).status).toBe(200);
});

test("disabled, the password is enough again and no code is left", async () => {
  const { browser: after, codes } = await setUpApp(server, browser);
  expect((await after.call("POST", "/api/auth/mfa/disable")).status).toBe(204);
  expect((await after.call("POST", "/api/auth/mfa/disable")).body.code).toBe("mfa_not_enabled");
  expect((await firstStep(server, person)).body).toHaveProperty("session");
  browser = after;
  expect(await status()).toEqual({
    enabled: false,
    methods: [],
    must_enroll: false,
    totp_confirmed_at: null,
    backup_codes_left: 0,
  });
  expect(codes).toHaveLength(10);
});

test("403 reauth_required for changes once the proof is older than ten minutes", async () => {
  server.clock.advance(10 * 60_000 + 1);
  for (const act of ["enroll", "disable", "regenerate-codes"])
    expect((await browser.call("POST", `/api/auth/mfa/${act}`)).body.code).toBe("reauth_required");
});

test("a disabled account is told so before any second step", async () => {
  await setUpApp(server, browser);
  await server.db.pool.query("update identity.users set disabled_at = now() where email = $1", [
    person.email,
  ]);
  expect((await firstStep(server, person)).body).toMatchObject({ status: 403, code: "account_disabled" });
});

test("of secrets and codes nothing readable is kept, and nothing is logged", async () => {
  const { secret, codes } = await setUpApp(server, browser);
  const open = await challenge();
  const shown = code(secret);
  await secondStep(server, { challenge: open, method: "totp", code: shown });
  const { rows } = await server.db.pool.query<{ text: string }>(
    `select (select string_agg(t::text, '') from identity.totp_secrets t)
       || (select string_agg(c::text, '') from identity.backup_codes c)
       || (select string_agg(m::text, '') from identity.mfa_challenges m) as text`,
  );
  const log = server.lines.join("");
  for (const text of [secret, open, ...codes]) {
    expect(rows[0]?.text).not.toContain(text);
    expect(log).not.toContain(text);
  }
});

test("what was done stands in the audit trail", async () => {
  const { browser: after } = await setUpApp(server, browser);
  await after.call("POST", "/api/auth/mfa/disable");
  for (let i = 0; i < 5; i += 1) await setUpApp(server, after).catch(() => undefined);
  const rows = await server.asDatabaseOwner<{ action: string }>(
    `select action from identity.audit_entries e join identity.users u on u.id = e.actor_id
     where u.email = $1 and action like 'mfa.%' order by e.id limit 3`,
    [person.email],
  );
  expect(rows.map(({ action }) => action)).toEqual(["mfa.enabled", "mfa.codes_made", "mfa.disabled"]);
});
