/** Native apps as the certified client library sees them, over real HTTP. */
import * as oauth from "openid-client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../../test/harness/app.ts";
import { createClient, type Client } from "../../../../test/harness/client.ts";
import { manualClock } from "../../../platform/clock.ts";

const CLIENT = "holdfast-vscode";
const clock = manualClock(new Date());
let app: TestApp;
let owner: Client;
let vscode: oauth.Configuration;

beforeAll(async () => {
  app = await startTestApp({ clock });
  owner = app.owner;
  vscode = await oauth.discovery(new URL(app.url), CLIENT, undefined, oauth.None(), {
    algorithm: "oauth2",
    execute: [oauth.allowInsecureRequests],
  });
});
afterAll(() => app.close());

const asApp = (token: string) => createClient(app.url, { authorization: `Bearer ${token}` });
const allowed = async (token: string) => (await asApp(token).call("GET", "/api/llm/models")).status;

/** Opens the app's request in the person's browser, as far as the consent page. */
async function ask(redirectUri: string, change: Record<string, string | null> = {}) {
  const verifier = oauth.randomPKCECodeVerifier();
  const asked: Record<string, string> = {
    redirect_uri: redirectUri,
    scope: "gateway.use",
    state: oauth.randomState(),
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  };
  const url = oauth.buildAuthorizationUrl(vscode, asked);
  for (const [name, value] of Object.entries(change))
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  const answer = await owner.call("GET", url.pathname + url.search);
  return { answer, state: asked.state as string, verifier, location: answer.headers.get("location") };
}

async function decide(location: string | null, approve: boolean): Promise<URL> {
  const request_id = new URL(location ?? "").searchParams.get("request_id");
  const asked = await owner.call("GET", `/api/auth/authorize/${request_id}`);
  expect(asked.body).toMatchObject({ client: { id: CLIENT }, scopes: ["gateway.use"] });
  const answer = await owner.call("POST", "/api/auth/authorize", {
    body: { request_id, approve },
    headers: { accept: "application/json" },
  });
  expect(answer.status, answer.text).toBe(200);
  return new URL(String(answer.body.redirect_to));
}

async function letIn(redirectUri: string) {
  const { location, state, verifier } = await ask(redirectUri);
  const back = await decide(location, true);
  const redeem = () =>
    oauth.authorizationCodeGrant(vscode, back, { pkceCodeVerifier: verifier, expectedState: state });
  return { back, redeem };
}

test.each([
  "vscode://holdfast.holdfast/auth",
  "vscode-insiders://holdfast.holdfast/auth",
  "windsurf://holdfast.holdfast/auth",
  "http://127.0.0.1:49152/auth",
  "http://[::1]:8080/auth",
])("an app signs in by %s, may do what it was allowed, and lives on by refreshing", async (redirectUri) => {
  const { back, redeem } = await letIn(redirectUri);
  expect(back.href.startsWith(`${redirectUri}?`)).toBe(true);
  expect(back.searchParams.get("code")).toMatch(/^[\w-]{43}$/);
  const tokens = await redeem();
  expect(tokens).toMatchObject({ token_type: "bearer", expires_in: 900, scope: "gateway.use" });
  expect(await allowed(tokens.access_token)).toBe(200);
  expect((await asApp(tokens.access_token).call("GET", "/api/organizations")).body.code).toBe(
    "scope_missing",
  );
  const next = await oauth.refreshTokenGrant(vscode, tokens.refresh_token ?? "");
  expect(next.refresh_token).not.toBe(tokens.refresh_token);
  expect(await allowed(next.access_token)).toBe(200);
});

test.each([
  ["another app", { client_id: "other" }],
  ["another path", { redirect_uri: "http://127.0.0.1:8080/other" }],
  ["localhost by name", { redirect_uri: "http://localhost:8080/auth" }],
  ["a host that looks like it", { redirect_uri: "http://127.0.0.1.evil.example:80/auth" }],
  ["a user part", { redirect_uri: "http://127.0.0.1:80@evil.example/auth" }],
  ["another scheme", { redirect_uri: "evil://holdfast.holdfast/auth" }],
  ["a longer path", { redirect_uri: "vscode://holdfast.holdfast/auth/x" }],
  ["a query", { redirect_uri: "vscode://holdfast.holdfast/auth?x=1" }],
  ["a port that is none", { redirect_uri: "http://127.0.0.1:65536/auth" }],
  ["no address", { redirect_uri: null }],
])("%s never redirects", async (_, change) => {
  const { answer, location } = await ask("vscode://holdfast.holdfast/auth", change);
  expect([answer.status, location]).toEqual([400, null]);
  expect(answer.body.error).toMatch(/^invalid_(client|request)$/);
});

test.each([
  ["S256", "invalid_request", { code_challenge_method: "plain" }],
  ["a method", "invalid_request", { code_challenge_method: null }],
  ["a challenge", "invalid_request", { code_challenge: null }],
  ["state", "invalid_request", { state: null }],
  ["response_type=code", "unsupported_response_type", { response_type: "token" }],
  ["scopes of its own", "invalid_scope", { scope: "organization.manage" }],
])("without %s the app gets an error and no consent is asked", async (_, error, change) => {
  const { location } = await ask("vscode://holdfast.holdfast/auth", change);
  const back = new URL(location ?? "");
  expect(back.protocol).toBe("vscode:");
  expect(back.searchParams.get("error")).toBe(error);
});

