/** An organization's own sign-in: a proven domain, its people, and nobody else's. */
import { afterAll, beforeEach, expect, it } from "vitest";
import { startTestApp } from "../../../../test/harness/app.ts";
import type { Client, Json } from "../../../../test/harness/client.ts";
import { OWNER } from "../../../../test/harness/people.ts";
import { openBrowser } from "../../../../test/harness/visitor.ts";

const app = await startTestApp({ env: { SIGN_IN_TIMEOUT_MS: "3000", REGISTRATION: "invite" } });
afterAll(() => app.close());
await fetch(`${app.credentials.oidc.issuer}/jwks`);

const { issuer, client_id, client_secret } = app.credentials.oidc;
const DOMAIN = "acme.test";
const browser = () => openBrowser(app.url);
const orgOf = async (who: Client): Promise<string> => {
  const { body } = await who.call<{ organization: { id: string } }>("GET", "/api/auth/me");
  return body.organization.id;
};
const orgId = await orgOf(app.owner);
const path = `/api/organizations/${orgId}/sso`;

async function control(method: string, at: string, body?: unknown): Promise<void> {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  const answer = await fetch(`${app.sandbox.url}/_sandbox${at}`, init);
  if (!answer.ok) throw new Error(await answer.text());
}
const publish = (name: string, txt: string[]) => control("PUT", "/oidc/dns", { name, txt });
const put = (change: Json = {}, who = app.owner, at = path) =>
  who.call("PUT", at, {
    body: { issuer, client_id, client_secret, domain: DOMAIN, required: false, ...change },
  });
async function prove(): Promise<void> {
  const { body } = await put();
  await publish(String(body.txt_name), [String(body.txt_value), "v=spf1 -all"]);
  expect((await put()).body).toMatchObject({ domain_proven: true });
}
const START = "/api/auth/sso?email=";
beforeEach(() => control("DELETE", "/faults"));

it("says what proves the domain; without the record it is unproven and opens nothing", async () => {
  const { status, body, text } = await put();
  expect(status).toBe(200);
  expect(body).toMatchObject({
    domain_proven: false,
    txt_name: `_holdfast.${DOMAIN}`,
    txt_value: expect.stringMatching(/^holdfast-domain=[0-9A-Za-z]{43}$/),
    callback_url: `${app.url}/api/auth/sso/callback`,
  });
  expect(text).not.toContain(client_secret);
  await publish(`_holdfast.${DOMAIN}`, ["holdfast-domain=somebody-else"]);
  expect((await put()).body).toMatchObject({ domain_proven: false, txt_value: body.txt_value });
  const refused = await put({ required: true });
  expect([refused.status, refused.body.code]).toEqual([409, "domain_unproven"]);
  const start = await browser().call("GET", `${START}ann@${DOMAIN}`);
  expect(start.headers.get("location")).toBe("/sign-in?error=no_sso&provider=sso");
});

it("keeps the secret sealed, and takes no issuer that does not answer as itself", async () => {
  const [row] = await app.sql<{ text: string; hex: string }>(
    "select c::text as text, encode(secret_sealed, 'hex') as hex from tenancy.oidc_connections c",
  );
  expect(row?.text).not.toContain(client_secret);
  expect(row?.hex).not.toContain(Buffer.from(client_secret).toString("hex"));
  for (const wrong of ["http://127.0.0.1:9/none", `${issuer}/deeper`, "ftp://issuer.example"])
    expect(await put({ issuer: wrong })).toMatchObject({
      status: 422,
      body: { code: "invalid_input", errors: [{ pointer: "/issuer" }] },
    });
  const { body } = await put({ client_secret: undefined });
  expect(body).toMatchObject({ issuer, client_id });
});

it("takes no issuer inside this network where the installation does not allow it", async () => {
  const strict = await app.startAnother({ PRIVATE_ISSUERS: "refused" });
  const owner = browser();
  await owner.signIn(OWNER.email, OWNER.password);
  const inside = issuer.replace("127.0.0.1", "localhost");
  for (const named of [issuer, inside]) {
    const body = { issuer: named, client_id, client_secret, domain: DOMAIN, required: false };
    const refused = await owner.call("PUT", path, { body, at: strict.url });
    expect([refused.status, refused.body.errors]).toEqual([
      422,
      [{ pointer: "/issuer", detail: "is at an address that is not public" }],
    ]);
  }
});

