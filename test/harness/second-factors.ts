/** People with an authenticator app or a passkey, on the sign-in server. */
import { appCode, softPasskey, type SoftPasskey } from "./authenticator.ts";
import {
  type Answer,
  BASE_URL,
  type Browser,
  browserOf,
  call,
  OWNER,
  type SignInServer,
} from "./sign-in-server.ts";

type Json = Record<string, unknown>;

/** One step of an app's codes: a code that was shown is spent. */
export const STEP_MS = 30_000;

/** The browser after its session got a new secret. */
export function renewed(server: SignInServer, answer: Answer): Browser {
  return browserOf(server, { ...answer, status: answer.status === 201 ? 200 : answer.status });
}

/** Sets up an app. The code that confirmed it is spent, and the clock stands where the next one counts. */
export async function setUpApp(
  server: SignInServer,
  browser: Browser,
): Promise<{ secret: string; codes: string[]; browser: Browser }> {
  const { status, text, body } = await browser.call("POST", "/api/auth/mfa/enroll");
  if (status !== 200) throw new Error(`not enrolled: ${text}`);
  const secret = String(body.secret);
  const code = appCode(secret, server.clock.now());
  const confirmed = await browser.call("POST", "/api/auth/mfa/verify", { body: { code } });
  if (confirmed.status !== 200) throw new Error(`not confirmed: ${confirmed.text}`);
  server.clock.advance(STEP_MS);
  return { secret, codes: confirmed.body.backup_codes as string[], browser: renewed(server, confirmed) };
}

/** Registers a passkey in software. */
export async function setUpPasskey(
  server: SignInServer,
  browser: Browser,
  passkey: SoftPasskey = softPasskey(BASE_URL),
): Promise<{ passkey: SoftPasskey; answer: Answer; browser: Browser }> {
  const options = await browser.call("POST", "/api/auth/passkeys/register/options");
  if (options.status !== 200) throw new Error(`no options: ${options.text}`);
  const attestation = passkey.attest(String(options.body.challenge));
  const answer = await browser.call("POST", "/api/auth/passkeys/register", {
    body: { name: "Laptop", attestation },
  });
  return { passkey, answer, browser: answer.status === 201 ? renewed(server, answer) : browser };
}

/** The first step by password; the answer holds a challenge when there is a second. */
export const firstStep = (server: SignInServer, person: Json = OWNER): Promise<Answer> =>
  call(server, "POST", "/api/auth/login", { body: person });

let callers = 0;
/** Each from a network of its own, since limits by network are not what is looked at. */
const fromElsewhere = (server: SignInServer, path: string, body: Json): Promise<Answer> => {
  callers += 1;
  return call(server, "POST", path, { body, ip: `10.0.${callers >> 8}.${callers & 255}` });
};

export const secondStep = (server: SignInServer, body: Json): Promise<Answer> =>
  fromElsewhere(server, "/api/auth/mfa/login-verify", body);

export const byPasskey = (server: SignInServer, assertion: object): Promise<Answer> =>
  fromElsewhere(server, "/api/auth/passkeys/login", { assertion });

/** What a passkey would sign to sign in. */
export async function loginChallenge(server: SignInServer, body: Json = {}): Promise<string> {
  const options = await fromElsewhere(server, "/api/auth/passkeys/login/options", body);
  if (options.status !== 200) throw new Error(`no options: ${options.text}`);
  return String(options.body.challenge);
}
