import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  BASE_URL,
  browserOf,
  setUp,
  signIn,
  startSignInServer,
  type Browser,
  type SignInServer,
} from "../../../test/harness/sign-in-server.ts";
import { withSystemTx } from "../../platform/db/index.ts";
import { newId, type OrgId, type UserId } from "../../platform/ids.ts";
import { Problem } from "../../platform/problem.ts";
import { makeKey } from "./keys/api-key.ts";
import { createAuthenticate, type Incoming } from "./authenticate.ts";
import { permissionsOf } from "./permissions.ts";
import { soon } from "../../../test/harness/soon.ts";

let server: SignInServer;
let owner: Browser;
let keys = 0;

beforeAll(async () => {
  server = await startSignInServer();
  await setUp(server);
});
afterAll(() => server.close());
beforeEach(async () => {
  owner = await signIn(server);
});

async function key(change: Record<string, unknown> = {}): Promise<{ id: string; secret: string }> {
  keys += 1;
  const answer = await owner.call("POST", "/api/api-keys", {
    body: { name: "k", mode: "test", scopes: ["gateway.use"], ...change },
    headers: { "idempotency-key": `key ${keys}` },
  });
  expect(answer.status).toBe(201);
  return answer.body as { id: string; secret: string };
}
const plain = { method: "GET", url: "/api/things", ip: "127.0.0.1", open: false };
const ask = (headers: Record<string, string>, rest: Partial<Incoming> = {}) =>
  server.authenticate({ ...plain, headers, ...rest });
const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });
/** The code that the request is refused with. */
const refusal = async (answer: Promise<unknown>) =>
  answer.then(
    () => "let in",
    (error: unknown) => (error instanceof Problem ? error.kind.code : String(error)),
  );

test("a key is its own actor: its scopes and mode, its maker's organization and role", async () => {
  const { id, secret } = await key({ limits: { rpm: 7 } });
  const { orgId } = (await ask({ cookie: owner.cookie })) ?? {};
  expect(await ask(bearer(secret))).toEqual({
    kind: "key",
    credentialId: id,
    keyId: id,
    userId: null,
    orgId,
    role: "owner",
    operator: false,
    permissions: permissionsOf("owner"),
    scopes: ["gateway.use"],
    mode: "test",
    rateLimitPerMin: 7,
    bounds: {
      makerId: expect.stringMatching(/^usr_/) as string,
      tpm: null,
      concurrency: null,
      budgetDailyMicros: null,
      budgetMonthlyMicros: null,
      allowedModels: [],
      defaults: {},
    },
    provenAt: null,
    suspended: false,
    mfaDue: false,
  });
});

test("x-api-key counts on /v1 and nowhere else", async () => {
  const { id, secret } = await key();
  expect(await ask({ "x-api-key": secret }, { url: "/v1/models" })).toMatchObject({ keyId: id });
  expect(await ask({ "x-api-key": secret }, { url: "/api/auth/me" })).toBeNull();
  expect(await refusal(ask({ "x-api-key": "x" }, { url: "/v1/models" }))).toBe("unauthenticated");
});

test("401 for a bad Authorization header, also beside a good cookie", async () => {
  const { secret } = await key();
  for (const authorization of [
    "",
    "Basic eDp5",
    "Bearer",
    "Bearer x",
    `Bearer ${secret}x`,
    `Bearer ${secret} x`,
  ])
    expect(await refusal(ask({ authorization, cookie: owner.cookie }))).toBe("unauthenticated");
  const answer = await owner.call("GET", "/api/auth/me", { headers: bearer("x") });
  expect(answer.body.code).toBe("unauthenticated");
});

test("a mistyped key, one of the other mode and a malformed cookie cost no query; an unknown key is 401", async () => {
  const { secret } = await key();
  await server.authenticate.settled();
  const before = server.queries();
  const mistyped = secret.slice(0, 30) + (secret[30] === "a" ? "b" : "a") + secret.slice(31);
  for (const text of [mistyped, makeKey("live").text, "hf_test_x"])
    expect(await refusal(ask(bearer(text)))).toBe("unauthenticated");
  expect(await ask({ cookie: "hf_session=x" })).toBeNull();
  expect(server.queries()).toBe(before);
  expect(await refusal(ask(bearer(makeKey("test").text)))).toBe("unauthenticated");
  expect(server.queries()).toBe(before + 1);
});

