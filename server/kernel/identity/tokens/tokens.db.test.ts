import { afterAll, beforeAll, expect, test } from "vitest";
import {
  call,
  OWNER,
  setUp,
  signIn,
  startSignInServer,
  type Answer,
  type SignInServer,
} from "../../../../test/harness/sign-in-server.ts";

let server: SignInServer;

beforeAll(async () => {
  server = await startSignInServer({}, { withMail: true });
  await setUp(server);
});
afterAll(() => server.close());

type Tokens = { access_token: string; refresh_token: string };
const tokensOf = (answer: Answer): Tokens => {
  expect(answer.status, answer.text).toBe(200);
  return answer.body as Tokens;
};
const login = async () =>
  tokensOf(await call(server, "POST", "/api/auth/login", { body: { ...OWNER, mode: "token" } }));
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
const me = (token: string) => call(server, "GET", "/api/auth/me", bearer(token));
let asked = 0;
/** From an address of its own each time: the limit of an address is not what is looked at here. */
const refresh = (token: string) => {
  asked += 1;
  const ip = `10.0.${asked >> 8}.${asked & 255}`;
  return call(server, "POST", "/api/auth/refresh", { body: { refresh_token: token }, ip });
};

test("sign-in by token: no cookie, a set of tokens, and the access token says who is calling", async () => {
  const answer = await call(server, "POST", "/api/auth/login", { body: { ...OWNER, mode: "token" } });
  expect(answer.headers["set-cookie"]).toBeUndefined();
  expect(answer.body).toEqual({
    access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
    token_type: "Bearer",
    expires_in: 900,
    refresh_token: expect.stringMatching(/^[0-9A-Za-z]{43}$/),
    refresh_expires_in: 1800,
  });
  const { access_token: token } = tokensOf(answer);
  const who = await me(token);
  expect(who.body.user).toMatchObject({ email: OWNER.email });
  const parts = token.split(".").slice(0, 2);
  const [header, claims] = parts.map((part) => JSON.parse(Buffer.from(part, "base64url").toString()));
  expect(header).toEqual({ alg: "EdDSA", typ: "at+jwt", kid: expect.stringMatching(/^sgk_/) });
  const iat = server.clock.now().getTime() / 1000;
  expect(claims).toEqual({
    iss: "http://127.0.0.1:3000",
    aud: "http://127.0.0.1:3000",
    sub: (who.body.user as { id: string }).id,
    org: (who.body.organization as { id: string }).id,
    sid: (who.body.session as { id: string }).id,
    jti: expect.stringMatching(/^jti_/),
    iat,
    exp: iat + 900,
    scope: "all",
    amr: ["pwd"],
    auth_time: iat,
  });
});

test("an access token ends after 15 minutes and 30 s of skew, a refreshed one goes on", async () => {
  const first = await login();
  server.clock.advance(900_000 + 29_000);
  expect((await me(first.access_token)).status).toBe(200);
  server.clock.advance(1_000);
  expect((await me(first.access_token)).status).toBe(401);
  const next = tokensOf(await refresh(first.refresh_token));
  expect((await me(next.access_token)).status).toBe(200);
});

test("the old refresh token within 30 s yields the same successor; later it ends family, session and access tokens", async () => {
  const first = await login();
  const second = tokensOf(await refresh(first.refresh_token));
  server.clock.advance(30_000);
  const again = tokensOf(await refresh(first.refresh_token));
  expect(again.refresh_token).toBe(second.refresh_token);
  server.clock.advance(1);
  expect((await refresh(first.refresh_token)).body.code).toBe("refresh_invalid");
  for (const token of [second.access_token, again.access_token]) expect((await me(token)).status).toBe(401);
  expect((await refresh(second.refresh_token)).status).toBe(401);
  const [ended] = await server.asDatabaseOwner<{ end_reason: string; audited: number }>(
    `select s.end_reason, (select count(*)::int from identity.audit_entries a
       where a.target_id = s.id and a.action = 'session.ended' and a.detail ->> 'reason' = 'refresh_reuse') as audited
     from identity.sessions s order by created_at desc, id desc limit 1`,
  );
  expect(ended).toEqual({ end_reason: "refresh_reuse", audited: 1 });
  expect((await server.mailbox(OWNER.email)).subject).toBe("We ended one of your sessions");
});

test("the old refresh token is a reuse as soon as its successor was used, within 30 s too", async () => {
  const first = await login();
  const second = tokensOf(await refresh(first.refresh_token));
  const third = tokensOf(await refresh(second.refresh_token));
  expect((await refresh(first.refresh_token)).status).toBe(401);
  expect((await refresh(third.refresh_token)).status).toBe(401);
});

test("50 parallel refreshes of one token leave one line", async () => {
  const { refresh_token: token } = await login();
  const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(token)));
  const successors = new Set(answers.map((answer) => tokensOf(answer).refresh_token));
  expect(successors.size).toBe(1);
  const [row] = await server.asDatabaseOwner<{ tokens: number; unused: number }>(
    `select count(*)::int as tokens, count(*) filter (where used_at is null)::int as unused
     from identity.refresh_tokens where session_id = (select session_id from identity.refresh_tokens order by id desc limit 1)`,
  );
  expect(row).toEqual({ tokens: 2, unused: 1 });
  tokensOf(await refresh([...successors][0] ?? ""));
});

test("logout by access token ends its family and every access token of it, not the browser's session", async () => {
  const browser = await signIn(server);
  const first = await login();
  const second = tokensOf(await refresh(first.refresh_token));
  expect((await call(server, "POST", "/api/auth/logout", bearer(second.access_token))).status).toBe(204);
  for (const { access_token: token } of [first, second]) expect((await me(token)).status).toBe(401);
  expect((await refresh(second.refresh_token)).status).toBe(401);
  expect((await browser.call("GET", "/api/auth/me")).status).toBe(200);
  expect((await call(server, "POST", "/api/auth/logout", bearer(second.access_token))).status).toBe(204);
});

test("a switch of organization answers a new set, and the tokens of before are void", async () => {
  const first = await login();
  const made = await call(server, "POST", "/api/organizations", {
    body: { name: "Second", slug: "second-of-tokens" },
    headers: { authorization: `Bearer ${first.access_token}`, "idempotency-key": "second of tokens" },
  });
  expect(made.status, made.text).toBe(201);
  const moved = tokensOf(
    await call(server, "POST", "/api/auth/switch-organization", {
      body: { org_id: made.body.id },
      ...bearer(first.access_token),
    }),
  );
  expect((await me(moved.access_token)).body.organization).toMatchObject({ id: made.body.id });
  expect((await me(first.access_token)).status).toBe(401);
  const next = tokensOf(await refresh(moved.refresh_token));
  expect((await me(next.access_token)).body.organization).toMatchObject({ id: made.body.id });
  expect((await refresh(first.refresh_token)).status).toBe(401);
});