it("signs somebody new of the proven domain in: they join as viewer; later they are the same", async () => {
  await prove();
  const visitor = browser();
  const back = await visitor.visit(`${START}ann@${DOMAIN}&return_to=/models`, "other", `ann@${DOMAIN}`);
  expect(await visitor.comeBack(back)).toBe("/models");
  const me = (await visitor.call("GET", "/api/auth/me")).body;
  expect(me).toMatchObject({ user: { email: `ann@${DOMAIN}` }, organization: { id: orgId }, role: "viewer" });
  const again = browser();
  await again.comeBack(await again.visit(`${START}ann@${DOMAIN}`, "other", `ann@${DOMAIN}`));
  expect(await again.me()).toBe(`ann@${DOMAIN}`);
});

it("vouches for its own domain only, and never for an address that it says is unverified", async () => {
  for (const [person, email] of [
    ["ok", ""],
    ["other", "bob@elsewhere.test"],
    ["other", `bob@not${DOMAIN}`],
    ["unverified", ""],
  ] as const) {
    const visitor = browser();
    const back = await visitor.visit(`${START}x@${DOMAIN}`, person, email);
    expect(await visitor.comeBack(back)).toBe("/sign-in?error=email_unverified&provider=sso");
    expect(await visitor.me()).toBeNull();
  }
});

it.each(["wrong_aud", "wrong_nonce", "wrong_iss", "alg_none", "bad_signature", "expired_code"])(
  "lets nobody in with %s",
  async (fault) => {
    const visitor = browser();
    const back = await visitor.visit(`${START}ann@${DOMAIN}`, "other", `ann@${DOMAIN}`);
    await control("POST", "/faults", { company: "oidc", fault, times: 1, match: { path: "*/token" } });
    expect(await visitor.comeBack(back)).toBe("/sign-in?error=sign_in_refused&provider=sso");
    expect(await visitor.me()).toBeNull();
  },
);

it("takes over nobody who is here already: they sign in the old way and say yes", async () => {
  await app.sql(`update identity.users set email = 'boss@${DOMAIN}' where email = $1`, [OWNER.email]);
  const visitor = browser();
  const back = await visitor.visit(`${START}boss@${DOMAIN}`, "other", `boss@${DOMAIN}`);
  expect(await visitor.comeBack(back)).toContain("/sign-in?link=sso");
  expect(await visitor.me()).toBeNull();
  await app.sql("update identity.users set email = $1 where is_operator", [OWNER.email]);
});

it("is required of members below the owners once the owner says so; other organizations stay open to them", async () => {
  const email = `ann@${DOMAIN}`;
  expect((await put({ required: true })).status).toBe(200);
  const google = browser();
  await google.signInWith("google", "other", email);
  await google.call("GET", "/api/auth/me");
  await app.sql(
    `insert into identity.oauth_accounts (id, user_id, provider, subject, created_at, last_used_at)
     select 'oac_ann', id, 'github', '4711', now(), now() from identity.users where email = $1`,
    [email],
  );
  await app.sql(
    "update identity.users set password_hash = (select password_hash from identity.users where is_operator) where email = $1",
    [email],
  );
  const old = browser();
  await old.signIn(email, OWNER.password);
  const here = (await old.call<{ organization: { id: string } }>("GET", "/api/auth/me")).body.organization.id;
  expect(here).not.toBe(orgId);
  const moved = await old.call("POST", "/api/auth/switch-organization", { body: { org_id: orgId } });
  expect([moved.status, moved.body.code]).toEqual([403, "sso_required"]);
  const visitor = browser();
  await visitor.comeBack(await visitor.visit(`${START}${email}`, "other", email));
  const to = await visitor.call("POST", "/api/auth/switch-organization", { body: { org_id: orgId } });
  expect(to.status).toBe(200);
  expect((await app.signIn()).headers.cookie).toBeDefined();
});

