import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../../test/harness/app.ts";
import type { Answer, Client } from "../../../../test/harness/client.ts";
import { addNeighbour } from "../../../../test/harness/people.ts";

const SEATS = 12;
let app: TestApp;
let made = 0;

beforeAll(async () => {
  app = await startTestApp({ env: { SEATS_PER_ORGANIZATION: String(SEATS) } });
});
afterAll(() => app.close());

const invite = (by: Client, body: { email: string; role: string }): Promise<Answer> =>
  by.call("POST", "/api/team/invitations", { body });
const outcome = ({ status, body }: Answer) => [status, body.code];
const anAddress = () => `colleague-${(made += 1)}@example.com`;
/** The token of the next mail to an address. */
async function tokenTo(address: string): Promise<string> {
  const { html } = await app.mailbox(address);
  return /#token=([A-Za-z0-9_-]+)/.exec(html ?? "")?.[1] ?? "";
}
async function someone(email: string): Promise<Client> {
  await addNeighbour(app.sql, email);
  return app.signIn({ email, password: "Correct Horse 1" });
}
const accept = (by: Client, token: string): Promise<Answer> =>
  by.call("POST", "/api/invitations/accept", { body: { token } });
const clear = () =>
  app.sql("update tenancy.invitations set state = 'revoked', created_at = now() - interval '2 hours'");

test("the invited person joins from the mail, once; the page shows who invites, and spends nothing", async () => {
  const email = anAddress();
  const guest = await someone(email);
  expect(await invite(app.owner, { email: email.toUpperCase(), role: "agent" })).toMatchObject({
    status: 201,
    body: { email, role: "agent" },
  });
  const token = await tokenTo(email);
  const read = () => app.anonymous.call("POST", "/api/invitations/read", { body: { token } });
  expect((await read()).body).toMatchObject({ organization: "Ona Owner", email, role: "agent" });
  expect((await read()).status).toBe(200);
  const joined = await accept(guest, token);
  expect(joined).toMatchObject({ status: 200, body: { organization: { name: "Ona Owner", role: "agent" } } });
  expect(outcome(await accept(guest, token))).toEqual([410, "invitation_spent"]);
  expect((await read()).status).toBe(410);
  const members = await app.owner.call("GET", "/api/team/members?role=agent");
  expect((members.body.data as { email: string }[]).map((member) => member.email)).toEqual([email]);
  expect(outcome(await invite(app.owner, { email, role: "viewer" }))).toEqual([409, "duplicate"]);
});

test("403 for whoever has another address, 410 for a withdrawn one", async () => {
  const email = anAddress();
  const { body } = await invite(app.owner, { email, role: "viewer" });
  expect(outcome(await invite(app.owner, { email, role: "viewer" }))).toEqual([409, "duplicate"]);
  const token = await tokenTo(email);
  expect(outcome(await accept(await app.neighbour(), token))).toEqual([403, "other_address"]);
  expect((await app.owner.call("DELETE", `/api/team/invitations/${String(body.id)}`)).status).toBe(204);
  expect(outcome(await accept(await someone(email), token))).toEqual([410, "invitation_spent"]);
});

test("a mail that is sent again brings a token of its own; both work until one is spent", async () => {
  const email = anAddress();
  const { body } = await invite(app.owner, { email, role: "viewer" });
  const first = await tokenTo(email);
  await app.owner.call("POST", `/api/team/invitations/${String(body.id)}/resend`);
  const second = await tokenTo(email);
  expect(second).not.toBe(first);
  const guest = await someone(email);
  expect((await accept(guest, first)).status).toBe(200);
  expect((await accept(guest, second)).status).toBe(410);
});

test("whoever loses rank leaves no invitation to a higher one behind", async () => {
  await clear();
  const admin = await app.member("admin");
  const [high, low] = [anAddress(), anAddress()];
  await invite(admin, { email: high, role: "admin" });
  await invite(admin, { email: low, role: "viewer" });
  const me = (await admin.call("GET", "/api/auth/me")).body.user as { id: string };
  await app.owner.call("PUT", `/api/team/members/${me.id}`, { body: { role: "agent" } });
  const { body } = await app.owner.call("GET", "/api/team/invitations");
  expect((body.data as { email: string }[]).map(({ email }) => email)).toEqual([low]);
});

test("parallel invitations never pass the seats", async () => {
  await clear();
  const { used } = (await app.owner.call("GET", "/api/team/licenses")).body as { used: number };
  const answers = await Promise.all(
    Array.from({ length: SEATS + 5 }, () => invite(app.owner, { email: anAddress(), role: "viewer" })),
  );
  const granted = answers.filter(({ status }) => status === 201);
  expect(granted.length).toBe(SEATS - used);
  const refused = answers.filter(({ status }) => status !== 201).map(outcome);
  expect(refused).toEqual(refused.map(() => [409, "seat_limit"]));
  expect((await app.owner.call("GET", "/api/team/licenses")).body).toEqual({
    seats: SEATS,
    used,
    pending: SEATS - used,
  });
});

test("429 beyond twenty invitations in an hour, with the time after which one is free", async () => {
  await clear();
  await app.sql(
    `insert into tenancy.invitations (org_id, id, email, role, state, invited_by, expires_at, created_at)
     select (select org_id from tenancy.organizations order by org_id limit 1), 'ivt_' || n, n || '@x.example', 'viewer', 'revoked', 'usr_x',
       now(), now() - interval '59 minutes' from generate_series(1, 20) n`,
  );
  const refused = await invite(app.owner, { email: anAddress(), role: "viewer" });
  expect(outcome(refused)).toEqual([429, "rate_limited"]);
  expect(Number(refused.headers.get("retry-after"))).toBeLessThanOrEqual(60);
});
