import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  type Answer,
  call,
  OWNER,
  setUp,
  startSignInServer,
  type SignInServer,
} from "../../../../test/harness/sign-in-server.ts";

let server: SignInServer;
const HOUR_MS = 3_600_000;
const PASSWORD = "Quiet Harbour 7";

beforeAll(async () => {
  server = await startSignInServer({}, { withMail: true });
  await setUp(server);
});
afterAll(() => server.close());

let email = "";
let count = 0;
beforeEach(() => {
  email = `person${(count += 1)}@example.com`;
});

const post = (path: string, body: unknown, cookie?: string) =>
  call(server, "POST", path, { body, headers: cookie ? { cookie } : {} });
const register = (change: Record<string, unknown> = {}) =>
  post("/api/auth/register", { email, password: PASSWORD, full_name: "Pat Person", ...change });
const verify = (token: string, how: { password?: string; cookie?: string } = {}) =>
  post("/api/auth/verify-email", { token, ...(how.password ? { password: how.password } : {}) }, how.cookie);
const login = (password = PASSWORD) => post("/api/auth/login", { email, password });
const cookieOf = ({ headers }: Answer) => String(headers["set-cookie"]).split(";")[0] ?? "";
const tokenIn = ({ text }: { text: string }) => /#token=([\w-]{43})/.exec(text)?.[1] ?? "";
const mailedToken = async () => tokenIn(await server.mailbox(email));

test("202, a mail, and its token in the browser that registered make a person with an organization of their own", async () => {
  const answer = await register();
  expect([answer.status, answer.body]).toEqual([202, { status: "verification_sent" }]);
  const mail = await server.mailbox(email);
  expect(mail.text).toContain("Hello Pat Person");
  const confirmed = await verify(tokenIn(mail), { cookie: cookieOf(answer) });
  expect(confirmed.body).toEqual({
    purpose: "verify",
    user: { id: expect.stringMatching(/^usr_/), email, full_name: "Pat Person", operator: false },
  });
  const signedIn = await login();
  expect(signedIn.status).toBe(200);
  const me = await call(server, "GET", "/api/auth/me", { headers: { cookie: cookieOf(signedIn) } });
  expect(me.body).toMatchObject({ organization: { name: "Pat Person" }, role: "owner" });
  expect((await verify(tokenIn(mail), { cookie: cookieOf(answer) })).body.code).toBe("token_spent");
});

test("another browser needs the password of that very registration; what is refused spends nothing", async () => {
  await register();
  const token = await mailedToken();
  expect((await verify(token)).body).toMatchObject({ status: 403, code: "password_required" });
  expect((await verify(token, { password: "Other Harbour 8" })).body).toMatchObject({
    status: 401,
    code: "invalid_credentials",
  });
  expect((await verify(token, { password: PASSWORD })).status).toBe(200);
});

test("nobody gets another's password confirmed: the owner's mail does not confirm a squatter's registration", async () => {
  const squatter = await register({ password: "Squatter Sits 1", full_name: "Squatter" });
  const squattersToken = await mailedToken();
  const owner = await register();
  const ownersToken = await mailedToken();
  expect((await verify(squattersToken, { cookie: cookieOf(owner) })).body.code).toBe("password_required");
  expect((await verify(squattersToken, { password: PASSWORD })).status).toBe(401);
  expect((await verify(ownersToken, { cookie: cookieOf(owner) })).status).toBe(200);
  expect((await verify(squattersToken, { cookie: cookieOf(squatter) })).status).toBe(410);
  expect((await login("Squatter Sits 1")).status).toBe(401);
  expect((await login()).status).toBe(200);
});

test("a taken and a free address get one answer after the same statements; the owner alone is mailed that it is taken", async () => {
  const owned = { email: OWNER.email, password: PASSWORD, full_name: "Pat Person" };
  const answers = [];
  const work = [];
  for (const body of [owned, { ...owned, email }]) {
    const before = server.queries();
    answers.push(await post("/api/auth/register", body));
    work.push(server.queries() - before);
  }
  expect(answers[0]?.body).toEqual(answers[1]?.body);
  expect(answers.map(({ status }) => status)).toEqual([202, 202]);
  expect(work[0]).toBe(work[1]);
  expect((await server.mailbox(OWNER.email)).subject).toBe("You have an account already");
  expect((await server.mailbox(email)).subject).toBe("Confirm your address");
});

