/** Who must set up a second factor, what they may do until then, and what goes on while the key manager does not answer. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { appCode } from "../../../../test/harness/authenticator.ts";
import {
  byPasskey,
  firstStep,
  loginChallenge,
  secondStep,
  setUpApp,
  setUpPasskey,
} from "../../../../test/harness/second-factors.ts";
import {
  type Browser,
  OWNER,
  setUp,
  signIn,
  startSignInServer,
  type SignInServer,
} from "../../../../test/harness/sign-in-server.ts";

let server: SignInServer;
let person: { email: string; password: string };
let people = 0;

beforeAll(async () => {
  server = await startSignInServer({ OPERATOR_MFA: "required" }, { withMail: true });
  await setUp(server);
});
afterAll(() => server.close());
beforeEach(async () => {
  person = { ...OWNER, email: `person${(people += 1)}@example.com` };
  await server.addMember({ email: person.email, role: "agent" });
});

const policy = (required: boolean, methods: string[]) =>
  server.asDatabaseOwner(
    `insert into tenancy.policies (org_id, mfa_required, methods, updated_at)
     select org_id, $1, $2, now() from tenancy.organizations where personal order by org_id limit 1
     on conflict (org_id) do update set mfa_required = $1, methods = $2`,
    [required, methods],
  );
const members = async (who: Browser) => (await who.call("GET", "/api/team/members")).body.code ?? 200;
const due = async (who: Browser) =>
  ((await who.call("GET", "/api/auth/me")).body.mfa as { must_enroll: boolean }).must_enroll;

test("an operator without a second factor may only enrol; with one everything opens at once", async () => {
  const operator = await signIn(server);
  expect([await due(operator), await members(operator)]).toEqual([true, "mfa_required"]);
  expect((await operator.call("GET", "/api/auth/mfa/status")).body).toMatchObject({ must_enroll: true });
  const { browser } = await setUpApp(server, operator);
  expect([await due(browser), await members(browser)]).toEqual([false, 200]);
});

test("members must enrol where the policy says so, by a method that it takes, from the next call on", async () => {
  await policy(false, ["totp", "passkey"]);
  const browser = await signIn(server, person);
  expect([await due(browser), await members(browser)]).toEqual([false, 200]);
  await policy(true, ["passkey"]);
  const strict = await signIn(server, person);
  expect([await due(strict), await members(strict)]).toEqual([true, "mfa_required"]);
  const { browser: withApp } = await setUpApp(server, strict);
  expect(await members(withApp)).toBe("mfa_required");
  const { browser: withPasskey } = await setUpPasskey(server, withApp);
  expect([await due(withPasskey), await members(withPasskey)]).toEqual([false, 200]);
  await policy(false, ["totp", "passkey"]);
});

test("503 kms_unavailable for codes of apps while secrets cannot be opened; backup codes and passkeys go on", async () => {
  const { secret, codes, browser } = await setUpApp(server, await signIn(server, person));
  const { passkey } = await setUpPasskey(server, browser);
  // Sealed under a key that nobody has configured.
  await server.asDatabaseOwner(
    `update identity.totp_secrets set sealed = set_byte(sealed, 0, 9)
     where user_id = (select id from identity.users where email = $1)`,
    [person.email],
  );
  const challenge = async () => String((await firstStep(server, person)).body.challenge);
  for (let i = 0; i < 6; i += 1) {
    const code = appCode(secret, server.clock.now());
    const answer = await secondStep(server, { challenge: await challenge(), method: "totp", code });
    expect(answer.body).toMatchObject({ status: 503, code: "kms_unavailable" });
  }
  const byCode = { challenge: await challenge(), method: "backup_code", code: codes[0] };
  expect((await secondStep(server, byCode)).status).toBe(200);
  const assertion = passkey.assert(await loginChallenge(server));
  expect((await byPasskey(server, assertion)).status).toBe(200);
});

test("mails tell of a new app, and of backup codes once three are left", async () => {
  const { codes } = await setUpApp(server, await signIn(server, person));
  const subjects: string[] = [];
  const read = async () => subjects.push((await server.mailbox(person.email)).subject);
  const spend = async (code: string | undefined) => {
    const challenge = String((await firstStep(server, person)).body.challenge);
    return (await secondStep(server, { challenge, method: "backup_code", code })).status;
  };
  while (subjects.at(-1) !== "Your sign-in was changed") await read();
  for (const code of codes.slice(0, 6)) expect(await spend(code)).toBe(200);
  expect(await spend(codes[6])).toBe(200);
  await read();
  expect(subjects.at(-1)).toBe("3 backup codes are left");
  for (const code of codes.slice(7)) expect(await spend(code)).toBe(200);
});
