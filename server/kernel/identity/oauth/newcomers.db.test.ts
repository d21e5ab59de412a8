/** Who may make an account through another company, and who still has a second step to take. */
import { hash } from "node:crypto";
import { afterAll, expect, it } from "vitest";
import { startTestApp } from "../../../../test/harness/app.ts";
import { openBrowser, type Visitor } from "../../../../test/harness/visitor.ts";

const app = await startTestApp({ env: { REGISTRATION: "invite" } });
const { url: closed } = await app.startAnother({ REGISTRATION: "closed" });
afterAll(() => app.close());

const GITHUB = "/api/auth/oauth/github";
const people = async () =>
  (await app.sql<{ email: string }>("select email from identity.users order by id")).map(
    ({ email }) => email,
  );

/** An invitation to the first organization, and a token as the mail would carry it. */
async function invite(email: string): Promise<string> {
  const { body, text } = await app.owner.call("POST", "/api/team/invitations", {
    body: { email, role: "agent" },
  });
  const token = `token-for-${hash("sha256", email)}`.slice(0, 43);
  if (typeof body.id !== "string") throw new Error(text);
  await app.sql(
    `insert into tenancy.invitation_directory (token_hash, org_id, invitation_id, created_at)
     select $1, org_id, id, now() from tenancy.invitations where id = $2`,
    [hash("sha256", token, "buffer"), body.id],
  );
  return token;
}

const withToken = (token: string) => `${GITHUB}?invitation_token=${token}`;
async function arrive(visitor: Visitor, path: string, email: string, at = app.url): Promise<string> {
  return visitor.comeBack(await visitor.visit(path, "other", email), at);
}

it("nobody who was not invited makes an account where invitations are asked for", async () => {
  const before = await people();
  const token = await invite("invited@acme.test");
  for (const path of [GITHUB, withToken("x".repeat(43)), withToken(token)])
    expect(await arrive(openBrowser(app.url), path, "stranger@acme.test")).toContain(
      "error=registration_closed",
    );
  expect(await people()).toEqual(before);
});

it("who was invited does, under that address, and joins: once", async () => {
  const token = await invite("invited-too@acme.test");
  const visitor = openBrowser(app.url);
  const back = await visitor.visit(withToken(token), "other", "invited-too@acme.test");
  const [waiting] = await app.sql<{ text: string }>(
    "select string_agg(s::text, '') as text from identity.oauth_states s",
  );
  expect(waiting?.text).not.toContain(token);
  expect(waiting?.text).not.toContain(Buffer.from(token).toString("hex"));
  expect(await visitor.comeBack(back)).toBe("/");
  const { data } = (await visitor.call<{ data: { role: string }[] }>("GET", "/api/organizations")).body;
  expect(data.map(({ role }) => role).toSorted()).toEqual(["agent", "owner"]);
  expect(await arrive(openBrowser(app.url), withToken(token), "another@acme.test")).toContain(
    "error=registration_closed",
  );
});

it("nobody at all does where registration is closed, invited or not", async () => {
  const token = await invite("late@acme.test");
  const path = await arrive(openBrowser(app.url), withToken(token), "late@acme.test", closed);
  expect(path).toContain("error=registration_closed");
  expect(await people()).not.toContain("late@acme.test");
});

it("a person with a second factor is led to the second step, signed in nowhere yet", async () => {
  const email = "invited-too@acme.test";
  await app.sql(
    `insert into identity.totp_secrets (user_id, sealed, confirmed_at) select id, '\\x01', now() from identity.users
     where email = $1`,
    [email],
  );
  const visitor = openBrowser(app.url);
  const path = await arrive(visitor, `${GITHUB}?return_to=/credits`, email);
  expect(path).toMatch(/^\/sign-in\?next=%2Fcredits#challenge=[^&]{20,}&methods=totp/);
  expect(await visitor.me()).toBeNull();
});