test("403 email_unverified with the right password only; a mail once more, for this browser's registration", async () => {
  const mine = await register();
  await mailedToken();
  await register({ password: "Squatter Sits 1" });
  await mailedToken();
  expect((await login("Squatter Sits 1")).body).toMatchObject({ status: 403, code: "email_unverified" });
  expect((await login("Wrong Harbour 7")).body.code).toBe("invalid_credentials");
  const again = await post("/api/auth/verify-email/resend", { email }, cookieOf(mine));
  expect([again.status, again.text]).toEqual([202, ""]);
  expect((await verify(await mailedToken(), { cookie: cookieOf(mine) })).status).toBe(200);
});

test("202 for a mail once more where nobody waits: none is sent", async () => {
  expect((await post("/api/auth/verify-email/resend", { email })).status).toBe(202);
  await register();
  expect((await server.mailbox(email)).subject).toBe("Confirm your address");
});

test("410 a token after 24 hours; three live at most; a registration dies after 7 days", async () => {
  const mine = await register();
  const first = await mailedToken();
  const again = [];
  for (let i = 0; i < 3; i += 1) {
    server.clock.advance(1_000);
    await post("/api/auth/verify-email/resend", { email });
    again.push(await mailedToken());
  }
  expect((await verify(first, { cookie: cookieOf(mine) })).status).toBe(410);
  server.clock.advance(24 * HOUR_MS);
  expect((await verify(again[2] ?? "", { cookie: cookieOf(mine) })).status).toBe(410);
  await post("/api/auth/verify-email/resend", { email });
  const late = await mailedToken();
  expect((await verify(late, { password: PASSWORD })).status).toBe(200);
  email = "late@example.com";
  const waits = await register();
  await mailedToken();
  server.clock.advance(7 * 24 * HOUR_MS - 1_000);
  await post("/api/auth/verify-email/resend", { email });
  const last = await mailedToken();
  server.clock.advance(2_000);
  expect((await verify(last, { cookie: cookieOf(waits) })).status).toBe(410);
});

test("of tries at the same time one makes the person", async () => {
  const mine = await register();
  const token = await mailedToken();
  const tries = await Promise.all([1, 2, 3].map(() => verify(token, { cookie: cookieOf(mine) })));
  expect(tries.map(({ status }) => status).toSorted()).toEqual([200, 410, 410]);
});

test("422 for a weak and for a breached password, whatever its letter case", async () => {
  for (const [password, reason] of [
    ["alllowercase1", "upper-case"],
    ["Short1", "8 to 128"],
    ["Password123", "breaches"],
    ["pASSWORD123", "breaches"],
  ] as const) {
    const refused = await register({ password });
    expect(refused.body).toMatchObject({ status: 422, errors: [{ pointer: "/password" }] });
    expect(JSON.stringify(refused.body.errors)).toContain(reason);
  }
});

test("the sixth registration of an address within an hour is answered alike and not mailed", async () => {
  for (let i = 0; i < 6; i += 1) expect((await register()).status).toBe(202);
  const { rows } = await server.db.pool.query<{ mails: number }>(
    "select count(*)::int as mails from mail.outbox where address = $1",
    [email],
  );
  expect(rows).toEqual([{ mails: 5 }]);
});

test.each(["closed", "invite"] as const)("403 registration_closed while registration is %s", async (mode) => {
  const closed = await startSignInServer({ REGISTRATION: mode });
  const answer = await call(closed, "POST", "/api/auth/register", {
    body: { email, password: PASSWORD, full_name: "Pat", invitation_token: "x".repeat(43) },
  });
  expect(answer.body).toMatchObject({ status: 403, code: "registration_closed" });
  await closed.close();
});