it("ends the sessions there that came in another way, once it is required; owners and other organizations keep theirs", async () => {
  expect((await put({ required: false })).status).toBe(200);
  const email = `ann@${DOMAIN}`;
  const [vouched, old, elsewhere] = [browser(), browser(), browser()];
  await vouched.comeBack(await vouched.visit(`${START}${email}`, "other", email));
  await vouched.call("POST", "/api/auth/switch-organization", { body: { org_id: orgId } });
  await old.signIn(email, OWNER.password);
  await old.call("POST", "/api/auth/switch-organization", { body: { org_id: orgId } });
  await elsewhere.signIn(email, OWNER.password);
  const memberships = (await elsewhere.call<{ organizations: Json[] }>("GET", "/api/auth/me")).body;
  const other = memberships.organizations.find(({ id }) => id !== orgId);
  await elsewhere.call("POST", "/api/auth/switch-organization", { body: { org_id: other?.id } });
  const second = await app.startAnother();
  const statuses = () =>
    Promise.all(
      [vouched, old, elsewhere].map(
        async (who) => (await who.call("GET", "/api/auth/me", { at: second.url })).status,
      ),
    );
  expect(await statuses()).toEqual([200, 200, 200]);
  expect((await put({ required: true })).status).toBe(200);
  await expect.poll(statuses).toEqual([200, 401, 200]);
  expect((await app.owner.call("GET", "/api/auth/me")).status).toBe(200);
  const ended = await app.sql(
    `select s.end_reason from identity.sessions s join identity.users u on u.id = s.user_id
     where u.email = $1 and s.org_id = $2 and s.ended_at is not null and not s.amr @> array['sso:' || $2]
     order by s.ended_at desc limit 1`,
    [email, orgId],
  );
  expect(ended).toEqual([{ end_reason: "security_event" }]);
});

it("is required of an owner from the moment that they are one no more", async () => {
  const email = `ann@${DOMAIN}`;
  const role = (name: string) =>
    app.sql(
      `update tenancy.memberships m set role = $2 from identity.users u
       where u.id = m.user_id and u.email = $1 and m.org_id = $3`,
      [email, name, orgId],
    );
  await role("owner");
  const owner = browser();
  await owner.signIn(email, OWNER.password);
  await owner.call("POST", "/api/auth/switch-organization", { body: { org_id: orgId } });
  const { body } = await owner.call<{ user: { id: string } }>("GET", "/api/auth/me");
  const demoted = await app.owner.call("PUT", `/api/team/members/${body.user.id}`, {
    body: { role: "viewer" },
  });
  expect(demoted.status).toBe(200);
  expect(await owner.me()).toBeNull();
});

it("a domain is one organization's: whoever proves it later is told", async () => {
  const neighbour = await app.neighbour();
  const at = `/api/organizations/${await orgOf(neighbour)}/sso`;
  const { body } = await put({}, neighbour, at);
  await publish(`_holdfast.${DOMAIN}`, [String(body.txt_value)]);
  const taken = await put({}, neighbour, at);
  expect([taken.status, taken.body.code]).toEqual([409, "domain_taken"]);
});

it("a resolver that is away takes nothing back; a record that is gone does", async () => {
  await prove();
  await control("POST", "/faults", {
    company: "oidc",
    fault: "status",
    params: { status: 503 },
    match: { path: "*/dns-query" },
  });
  expect((await put()).body).toMatchObject({ domain_proven: true });
  await control("DELETE", "/faults");
  await publish(`_holdfast.${DOMAIN}`, []);
  expect((await put()).body).toMatchObject({ domain_proven: false });
});

it("opens nothing once it is removed, not even to those on their way", async () => {
  await prove();
  const visitor = browser();
  const back = await visitor.visit(`${START}ann@${DOMAIN}`, "other", `ann@${DOMAIN}`);
  expect((await app.owner.call("DELETE", path)).status).toBe(204);
  expect(await visitor.comeBack(back)).toBe("/sign-in?error=sign_in_expired&provider=sso");
  expect((await app.owner.call("GET", path)).status).toBe(404);
});