test("a no goes back to the app; a request is decided once", async () => {
  const { location, state } = await ask("vscode://holdfast.holdfast/auth");
  const back = await decide(location, false);
  expect(Object.fromEntries(back.searchParams)).toEqual({
    error: "access_denied",
    state,
    iss: new URL(app.url).origin,
  });
  const request_id = new URL(location ?? "").searchParams.get("request_id");
  const again = await owner.call("POST", "/api/auth/authorize", { body: { request_id, approve: true } });
  expect([again.status, again.body.code]).toEqual([404, "not_found"]);
});

test("an app cannot let in another, nor itself once more", async () => {
  const tokens = await (await letIn("vscode://holdfast.holdfast/auth")).redeem();
  const { location } = await ask("vscode://holdfast.holdfast/auth");
  const request_id = new URL(location ?? "").searchParams.get("request_id");
  const asked = asApp(tokens.access_token);
  const answer = await asked.call("POST", "/api/auth/authorize", { body: { request_id, approve: true } });
  expect([answer.status, answer.body.code, answer.body.error]).toEqual([
    403,
    "scope_missing",
    "access_denied",
  ]);
});

test("a client that cannot read JSON is redirected", async () => {
  const { location } = await ask("vscode://holdfast.holdfast/auth");
  const request_id = new URL(location ?? "").searchParams.get("request_id");
  const answer = await owner.call("POST", "/api/auth/authorize", { body: { request_id, approve: true } });
  expect(answer.status).toBe(303);
  expect(answer.headers.get("location")).toMatch(/^vscode:\/\/holdfast\.holdfast\/auth\?code=/);
});

test("a code's second use ends what the first one gave", async () => {
  const { redeem } = await letIn("vscode://holdfast.holdfast/auth");
  const tokens = await redeem();
  await expect(redeem()).rejects.toMatchObject({ error: "invalid_grant" });
  expect(await allowed(tokens.access_token)).toBe(401);
  const refreshed = oauth.refreshTokenGrant(vscode, tokens.refresh_token ?? "");
  await expect(refreshed).rejects.toMatchObject({ error: "invalid_grant" });
});

test("a code works for a minute, with its own verifier and address, and is spent by a wrong try", async () => {
  const late = await letIn("vscode://holdfast.holdfast/auth");
  clock.advance(60_000);
  await expect(late.redeem()).rejects.toMatchObject({ error: "invalid_grant" });

  const { back, redeem } = await letIn("vscode://holdfast.holdfast/auth");
  const body = {
    grant_type: "authorization_code",
    client_id: CLIENT,
    code: back.searchParams.get("code"),
    redirect_uri: "vscode://holdfast.holdfast/auth",
    code_verifier: oauth.randomPKCECodeVerifier(),
  };
  const stolen = await app.anonymous.call("POST", "/api/auth/token", { body });
  expect([stolen.status, stolen.body.error]).toEqual([400, "invalid_grant"]);
  await expect(redeem()).rejects.toMatchObject({ error: "invalid_grant" });
});

test("20 parallel uses of a code give tokens once, and end them", async () => {
  const { redeem } = await letIn("vscode://holdfast.holdfast/auth");
  const tries = await Promise.allSettled(Array.from({ length: 20 }, redeem));
  const given = tries.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  expect(given.length).toBe(1);
  expect(await allowed(given[0]?.access_token ?? "")).toBe(401);
});

test("revoking a refresh token ends the app's session; revoking an access token ends that token alone", async () => {
  const { redeem } = await letIn("vscode://holdfast.holdfast/auth");
  const tokens = await redeem();
  const next = await oauth.refreshTokenGrant(vscode, tokens.refresh_token ?? "");
  await oauth.tokenRevocation(vscode, tokens.access_token);
  expect(await allowed(tokens.access_token)).toBe(401);
  expect(await allowed(next.access_token)).toBe(200);
  await oauth.tokenRevocation(vscode, next.refresh_token ?? "");
  expect(await allowed(next.access_token)).toBe(401);
  await oauth.tokenRevocation(vscode, "unknown");
});

test("an app is let in ten times at most: the eleventh ends the first, and no browser", async () => {
  const first = await (await letIn("vscode://holdfast.holdfast/auth")).redeem();
  for (let i = 0; i < 9; i += 1) await (await letIn("vscode://holdfast.holdfast/auth")).redeem();
  expect(await allowed(first.access_token)).toBe(200);
  await (await letIn("vscode://holdfast.holdfast/auth")).redeem();
  expect(await allowed(first.access_token)).toBe(401);
  const { body } = await owner.call<{ data: { kind: string }[] }>("GET", "/api/auth/sessions");
  const kinds = body.data.map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind === "app").length).toBe(10);
  expect(kinds).toContain("browser");
});

test("an app lives 30 days unused and 90 at most", async () => {
  const DAY_MS = 86_400_000;
  const grants = [await letIn("vscode://holdfast.holdfast/auth"), await letIn("http://127.0.0.1:1/auth")];
  const [used, unused] = await Promise.all(grants.map(({ redeem }) => redeem()));
  let token = used?.refresh_token ?? "";
  const refresh = (text: string) => oauth.refreshTokenGrant(vscode, text);
  const after = async (days: number) => {
    clock.advance(days * DAY_MS);
    token = (await refresh(token)).refresh_token ?? "";
  };
  await after(29);
  await after(1);
  await expect(refresh(unused?.refresh_token ?? "")).rejects.toMatchObject({ error: "invalid_grant" });
  await after(29);
  await after(29);
  clock.advance(DAY_MS);
  const next = await refresh(token);
  expect(next.refresh_expires_in).toBeLessThanOrEqual(86_400);
  clock.advance(DAY_MS);
  await expect(refresh(next.refresh_token ?? "")).rejects.toMatchObject({ error: "invalid_grant" });
});
