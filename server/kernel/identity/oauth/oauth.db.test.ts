/** Sign-in with Google and GitHub: every person and every fault of the sandbox ends as written, and nobody gets in wrongly. */
import { afterAll, beforeEach, describe, expect, it, test } from "vitest";
import { startTestApp } from "../../../../test/harness/app.ts";
import { OWNER } from "../../../../test/harness/people.ts";
import { openBrowser } from "../../../../test/harness/visitor.ts";
import { manualClock } from "../../../platform/clock.ts";

const clock = manualClock(new Date());
const app = await startTestApp({ clock, env: { SIGN_IN_TIMEOUT_MS: "3000" } });
// The sandbox makes its keys when they are first asked for, which takes longer than a company may take here.
await fetch(`${app.credentials.google.issuer}/oauth2/v3/certs`);
const { url: replica } = await app.startAnother();
afterAll(() => app.close());

const PROVIDERS = ["google", "github"] as const;
const MINUTE_MS = 60_000;
const browser = () => openBrowser(app.url);

async function control(method: string, path: string, body?: unknown): Promise<void> {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  const answer = await fetch(`${app.sandbox.url}/_sandbox${path}`, init);
  if (!answer.ok) throw new Error(await answer.text());
}
const spoil = (company: string, fault: object) =>
  control("POST", "/faults", { company, times: 1, match: { path: "*token" }, ...fault });

/** Every row that a wrong sign-in could leave behind. */
async function rows() {
  const [count] = await app.sql<Record<string, number>>(
    `select (select count(*)::int from identity.users) as users,
       (select count(*)::int from identity.oauth_accounts) as accounts,
       (select count(*)::int from tenancy.organizations) as organizations,
       (select count(*)::int from identity.sessions) as sessions`,
  );
  return count;
}
beforeEach(() => control("DELETE", "/faults"));

