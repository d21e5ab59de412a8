import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  type Answer,
  type Browser,
  call,
  OWNER,
  setUp,
  signIn,
  startSignInServer,
  type SignInServer,
} from "../../../../test/harness/sign-in-server.ts";

let server: SignInServer;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const PASSWORD = "Quiet Harbour 7";

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
const login = (password: string, address = email) => post("/api/auth/login", { email: address, password });
const alive = async ({ cookie }: Browser) =>
  (await call(server, "GET", "/api/auth/me", { headers: { cookie } })).status;
const tokenIn = ({ text }: { text: string }) => /#token=([\w-]{43})/.exec(text)?.[1] ?? "";
const mailed = async (subject: string, to = email) => {
  for (;;) {
    const mail = await server.mailbox(to);
    if (mail.subject === subject) return mail;
  }
};
const profile = async (browser = person) => (await browser.call("GET", "/api/users/profile")).body;
const put = (body: unknown, browser = person) => browser.call("PUT", "/api/users/profile", { body });
const cookieOf = ({ headers }: Answer) => String(headers["set-cookie"]).split(";")[0] ?? "";

test("204 another password ends everything else, renews this session and is mailed", async () => {
  const elsewhere = await signIn(server, { ...OWNER, email });
  const changed = await person.call("PUT", "/api/auth/password", { body: { password: PASSWORD } });
  expect(changed.status).toBe(204);
  expect(await alive(elsewhere)).toBe(401);
  expect(await alive({ ...person, cookie: cookieOf(changed) })).toBe(200);
  server.clock.advance(10_000);
  expect(await alive(person)).toBe(401);
  expect((await login(OWNER.password)).status).toBe(401);
  expect((await login(PASSWORD)).status).toBe(200);
  await mailed("Your sign-in was changed");
  const [row] = await server.asDatabaseOwner<{ reasons: string[] }>(
    `select array_agg(end_reason) as reasons from identity.sessions s join identity.users u on u.id = s.user_id
     where u.email = $1 and ended_at is not null`,
    [email],
  );
  expect(row?.reasons).toEqual(["password_changed"]);
});

test("403 reauth_required for another password after ten minutes; 422 for a weak one", async () => {
  const change = (password: string) => person.call("PUT", "/api/auth/password", { body: { password } });
  expect((await change("weak")).body).toMatchObject({ status: 422, errors: [{ pointer: "/password" }] });
  server.clock.advance(11 * MINUTE_MS);
  expect((await change(PASSWORD)).body.code).toBe("reauth_required");
});

test("a reset by mail ends all sessions, signs nobody in, and works once", async () => {
  expect((await post("/api/auth/password-reset", { email })).status).toBe(202);
  const token = tokenIn(await mailed("Choose a new password"));
  const confirm = (password: string) => post("/api/auth/password-reset/confirm", { token, password });
  expect((await confirm("weak")).status).toBe(422);
  const done = await confirm(PASSWORD);
  expect([done.status, done.headers["set-cookie"]]).toEqual([204, undefined]);
  expect(await alive(person)).toBe(401);
  expect((await login(PASSWORD)).status).toBe(200);
  expect((await confirm("Quiet Harbour 8")).body.code).toBe("token_spent");
});

test("202 for a reset of nobody's, alike, and no mail; 410 after an hour", async () => {
  const nobody = await post("/api/auth/password-reset", { email: "nobody@example.com" });
  const known = await post("/api/auth/password-reset", { email });
  expect([nobody.status, nobody.text]).toEqual([known.status, known.text]);
  const token = tokenIn(await mailed("Choose a new password"));
  const [row] = await server.asDatabaseOwner<{ state: string }>(
    "select state from mail.outbox where address = 'nobody@example.com'",
  );
  expect(row?.state).toBe("unwanted");
  server.clock.advance(61 * MINUTE_MS);
  const late = await post("/api/auth/password-reset/confirm", { token, password: PASSWORD });
  expect(late.status).toBe(410);
});

test("what is named of a profile changes, the rest stays, and it reads the same on both paths", async () => {
  const before = await profile();
  const answer = await put({ full_name: "  Zoë <b>\u202e ", time_zone: "Europe/Berlin" });
  expect(answer.body).toEqual({ ...before, full_name: "  Zoë <b>\u202e ", time_zone: "Europe/Berlin" });
  expect((await person.call("GET", "/api/profile")).body).toEqual(answer.body);
  expect((await put({ time_zone: "Mars/Base" })).status).toBe(422);
  expect((await put({ full_name: "   " })).status).toBe(422);
});

