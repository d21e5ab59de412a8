/** The client against the sandbox's GitHub. */
import { randomBytes } from "node:crypto";
import { afterAll, expect, it, test } from "vitest";
import { control, openWorld, pick, spoil } from "../../../sandbox/sign-in/visitor.ts";
import { createMetrics } from "../../platform/telemetry/index.ts";
import { createGithubSignIn } from "./index.ts";

const { sandbox, credentials } = await openWorld();
afterAll(() => sandbox.close());
const {
  client_id: clientId,
  client_secret: clientSecret,
  login_url: loginUrl,
  api_url: apiUrl,
} = credentials.github;
const options = { clientId, clientSecret, loginUrl, apiUrl, metrics: createMetrics("test"), timeoutMs: 300 };
const github = createGithubSignIn(options);
const redirectUri = "http://127.0.0.1:3000/api/auth/oauth/github/callback";
const random = (): string => randomBytes(32).toString("base64url");

async function begin(person: string) {
  const verifier = random();
  const { url } = await github.start({ redirectUri, state: random(), verifier });
  return { answer: (await pick(url, person)).searchParams, redirectUri, verifier };
}
const signIn = async (person: string) => github.finish(await begin(person));

it("tells who signed in by their number, with the primary address if GitHub verified it", async () => {
  expect(await signIn("ok")).toEqual({
    kind: "person",
    person: {
      subject: expect.stringMatching(/^\d{8}$/),
      email: "ok@sandbox.test",
      emailVerified: true,
      name: "Olive Kay",
    },
  });
  expect(await signIn("two-emails")).toMatchObject({ person: { email: "two-emails@sandbox.test" } });
  expect(await signIn("unverified")).toMatchObject({ person: { emailVerified: false } });
  expect(await signIn("no-email")).toMatchObject({ person: { email: null, emailVerified: false } });
  expect(await signIn("denied")).toEqual({ kind: "denied" });
});

test.each(["expired_code", "replayed_code"])("%s, refused with 200, is refused here", async (fault) => {
  const asked = await begin("ok");
  await spoil(sandbox, "github", fault);
  expect(await github.finish(asked)).toMatchObject({ kind: "refused" });
});

it("refuses another verifier, an answer without a code, a secret that is not ours", async () => {
  expect(await github.finish({ ...(await begin("ok")), verifier: random() })).toMatchObject({
    kind: "refused",
  });
  const empty = { answer: new URLSearchParams(), redirectUri, verifier: random() };
  expect(await github.finish(empty)).toMatchObject({ kind: "refused" });
  const stranger = createGithubSignIn({ ...options, clientSecret: "wrong" });
  expect(await stranger.finish(await begin("ok"))).toMatchObject({ kind: "refused" });
});

test.each([
  ["*/access_token", { fault: "delay", params: { ms: 10_000 } }],
  ["*/access_token", { fault: "status", params: { status: 500 } }],
  ["*/access_token", { fault: "reset" }],
  ["*/access_token", { fault: "truncate" }],
  ["*/user", { fault: "rate_limit" }],
  ["*/user/emails", { fault: "status", params: { status: 502 } }],
])("%s gone wrong is GitHub's absence: %j", async (path, fault) => {
  const asked = await begin("ok");
  await control(sandbox, "POST", "/faults", { company: "github", times: 1, match: { path }, ...fault });
  expect(await github.finish(asked)).toMatchObject({ kind: "unavailable" });
});