describe.each(PROVIDERS)("%s", (provider) => {
  const email = `new-${provider}@acme.test`;

  it("signs somebody new in: an account, an organization of their own, a session; the same ones ever after", async () => {
    const first = browser();
    expect(await first.signInWith(provider, "other", email)).toBe("/");
    expect(await first.me()).toBe(email);
    const made = await rows();
    const me = (await first.call("GET", "/api/auth/me")).body;
    expect(me).toMatchObject({ role: "owner", user: { operator: false } });
    const again = browser();
    expect(await again.signInWith(provider, "other", email)).toBe("/");
    expect(await again.me()).toBe(email);
    expect(await rows()).toEqual({ ...made, sessions: (made?.sessions ?? 0) + 1 });
    const audited = await app.sql<{ action: string }>(
      `select action from identity.audit_entries e join identity.users u on u.id = e.actor_id
       where u.email = $1 order by e.id`,
      [email],
    );
    expect(audited.map(({ action }) => action)).toEqual([
      "organization.created",
      "user.registered",
      "oauth_account.linked",
      "session.opened",
      "session.opened",
    ]);
  });

  it("takes people back to the page they came from, and to no other site", async () => {
    const visitor = browser();
    const start = (to: string) => `/api/auth/oauth/${provider}?return_to=${encodeURIComponent(to)}`;
    const credits = await visitor.visit(start("/credits?tab=1"), "other", email);
    expect(await visitor.comeBack(credits)).toBe("/credits?tab=1");
    const evil = await visitor.visit(start("//evil.example/"), "other", email);
    expect(await visitor.comeBack(evil)).toBe("/");
  });

  test.each([
    ["unverified", "email_unverified"],
    ["no-email", "email_unverified"],
    ["denied", "sign_in_denied"],
  ])("%s is told why not, and nothing is made", async (person, code) => {
    const before = await rows();
    const visitor = browser();
    expect(await visitor.signInWith(provider, person)).toBe(`/sign-in?error=${code}&provider=${provider}`);
    expect(await visitor.me()).toBeNull();
    expect(await rows()).toEqual(before);
  });

  it("changed-email stays the same person: an address changed there changes nothing here", async () => {
    await app.sql("update identity.users set email = 'moved@sandbox.test' where email like 'changed-email%'");
    const visitor = browser();
    await visitor.signInWith(provider, "changed-email");
    const known = await visitor.me();
    const made = await rows();
    const later = browser();
    expect(await later.signInWith(provider, "changed-email")).toBe("/");
    expect(await later.me()).toBe(known);
    expect(await rows()).toMatchObject({ users: made?.users, accounts: made?.accounts });
  });

  it("ends one visit once: a second return with the same state gets nothing and sends no code", async () => {
    const visitor = browser();
    const back = await visitor.visit(`/api/auth/oauth/${provider}`, "other", email);
    const before = await rows();
    const returns = await Promise.all(
      [1, 2, 3, 4].map(() => visitor.call("GET", back.pathname + back.search)),
    );
    const paths = returns.map(({ headers }) => headers.get("location"));
    expect(paths.filter((path) => path === "/")).toHaveLength(1);
    expect(paths.filter((path) => path?.includes("error=sign_in_expired"))).toHaveLength(3);
    expect(await rows()).toEqual({ ...before, sessions: (before?.sessions ?? 0) + 1 });
  });

  it("ends a visit only in the browser that set out, which can still end it afterwards", async () => {
    const visitor = browser();
    const back = await visitor.visit(`/api/auth/oauth/${provider}`, "other", email);
    const thief = browser();
    const before = await rows();
    expect(await thief.comeBack(back)).toContain("error=sign_in_expired");
    await thief.visit(`/api/auth/oauth/${provider}`, "other", email);
    expect(await thief.comeBack(back)).toContain("error=sign_in_expired");
    expect(await thief.me()).toBeNull();
    expect(await rows()).toEqual(before);
    expect(await visitor.comeBack(back)).toBe("/");
  });

  it("ends a visit within ten minutes, and only at the company it went to", async () => {
    const visitor = browser();
    const late = await visitor.visit(`/api/auth/oauth/${provider}`, "other", email);
    clock.advance(10 * MINUTE_MS);
    expect(await visitor.comeBack(late)).toContain("error=sign_in_expired");
    const back = await visitor.visit(`/api/auth/oauth/${provider}`, "other", email);
    const other = PROVIDERS.find((name) => name !== provider) ?? "";
    back.pathname = back.pathname.replace(provider, other);
    expect(await visitor.comeBack(back)).toContain("error=sign_in_expired");
  });

  it("may come back to another process than it set out from", async () => {
    const visitor = browser();
    const back = await visitor.visit(`/api/auth/oauth/${provider}`, "other", email);
    expect(await visitor.comeBack(back, replica)).toBe("/");
    expect(await visitor.me()).toBe(email);
  });

  it("makes one account of one person who comes twice at once, through two processes", async () => {
    const person = `twice-${provider}@acme.test`;
    const visitors = [browser(), browser()];
    const backs = await Promise.all(
      visitors.map((visitor) => visitor.visit(`/api/auth/oauth/${provider}`, "other", person)),
    );
    const before = await rows();
    const paths = await Promise.all(
      visitors.map((visitor, i) => visitor.comeBack(backs[i] as URL, i === 0 ? app.url : replica)),
    );
    expect(paths).toEqual(["/", "/"]);
    expect(await rows()).toMatchObject({
      users: (before?.users ?? 0) + 1,
      accounts: (before?.accounts ?? 0) + 1,
      organizations: (before?.organizations ?? 0) + 1,
    });
  });

  test.each([
    ["sign_in_refused", { fault: "expired_code" }],
    ["sign_in_refused", { fault: "replayed_code" }],
    ["provider_unavailable", { fault: "delay", params: { ms: 10_000 } }],
    ["provider_unavailable", { fault: "status", params: { status: 500 } }],
    ["provider_unavailable", { fault: "reset" }],
    ["provider_unavailable", { fault: "truncate" }],
  ])("%s for %j, and nothing is made or sent again", async (code, fault) => {
    const visitor = browser();
    const back = await visitor.visit(`/api/auth/oauth/${provider}`, "other", `fault-${provider}@acme.test`);
    const before = await rows();
    await spoil(provider, fault);
    expect(await visitor.comeBack(back)).toBe(`/sign-in?error=${code}&provider=${provider}`);
    expect(await visitor.comeBack(back)).toContain("error=sign_in_expired");
    expect(await visitor.me()).toBeNull();
    expect(await rows()).toEqual(before);
  });
});

test.each(["wrong_aud", "wrong_nonce", "wrong_iss", "alg_none", "bad_signature", "old_token", "unknown_key"])(
  "google with %s lets nobody in and makes nothing, not even a known person's session",
  async (fault) => {
    for (const email of ["new-google@acme.test", "fault-google@acme.test"]) {
      const visitor = browser();
      const back = await visitor.visit("/api/auth/oauth/google", "other", email);
      const before = await rows();
      await spoil("google", { fault });
      expect(await visitor.comeBack(back)).toBe("/sign-in?error=sign_in_refused&provider=google");
      expect(await visitor.me()).toBeNull();
      expect(await rows()).toEqual(before);
    }
  },
);

it("google with a rotated key signs in all the same", async () => {
  const visitor = browser();
  const back = await visitor.visit("/api/auth/oauth/google", "other", "new-google@acme.test");
  await spoil("google", { fault: "rotated_key" });
  expect(await visitor.comeBack(back, replica)).toBe("/");
});

it("two-emails at github is known by the primary address", async () => {
  const visitor = browser();
  await visitor.signInWith("github", "two-emails");
  expect(await visitor.me()).toBe("two-emails@sandbox.test");
});

it("a google that is away at the start leads back to the sign-in page, where the other ways are", async () => {
  const { url: cold } = await app.startAnother();
  await control("POST", "/faults", { company: "google", fault: "status", params: { status: 503 } });
  const away = await browser().call("GET", "/api/auth/oauth/google?return_to=/credits", { at: cold });
  expect(away.headers.get("location")).toBe(
    "/sign-in?error=provider_unavailable&provider=google&next=%2Fcredits",
  );
  const other = await browser().call("GET", "/api/auth/oauth/github", { at: cold });
  expect(other.headers.get("location")).toContain("/github/login/oauth/authorize");
});