test("a warm key and a warm session cost no query, many at once cost one look-up", async () => {
  const { secret } = await key();
  await server.authenticate.settled();
  for (const headers of [bearer(secret), { cookie: owner.cookie }]) {
    const before = server.queries();
    await Promise.all(Array.from({ length: 200 }, () => ask(headers)));
    await server.authenticate.settled();
    // The look-up's two transactions, and one more where the first use is written down.
    expect(server.queries() - before).toBeLessThanOrEqual(3);
    const warm = server.queries();
    for (let i = 0; i < 100; i += 1) await ask(headers);
    expect(server.queries()).toBe(warm);
  }
});

/** As a second process would ask. */
function otherProcess() {
  const bus = server.otherBus();
  const other = createAuthenticate({ ...server, bus });
  return {
    bus,
    other,
    refuses: async (headers: Record<string, string>) =>
      (await other({ ...plain, headers }).catch(() => null)) === null,
  };
}

test("while the bus beats, another process refuses what was revoked within a second, and asks no more till then", async () => {
  const { id, secret } = await key();
  const { bus, other, refuses } = otherProcess();
  await soon(() => expect(bus.healthy()).toBe(true));
  const [byKey, byCookie] = [bearer(secret), { cookie: owner.cookie }];
  expect([await refuses(byKey), await refuses(byCookie)]).toEqual([false, false]);
  await other.settled();
  const warm = server.queries();
  expect([await refuses(byKey), await refuses(byCookie)]).toEqual([false, false]);
  expect(server.queries()).toBe(warm);
  expect((await owner.call("DELETE", `/api/api-keys/${id}`)).status).toBe(204);
  expect((await owner.call("POST", "/api/auth/logout")).status).toBe(204);
  const refused = async () => expect([await refuses(byKey), await refuses(byCookie)]).toEqual([true, true]);
  await soon(refused);
  expect(await refusal(ask(byKey))).toBe("unauthenticated");
  expect(await ask(byCookie)).toBeNull();
  await other.settled();
});

test("a person's and an organization's change reach sessions and keys of another process", async () => {
  const { secret } = await key();
  const { bus, other, refuses } = otherProcess();
  await soon(() => expect(bus.healthy()).toBe(true));
  const { userId, orgId } = (await ask({ cookie: owner.cookie })) as { userId: UserId; orgId: OrgId };
  const all = [bearer(secret), { cookie: owner.cookie }];
  const refusals = () => Promise.all(all.map(refuses));
  const become = (is: boolean) => soon(async () => expect(await refusals()).toEqual([is, is]));
  await become(false);
  await server.asDatabaseOwner("update identity.users set disabled_at = now()");
  expect(await refusals()).toEqual([false, false]);
  server.authenticate.revoke({ userId });
  await become(true);
  await server.asDatabaseOwner("update identity.users set disabled_at = null");
  await withSystemTx(server.db, (tx) => server.authenticate.revokeWith(tx, { orgId }));
  await become(false);
  await other.settled();
});

test("a process that hears nothing trusts what it knows for a second at most", async () => {
  const { id, secret } = await key();
  const { bus, other, refuses } = otherProcess();
  await bus.close();
  await soon(() => expect(bus.healthy()).toBe(false));
  expect(await refuses(bearer(secret))).toBe(false);
  expect((await owner.call("DELETE", `/api/api-keys/${id}`)).status).toBe(204);
  const refused = async () => expect(await refuses(bearer(secret))).toBe(true);
  await soon(refused);
  await other.settled();
});

test("a session that another process keeps alive does not end here by what was known of it", async () => {
  const { cookie } = owner;
  expect(await ask({ cookie })).not.toBeNull();
  await server.authenticate.settled();
  server.clock.advance(29 * 60_000);
  const { other } = otherProcess();
  expect(await other({ ...plain, headers: { cookie } })).not.toBeNull();
  await other.settled();
  server.clock.advance(2 * 60_000);
  // Asked about again once what is known here is a second old.
  const letIn = async () => expect(await ask({ cookie })).not.toBeNull();
  await soon(letIn);
  await server.authenticate.settled();
});

