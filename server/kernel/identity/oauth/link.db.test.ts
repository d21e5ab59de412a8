/** Accounts at other companies that people connect and disconnect. */
import { afterAll, describe, expect, it } from "vitest";
import { startTestApp } from "../../../../test/harness/app.ts";
import { OWNER } from "../../../../test/harness/people.ts";
import { openBrowser } from "../../../../test/harness/visitor.ts";
import { manualClock } from "../../../platform/clock.ts";

const clock = manualClock(new Date());
const app = await startTestApp({ clock });
afterAll(() => app.close());

const MINUTE_MS = 60_000;
const browser = () => openBrowser(app.url);

async function rows() {
  const [count] = await app.sql<Record<string, number>>(
    `select (select count(*)::int from identity.users) as users,
       (select count(*)::int from identity.oauth_accounts) as accounts`,
  );
  return count;
}

describe("connected accounts", () => {
  type Accounts = { data: { id: string; provider: string; email: string }[] };
  const list = async (visitor: ReturnType<typeof browser>) =>
    (await visitor.call<Accounts>("GET", "/api/users/oauth-accounts")).body.data;
  const connect = async (visitor: ReturnType<typeof browser>, provider: string, email: string) => {
    const body = { provider, return_to: "/security" };
    const answer = await visitor.call("POST", "/api/users/oauth-accounts", { body });
    if (answer.status !== 200) throw new Error(answer.text);
    return visitor.comeBack(await visitor.visit(String(answer.body.authorize_url), "other", email));
  };

  it("are connected from the settings, several of one company too, and sign in from then on", async () => {
    const visitor = browser();
    await visitor.signInWith("google", "other", "many@acme.test");
    expect(await connect(visitor, "github", "private@home.test")).toBe("/security?linked=github");
    expect(await connect(visitor, "google", "second@acme.test")).toBe("/security?linked=google");
    expect(await list(visitor)).toMatchObject([
      { provider: "google", email: "many@acme.test" },
      { provider: "github", email: "private@home.test" },
      { provider: "google", email: "second@acme.test" },
    ]);
    const later = browser();
    await later.signInWith("github", "other", "private@home.test");
    expect(await later.me()).toBe("many@acme.test");
  });

  it("are told by mail to the person's address when they are connected, and when they are disconnected", async () => {
    const visitor = browser();
    await visitor.signInWith("google", "other", "told@acme.test");
    await connect(visitor, "github", "told@home.test");
    const mails = async (part: string) => {
      for (;;) {
        const mail = await app.mailbox("told@acme.test");
        if (mail.text.includes(part)) return mail.subject;
      }
    };
    expect(await mails("was linked to your account")).toBe("Your sign-in was changed");
    const github = (await list(visitor)).find(({ provider }) => provider === "github");
    const gone = await visitor.call("DELETE", `/api/users/oauth-accounts/${github?.id}`);
    expect(gone.status).toBe(204);
    expect(await mails("was unlinked from your account")).toBe("Your sign-in was changed");
  });

  it("are one person's: linked_elsewhere for the next one who tries", async () => {
    const visitor = browser();
    await visitor.signInWith("google", "other", "rival@acme.test");
    const before = await rows();
    expect(await connect(visitor, "google", "many@acme.test")).toBe(
      "/security?error=linked_elsewhere&provider=google",
    );
    expect(await rows()).toEqual(before);
  });

  it("ask for a proof of the last ten minutes", async () => {
    const visitor = browser();
    await visitor.signInWith("google", "other", "many@acme.test");
    const [account] = await list(visitor);
    clock.advance(11 * MINUTE_MS);
    const calls = [
      ["POST", "/api/users/oauth-accounts", { provider: "google" }],
      ["POST", "/api/users/oauth-accounts/confirm", { id: "oac_1" }],
      ["DELETE", `/api/users/oauth-accounts/${account?.id}`, undefined],
    ] as const;
    for (const [method, path, body] of calls) {
      const answer = await visitor.call(method, path, body ? { body } : {});
      expect([answer.status, answer.body.code]).toEqual([403, "reauth_required"]);
    }
  });

  it("join nobody when another person has signed in meanwhile", async () => {
    const visitor = browser();
    await visitor.signInWith("google", "other", "many@acme.test");
    const start = await visitor.call("POST", "/api/users/oauth-accounts", { body: { provider: "github" } });
    const back = await visitor.visit(String(start.body.authorize_url), "other", "late@home.test");
    await visitor.signInWith("google", "other", "rival@acme.test");
    const before = await rows();
    expect(await visitor.comeBack(back)).toBe("/security?error=sign_in_expired&provider=github");
    expect(await rows()).toEqual(before);
  });

  it("go one by one, the last way in stays, whatever is tried at once", async () => {
    const visitor = browser();
    await visitor.signInWith("google", "other", "many@acme.test");
    const accounts = await list(visitor);
    const ends = await Promise.all(
      accounts.map(({ id }) => visitor.call("DELETE", `/api/users/oauth-accounts/${id}`)),
    );
    expect(ends.map(({ status }) => status).toSorted()).toEqual([204, 204, 409]);
    expect(ends.find(({ status }) => status === 409)?.body.code).toBe("last_sign_in_method");
    expect(await list(visitor)).toHaveLength(1);
  });

  it("go to the last one where a passkey opens the account as well", async () => {
    const visitor = browser();
    await visitor.signInWith("github", "other", "passkey@acme.test");
    const [account] = await list(visitor);
    const path = `/api/users/oauth-accounts/${account?.id}`;
    expect((await visitor.call("DELETE", path)).body.code).toBe("last_sign_in_method");
    await app.sql(
      `insert into identity.passkeys (id, user_id, credential_id, public_key, counter, transports, synced, name, created_at)
       select 'pky_1', id, 'AQ', '\\x01', 0, '{}', false, 'Key', now() from identity.users where email = 'passkey@acme.test'`,
    );
    expect((await visitor.call("DELETE", path)).status).toBe(204);
  });

  it("a person with a password may disconnect the last one, nobody another person's", async () => {
    const visitor = browser();
    await visitor.signIn(OWNER.email, OWNER.password);
    await connect(visitor, "google", OWNER.email);
    const [account] = await list(visitor);
    const path = `/api/users/oauth-accounts/${account?.id}`;
    const stranger = browser();
    await stranger.signInWith("google", "other", "rival@acme.test");
    expect((await stranger.call("DELETE", path)).status).toBe(404);
    expect((await visitor.call("DELETE", path)).status).toBe(204);
    expect(await list(visitor)).toEqual([]);
  });
});