describe("an address that is somebody's here", () => {
  const account = async (provider: string) =>
    app.sql<{ email: string }>(
      `select u.email from identity.oauth_accounts a join identity.users u on u.id = a.user_id
       where a.provider = $1 and a.email = $2`,
      [provider, OWNER.email],
    );

  it("connects nothing by itself; its owner signs in the old way, says yes, and then it opens", async () => {
    const visitor = browser();
    const before = await rows();
    expect(await visitor.signInWith("google", "other", OWNER.email)).toBe(
      "/sign-in?link=google&next=%2Fsign-in%2Fconnect",
    );
    expect(await visitor.me()).toBeNull();
    expect(await rows()).toEqual(before);
    await visitor.signIn(OWNER.email, OWNER.password);
    type Accounts = { data: unknown[]; offers: { id: string; provider: string; email: string }[] };
    const listed = (await visitor.call<Accounts>("GET", "/api/users/oauth-accounts")).body;
    expect(listed).toMatchObject({ data: [], offers: [{ provider: "google", email: OWNER.email }] });
    const id = listed.offers[0]?.id;
    const elsewhere = browser();
    await elsewhere.signIn(OWNER.email, OWNER.password);
    const confirm = "/api/users/oauth-accounts/confirm";
    expect((await elsewhere.call("POST", confirm, { body: { id } })).status).toBe(404);
    expect((await visitor.call("POST", confirm, { body: { id } })).status).toBe(201);
    expect((await visitor.call("POST", confirm, { body: { id } })).status).toBe(404);
    expect(await account("google")).toEqual([{ email: OWNER.email }]);
    const later = browser();
    expect(await later.signInWith("google", "other", OWNER.email)).toBe("/");
    expect(await later.me()).toBe(OWNER.email);
  });

  it("somebody's who never confirmed it goes to whom the company vouches for, and their record is gone", async () => {
    const email = "squatted@acme.test";
    await app.sql(
      `insert into identity.pending_registrations
         (id, email, full_name, password_hash, locale, browser_hash, expires_at, created_at)
       values ('prg_1', $1, 'Sam Squatter', 'x', 'en', '\\x01', now() + interval '7 days', now())`,
      [email],
    );
    const visitor = browser();
    expect(await visitor.signInWith("google", "other", email)).toBe("/");
    expect(await visitor.me()).toBe(email);
    expect(await app.sql("select 1 from identity.pending_registrations where email = $1", [email])).toEqual(
      [],
    );
  });

  it("the offer runs out after ten minutes, and is nobody else's", async () => {
    await app.member("admin");
    const visitor = browser();
    await visitor.signInWith("github", "other", "admin@members.example");
    await visitor.signIn("admin@members.example", OWNER.password);
    type Offers = { offers: { id: string }[] };
    const offers = async () => (await visitor.call<Offers>("GET", "/api/users/oauth-accounts")).body.offers;
    const [offer] = await offers();
    await visitor.signIn(OWNER.email, OWNER.password);
    const confirm = { body: { id: offer?.id } };
    expect((await visitor.call("POST", "/api/users/oauth-accounts/confirm", confirm)).status).toBe(404);
    expect(await offers()).toEqual([]);
    clock.advance(10 * MINUTE_MS);
    await visitor.signIn("admin@members.example", OWNER.password);
    expect((await visitor.call("POST", "/api/users/oauth-accounts/confirm", confirm)).status).toBe(404);
    expect(await account("github")).toEqual([]);
  });
});

it("a disabled account stays closed", async () => {
  await browser().signInWith("google", "other", "rival@acme.test");
  await app.sql("update identity.users set disabled_at = now() where email = 'rival@acme.test'");
  const visitor = browser();
  expect(await visitor.signInWith("google", "other", "rival@acme.test")).toBe(
    "/sign-in?error=account_disabled&provider=google",
  );
  expect(await visitor.me()).toBeNull();
});

it("no code, state, token, cookie or client secret was logged or kept", async () => {
  const visitor = browser();
  const back = await visitor.visit("/api/auth/oauth/google", "other", "new-google@acme.test");
  await visitor.comeBack(back);
  const [kept] = await app.sql<{ text: string }>(
    `select concat((select string_agg(s::text, '') from identity.oauth_states s),
       (select string_agg(a::text, '') from identity.oauth_accounts a),
       (select string_agg(o::text, '') from identity.oauth_offers o)) as text`,
  );
  const secrets = [
    back.searchParams.get("code"),
    back.searchParams.get("state"),
    ...visitor.cookies.values(),
    app.credentials.google.client_secret,
    "ya29.",
    "gho_",
  ];
  expect(app.lines.join("")).toContain("provider_fault");
  for (const secret of secrets) {
    expect(app.lines.join("")).not.toContain(secret);
    expect(kept?.text).not.toContain(secret);
  }
});