test("a key dies with its date, with its maker's membership, with its maker's account", async () => {
  const dated = await key({ expires_at: new Date(server.clock.now().getTime() + 60_000).toISOString() });
  expect(await ask(bearer(dated.secret))).not.toBeNull();
  server.clock.advance(60_000);
  expect(await refusal(ask(bearer(dated.secret)))).toBe("unauthenticated");

  const { id, secret } = await key();
  const actor = await ask(bearer(secret));
  const asOwner = (text: string) => server.asDatabaseOwner(text);
  const fresh = async () => {
    server.authenticate.forget(id);
    return refusal(ask(bearer(secret)));
  };
  await asOwner("update tenancy.memberships set role = 'viewer'");
  server.authenticate.forget(id);
  expect(await ask(bearer(secret))).toMatchObject({ role: "viewer", orgId: actor?.orgId });
  await asOwner("update tenancy.memberships set role = 'owner'");
  await asOwner("update identity.users set disabled_at = now()");
  expect(await fresh()).toBe("unauthenticated");
  await asOwner("update identity.users set disabled_at = null");
  expect(await fresh()).toBe("let in");
  await asOwner("create table kept as select * from tenancy.memberships; delete from tenancy.memberships");
  expect(await fresh()).toBe("unauthenticated");
  await asOwner("insert into tenancy.memberships select * from kept; drop table kept");
});

test("403 an unsafe call by cookie without our origin or the CSRF token; as nobody where anyone may call", async () => {
  const { cookie, csrfToken } = owner;
  const post = (headers: Record<string, string>, rest: Partial<Incoming> = {}) =>
    ask({ cookie, ...headers }, { method: "POST", ...rest });
  const good = { origin: BASE_URL, "x-csrf-token": csrfToken };
  expect(await post(good)).toMatchObject({ kind: "session" });
  for (const bad of [
    {},
    { origin: BASE_URL },
    { "x-csrf-token": csrfToken },
    { ...good, origin: "http://127.0.0.1:3001" },
    { ...good, origin: "null" },
    { ...good, "x-csrf-token": `${csrfToken}x` },
  ]) {
    expect(await refusal(post(bad))).toBe("csrf_failed");
    expect(await post(bad, { open: true })).toBeNull();
  }
});

test("403 tenant_mismatch when header or query names another organization, by session and by key", async () => {
  const { secret } = await key();
  for (const headers of [{ cookie: owner.cookie }, bearer(secret)]) {
    const { orgId } = (await ask(headers)) ?? {};
    const other = newId("org");
    expect(await ask({ ...headers, "x-organization-id": String(orgId) })).not.toBeNull();
    expect(await ask(headers, { url: `/api/x?organization_id=${orgId}` })).not.toBeNull();
    expect(await refusal(ask({ ...headers, "x-organization-id": other }))).toBe("tenant_mismatch");
    const url = `/api/x?organization_id=${orgId}&organization_id=${other}`;
    expect(await refusal(ask(headers, { url }))).toBe("tenant_mismatch");
  }
});

test("last use is written at most once a minute", async () => {
  const { secret } = await key();
  const used = async () => {
    await ask(bearer(secret));
    await server.authenticate.settled();
    const { body } = await owner.call("GET", "/api/api-keys?limit=1");
    return (body.data as { last_used_at: string }[])[0]?.last_used_at;
  };
  const first = await used();
  expect(first).toBe(server.clock.now().toISOString());
  server.clock.advance(59_000);
  expect(await used()).toBe(first);
  server.clock.advance(1_000);
  expect(await used()).toBe(server.clock.now().toISOString());
});

test("ten seconds after a switch the cookie of before is worth nothing; the new one works", async () => {
  const made = await owner.call("POST", "/api/organizations", {
    body: { name: "Second", slug: "second" },
    headers: { "idempotency-key": "second" },
  });
  const moved = await owner.call("POST", "/api/auth/switch-organization", { body: { org_id: made.body.id } });
  server.clock.advance(10_000);
  expect(await ask({ cookie: owner.cookie })).toBeNull();
  const browser = browserOf(server, moved);
  expect(await ask({ cookie: browser.cookie })).toMatchObject({ orgId: made.body.id });
  expect((await browser.call("GET", "/api/auth/me")).body).toMatchObject({
    organization: { id: made.body.id, name: "Second" },
    session: { id: (moved.body.session as { id: string }).id },
  });
});
