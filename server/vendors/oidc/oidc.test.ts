/** The client against the sandbox's issuers: whoever an issuer cannot vouch for rightly is refused. */
import { randomBytes } from "node:crypto";
import { afterAll, expect, it, test } from "vitest";
import { CALLBACK, control, openWorld, pick, spoil } from "../../../sandbox/sign-in/visitor.ts";
import { createMetrics } from "../../platform/telemetry/index.ts";
import { createOidc, type OidcIssuer } from "./index.ts";

const { sandbox, credentials } = await openWorld();
afterAll(() => sandbox.close());

const metrics = createMetrics("test");
const DAY_MS = 86_400_000;
let nowMs = Date.now();
const google = {
  issuer: credentials.google.issuer,
  clientId: credentials.google.client_id,
  clientSecret: credentials.google.client_secret,
};
const connect = (timeoutMs = 5_000): OidcIssuer =>
  createOidc({ name: "google", metrics, timeoutMs, now: () => nowMs }).issuer(google);
const random = (): string => randomBytes(32).toString("base64url");

async function begin(issuer: OidcIssuer, person: string) {
  const ask = { redirectUri: CALLBACK, state: random(), nonce: random(), verifier: random() };
  const started = await issuer.start(ask);
  if (started.kind !== "ready") throw new Error("the issuer is away", { cause: started.cause });
  const back = await pick(started.url, person);
  return { ...ask, answer: back.searchParams, url: new URL(started.url) };
}
const signIn = async (issuer: OidcIssuer, person: string) => issuer.finish(await begin(issuer, person));

it("tells who signed in, in our own words", async () => {
  const issuer = connect();
  expect(await signIn(issuer, "ok")).toEqual({
    kind: "person",
    person: {
      subject: expect.stringMatching(/^\d{21}$/),
      email: "ok@sandbox.test",
      emailVerified: true,
      name: "Olive Kay",
    },
  });
  expect(await signIn(issuer, "unverified")).toMatchObject({ person: { emailVerified: false } });
  expect(await signIn(issuer, "no-email")).toMatchObject({ person: { email: null, emailVerified: null } });
  expect(await signIn(issuer, "denied")).toEqual({ kind: "denied" });
});

it("asks with state, nonce and an S256 challenge, never with the verifier", async () => {
  const { url, verifier, state, nonce } = await begin(connect(), "ok");
  expect(Object.fromEntries(url.searchParams)).toMatchObject({
    state,
    nonce,
    response_type: "code",
    code_challenge_method: "S256",
    scope: "openid email profile",
  });
  expect(url.href).not.toContain(verifier);
});

test.each([
  "wrong_aud",
  "wrong_nonce",
  "wrong_iss",
  "alg_none",
  "bad_signature",
  "old_token",
  "unknown_key",
  "expired_code",
  "replayed_code",
])("%s is refused", async (fault) => {
  const issuer = connect();
  const asked = await begin(issuer, "ok");
  await spoil(sandbox, "google", fault);
  expect(await issuer.finish(asked)).toMatchObject({ kind: "refused" });
});

it("refuses another state, another nonce, another verifier, an answer without a code", async () => {
  const issuer = connect();
  for (const change of [{ state: random() }, { nonce: random() }, { verifier: random() }])
    expect(await issuer.finish({ ...(await begin(issuer, "ok")), ...change })).toMatchObject({
      kind: "refused",
    });
  const asked = await begin(issuer, "ok");
  asked.answer.delete("code");
  expect(await issuer.finish(asked)).toMatchObject({ kind: "refused" });
});

it("takes a token signed with a key that it has not seen, once the issuer publishes it", async () => {
  const issuer = connect();
  expect(await signIn(issuer, "ok")).toMatchObject({ kind: "person" });
  const asked = await begin(issuer, "ok");
  await spoil(sandbox, "google", "rotated_key");
  expect(await issuer.finish(asked)).toMatchObject({ kind: "person" });
});

it("serves keys and discovery for 24 hours while the issuer cannot tell them, and no longer", async () => {
  const issuer = connect();
  expect(await signIn(issuer, "ok")).toMatchObject({ kind: "person" });
  const status = { company: "google", fault: "status", params: { status: 503 } };
  await control(sandbox, "POST", "/faults", { ...status, match: { path: "*/certs" } });
  await control(sandbox, "POST", "/faults", { ...status, match: { path: "*/openid-configuration" } });
  nowMs += DAY_MS - 60_000;
  expect(await signIn(issuer, "ok")).toMatchObject({ kind: "person" });
  nowMs += 120_000;
  expect(await signIn(issuer, "ok")).toMatchObject({ kind: "unavailable" });
  await control(sandbox, "DELETE", "/faults");
  expect(await signIn(issuer, "ok")).toMatchObject({ kind: "person" });
});

test.each([
  ["a slow answer", { fault: "delay", params: { ms: 10_000 } }],
  ["an error of the issuer's", { fault: "status", params: { status: 500 } }],
  ["a cut connection", { fault: "reset" }],
  ["half an answer", { fault: "truncate" }],
  ["too many requests", { fault: "rate_limit" }],
])("%s is the issuer's absence, and the code is sent once", async (_, fault) => {
  const issuer = connect(300);
  const asked = await begin(issuer, "ok");
  const before = await tokenCalls();
  await control(sandbox, "POST", "/faults", {
    company: "google",
    times: 1,
    match: { path: "*/token" },
    ...fault,
  });
  expect(await issuer.finish(asked)).toMatchObject({ kind: "unavailable" });
  await expect.poll(tokenCalls).toBe(before + 1);
});

async function tokenCalls(): Promise<number> {
  const answer = await fetch(`${sandbox.url}/_sandbox/recordings?limit=10000&world=w1&company=google`);
  const { data } = (await answer.json()) as { data: { path: string }[] };
  return data.filter(({ path }) => path.endsWith("/token")).length;
}

it("an issuer that is not there is away", async () => {
  const nowhere = createOidc({ name: "google", metrics, timeoutMs: 300 }).issuer({
    ...google,
    issuer: "http://127.0.0.1:9/google/w1",
  });
  const ask = { redirectUri: CALLBACK, state: random(), nonce: random(), verifier: random() };
  expect(await nowhere.start(ask)).toMatchObject({ kind: "unavailable" });
});