test("a new address counts once its reader says so; the old one's reader takes it back, and all are signed out", async () => {
  const next = `new-${email}`;
  expect((await put({ email: next })).body).toMatchObject({ email, pending_email: next });
  const token = tokenIn(await mailed("Confirm your new address", next));
  expect((await post("/api/auth/verify-email", { token })).body).toMatchObject({
    purpose: "new_address",
    user: { email: next },
  });
  expect((await login(OWNER.password)).status).toBe(401);
  expect((await login(OWNER.password, next)).status).toBe(200);
  const undo = tokenIn(await mailed("Your address was changed"));
  server.clock.advance(2 * DAY_MS);
  const late = await login(OWNER.password, next);
  const undone = await post("/api/auth/verify-email", { token: undo });
  expect(undone.body).toMatchObject({ purpose: "undo_address", user: { email } });
  expect(await alive({ ...person, cookie: cookieOf(late) })).toBe(401);
  expect((await login(OWNER.password)).status).toBe(200);
});

test("a left address cannot be registered while its owner may take it back", async () => {
  const next = `new-${email}`;
  await put({ email: next });
  await post("/api/auth/verify-email", { token: tokenIn(await mailed("Confirm your new address", next)) });
  await post("/api/auth/register", { email, password: PASSWORD, full_name: "Squatter" });
  expect((await mailed("You have an account already")).text).toContain("has an account");
});

test("403 reauth_required for a new address after ten minutes; a taken one is answered alike", async () => {
  const taken = await put({ email: OWNER.email });
  expect([taken.status, taken.body.pending_email]).toEqual([200, OWNER.email]);
  await mailed("Your address was asked for", OWNER.email);
  server.clock.advance(11 * MINUTE_MS);
  expect((await put({ email: "other@example.com" })).body.code).toBe("reauth_required");
  expect((await put({ locale: "de" })).status).toBe(200);
});

test("a sign-in from a device not seen before is mailed, unless its owner wants no such mail", async () => {
  const from = (agent: string) =>
    call(server, "POST", "/api/auth/login", {
      body: { ...OWNER, email },
      headers: { "user-agent": `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${agent}/1.0` },
    });
  await from("Firefox");
  expect((await mailed("A sign-in from a new device")).text).toContain("Firefox on macOS");
  await put({ notifications: { new_device: false } });
  await from("Firefox");
  await from("Safari");
  await post("/api/auth/password-reset", { email });
  expect((await server.mailbox(email)).subject).toBe("Choose a new password");
});

test("a flagged address is mailed again when its owner says that it is right, and the flag falls with the mail's link", async () => {
  const flag = () =>
    server.asDatabaseOwner(
      "insert into mail.addresses (address, state, flagged_at) values ($1, 'bounced', $2)",
      [email, server.clock.now()],
    );
  await flag();
  expect(await profile()).toMatchObject({ email, email_flagged: true, pending_email: null });
  server.clock.advance(1_000);
  expect((await put({ email })).body).toMatchObject({ email, email_flagged: true, pending_email: email });
  const token = tokenIn(await mailed("Confirm your address"));
  expect((await post("/api/auth/verify-email", { token })).body).toMatchObject({ user: { email } });
  expect(await profile()).toMatchObject({ email, email_flagged: false, pending_email: null });
  // Nothing to prove: no further mail.
  expect((await put({ email })).body).toMatchObject({ pending_email: null });
});

test("choosing a password by mail shows that mail arrives: the flag falls", async () => {
  await server.asDatabaseOwner(
    "insert into mail.addresses (address, state, flagged_at) values ($1, 'complained', $2)",
    [email, server.clock.now()],
  );
  server.clock.advance(1_000);
  await post("/api/auth/password-reset", { email });
  const token = tokenIn(await mailed("Choose a new password"));
  await post("/api/auth/password-reset/confirm", { token, password: PASSWORD });
  const again = await signIn(server, { email, password: PASSWORD });
  expect(await profile(again)).toMatchObject({ email_flagged: false });
});
