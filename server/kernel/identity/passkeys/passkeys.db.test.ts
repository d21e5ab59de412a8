import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { softPasskey } from "../../../../test/harness/authenticator.ts";
import {
  byPasskey,
  firstStep,
  loginChallenge,
  secondStep,
  setUpApp,
  setUpPasskey,
} from "../../../../test/harness/second-factors.ts";
import {
  BASE_URL,
  type Browser,
  browserOf,
  OWNER,
  setUp,
  signIn,
  startSignInServer,
  type SignInServer,
} from "../../../../test/harness/sign-in-server.ts";
import { newId } from "../../../platform/ids.ts";

let server: SignInServer;
let browser: Browser;
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

const list = async (who: Browser) =>
  (await who.call("GET", "/api/auth/passkeys")).body.data as { id: string }[];

test("a passkey signs in alone, as both factors", async () => {
  const { passkey, answer } = await setUpPasskey(server, browser);
  expect(answer.body).toMatchObject({ passkey: { name: "Laptop", synced: false, last_used_at: null } });
  const opened = await byPasskey(server, passkey.assert(await loginChallenge(server)));
  expect(opened.body).toMatchObject({ user: { email: person.email } });
  const { body } = await browserOf(server, opened).call("GET", "/api/auth/me");
  expect(body.mfa).toEqual({ enabled: true, methods: ["passkey"], must_enroll: false });
});

test("options ask for user verification and a key that is found by itself, and name what is there already", async () => {
  const { passkey, browser: after } = await setUpPasskey(server, browser);
  const { body } = await after.call("POST", "/api/auth/passkeys/register/options");
  expect(body).toMatchObject({
    rp: { id: "127.0.0.1", name: "Holdfast" },
    user: { name: person.email },
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
    excludeCredentials: [{ id: passkey.id, type: "public-key" }],
  });
  const again = passkey.attest(String(body.challenge));
  const twice = await after.call("POST", "/api/auth/passkeys/register", { body: { attestation: again } });
  expect(twice.body).toMatchObject({ status: 409, code: "passkey_known" });
});

test("with the first second factor come ten backup codes, with the next none; a password then needs a second step", async () => {
  const { passkey, answer, browser: after } = await setUpPasskey(server, browser);
  const codes = answer.body.backup_codes as string[];
  expect(codes).toHaveLength(10);
  const second = await setUpPasskey(server, after, softPasskey(BASE_URL));
  expect(second.answer.body.backup_codes).toBeNull();
  const { body } = await firstStep(server, person);
  expect(body).toMatchObject({ mfa_required: true, methods: ["passkey", "backup_code"] });
  const challenge = String(body.challenge);
  const asked = await loginChallenge(server, { challenge });
  const opened = await secondStep(server, { challenge, method: "passkey", assertion: passkey.assert(asked) });
  expect(opened.status).toBe(200);
  const again = String((await firstStep(server, person)).body.challenge);
  const byCode = { challenge: again, method: "backup_code", code: codes[0] };
  expect((await secondStep(server, byCode)).status).toBe(200);
});

test("401 for what the person did not confirm, another origin, another key, another challenge", async () => {
  const { passkey } = await setUpPasskey(server, browser);
  const stranger = softPasskey(BASE_URL);
  const tries = [
    passkey.assert(await loginChallenge(server), { verified: false }),
    passkey.assert(await loginChallenge(server), { origin: "https://elsewhere.example" }),
    stranger.assert(await loginChallenge(server)),
    { ...stranger.assert(await loginChallenge(server)), id: passkey.id },
    passkey.assert("A".repeat(43)),
  ];
  for (const assertion of tries)
    expect((await byPasskey(server, assertion)).body).toMatchObject({ status: 401, code: "passkey_refused" });
});

test("a challenge is spent once, also by 20 answers at once, and dies after five minutes", async () => {
  const { passkey } = await setUpPasskey(server, browser);
  const challenge = await loginChallenge(server);
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => byPasskey(server, passkey.assert(challenge))),
  );
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  const late = await loginChallenge(server);
  server.clock.advance(5 * 60_000);
  expect((await byPasskey(server, passkey.assert(late))).status).toBe(401);
});

test("a counter that fell or stands is refused and written down; one that counts nothing is not", async () => {
  const { passkey } = await setUpPasskey(server, browser);
  const use = async (counter?: number) =>
    (
      await byPasskey(
        server,
        passkey.assert(await loginChallenge(server), counter === undefined ? {} : { counter }),
      )
    ).status;
  expect([await use(7), await use(7), await use(3), await use(0), await use(8)]).toEqual([
    200, 401, 401, 401, 200,
  ]);
  const fell = await server.asDatabaseOwner<{ detail: unknown }>(
    `select detail from identity.audit_entries e join identity.users u on u.id = e.actor_id
     where u.email = $1 and action = 'passkey.counter_fell' order by e.id`,
    [person.email],
  );
  expect(fell.map(({ detail }) => detail)).toEqual([7, 3, 0].map((after) => ({ before: 7, after })));
  const other = { ...OWNER, email: `person${(people += 1)}@example.com` };
  await server.addMember({ email: other.email, role: "agent" });
  const synced = softPasskey(BASE_URL, { counts: false });
  await setUpPasskey(server, await signIn(server, other), synced);
  for (let i = 0; i < 3; i += 1)
    expect((await byPasskey(server, synced.assert(await loginChallenge(server)))).status).toBe(200);
});

test("a passkey of somebody else is no second factor, and counts as a failure", async () => {
  const { passkey: theirs } = await setUpPasskey(server, browser);
  const other = { ...OWNER, email: `person${(people += 1)}@example.com` };
  await server.addMember({ email: other.email, role: "agent" });
  await setUpApp(server, await signIn(server, other));
  const challenge = String((await firstStep(server, other)).body.challenge);
  for (let i = 0; i < 5; i += 1) {
    const assertion = theirs.assert(await loginChallenge(server));
    const answer = await secondStep(server, { challenge, method: "passkey", assertion });
    expect(answer.body.code).toBe("second_factor_refused");
  }
  const assertion = theirs.assert(await loginChallenge(server));
  expect((await secondStep(server, { challenge, method: "passkey", assertion })).status).toBe(429);
});

test("422 for an attestation that answers nothing we asked, answers for another, or was answered before", async () => {
  const passkey = softPasskey(BASE_URL);
  const register = (who: Browser, attestation: object) =>
    who.call("POST", "/api/auth/passkeys/register", { body: { attestation } });
  const ask = async (who: Browser) =>
    String((await who.call("POST", "/api/auth/passkeys/register/options")).body.challenge);
  const other = { ...OWNER, email: `person${(people += 1)}@example.com` };
  await server.addMember({ email: other.email, role: "agent" });
  const stranger = await signIn(server, other);
  const mine = await ask(browser);
  const refused = { status: 422, errors: [{ pointer: "/attestation" }] };
  expect((await register(stranger, passkey.attest(mine))).body).toMatchObject(refused);
  expect((await register(browser, passkey.attest(mine))).body).toMatchObject(refused);
  expect((await register(browser, passkey.attest("A".repeat(43)))).body).toMatchObject(refused);
  const login = await loginChallenge(server);
  expect((await register(browser, passkey.attest(login))).body).toMatchObject(refused);
  const unverified = passkey.attest(await ask(browser), { verified: false });
  expect((await register(browser, unverified)).body).toMatchObject(refused);
  expect((await register(browser, passkey.attest(await ask(browser)))).status).toBe(201);
});

test("409 for the eleventh passkey, also when two are added at once", async () => {
  let who = browser;
  for (let i = 0; i < 9; i += 1) who = (await setUpPasskey(server, who, softPasskey(BASE_URL))).browser;
  const challenges = await Promise.all(
    [0, 1].map(async () =>
      String((await who.call("POST", "/api/auth/passkeys/register/options")).body.challenge),
    ),
  );
  const answers = await Promise.all(
    challenges.map((challenge) =>
      who.call("POST", "/api/auth/passkeys/register", {
        body: { attestation: softPasskey(BASE_URL).attest(challenge) },
      }),
    ),
  );
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409]);
});

test("passkeys are renamed and removed by their owner alone; with the last factor the codes go too", async () => {
  const { browser: after } = await setUpPasskey(server, browser);
  const [{ id } = { id: "" }] = await list(after);
  const other = { ...OWNER, email: `person${(people += 1)}@example.com` };
  await server.addMember({ email: other.email, role: "owner" });
  const stranger = await signIn(server, other);
  const path = `/api/auth/passkeys/${id}`;
  const body = { name: "Phone" };
  expect((await stranger.call("PUT", path, { body })).status).toBe(404);
  expect((await stranger.call("DELETE", path)).status).toBe(404);
  expect((await after.call("PUT", path, { body })).body).toMatchObject({ id, name: "Phone" });
  expect((await after.call("DELETE", path)).status).toBe(204);
  expect((await after.call("DELETE", path)).status).toBe(404);
  expect((await after.call("DELETE", `/api/auth/passkeys/${newId("pky")}`)).status).toBe(404);
  expect(await list(after)).toEqual([]);
  const { body: status } = await after.call("GET", "/api/auth/mfa/status");
  expect(status).toMatchObject({ enabled: false, backup_codes_left: 0 });
  expect((await firstStep(server, person)).body).toHaveProperty("session");
});

test("409 for removing a passkey that is the only way in: it stays", async () => {
  const { browser: after } = await setUpPasskey(server, browser);
  const [{ id } = { id: "" }] = await list(after);
  await server.asDatabaseOwner("update identity.users set password_hash = null where email = $1", [
    person.email,
  ]);
  const { body } = await after.call("DELETE", `/api/auth/passkeys/${id}`);
  expect(body).toMatchObject({ status: 409, code: "last_sign_in_method" });
  expect(await list(after)).toHaveLength(1);
});

test("a passkey proves anew who one is", async () => {
  const { passkey, browser: after } = await setUpPasskey(server, browser);
  server.clock.advance(11 * 60_000);
  const enroll = () => after.call("POST", "/api/auth/mfa/enroll");
  expect((await enroll()).body.code).toBe("reauth_required");
  const wrong = softPasskey(BASE_URL).assert(await loginChallenge(server));
  expect((await after.call("POST", "/api/auth/reauth", { body: { assertion: wrong } })).status).toBe(401);
  const { body } = await after.call("POST", "/api/auth/passkeys/login/options");
  const assertion = passkey.assert(String(body.challenge));
  expect((await after.call("POST", "/api/auth/reauth", { body: { assertion } })).status).toBe(204);
  expect((await enroll()).status).toBe(200);
});
