import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  call,
  OWNER,
  setUp,
  signIn,
  startSignInServer,
  type Answer,
  type Browser,
  type SignInServer,
} from "../../../../test/harness/sign-in-server.ts";

const DAY_MS = 86_400_000;
let server: SignInServer;
let owner: Browser;
let agent: Browser;
let admin: Browser;
let made = 0;

beforeAll(async () => {
  server = await startSignInServer();
  await setUp(server);
  await server.addMember({ email: "agent@example.com", role: "agent" });
  await server.addMember({ email: "admin@example.com", role: "admin" });
});
afterAll(() => server.close());
beforeEach(async () => {
  server.clock.advance(60_000);
  owner = await signIn(server);
  agent = await signIn(server, { ...OWNER, email: "agent@example.com" });
  admin = await signIn(server, { ...OWNER, email: "admin@example.com" });
});

async function make(by: Browser, input: Record<string, unknown> = {}): Promise<Answer> {
  const answer = await by.call("POST", "/api/api-keys", {
    body: { name: "Key", mode: "test", scopes: ["api_keys.own"], ...input },
    headers: { "idempotency-key": `key ${(made += 1)}` },
  });
  expect(answer.status).toBe(201);
  return answer;
}
const change = (by: Browser, id: unknown, body: unknown) =>
  by.call("PUT", `/api/api-keys/${String(id)}`, { body });
const above = (answer: Answer) => [answer.status, answer.body.code, answer.body.detail];
/** The key as its organization keeps it. */
const kept = async (id: unknown) =>
  (
    await server.asDatabaseOwner(
      `select name, scopes, allowed_cidrs, rate_limit_per_min, expires_at, paused_at
       from tenancy.api_keys where id = $1`,
      [id],
    )
  )[0];
const limits = (rpm: number | null) => ({ limits: { rpm } });

test("each field changes alone; what is not named stays, and the trail names what changed", async () => {
  const { body } = await make(owner, { allowed_cidrs: ["10.0.0.0/8"], limits: { rpm: 50 } });
  const before = await kept(body.id);
  expect((await change(owner, body.id, { name: "Renamed" })).body).toMatchObject({ name: "Renamed" });
  expect(await kept(body.id)).toEqual({ ...before, name: "Renamed" });
  await change(owner, body.id, { expires_at: null });
  await change(owner, body.id, { allowed_cidrs: [] });
  await change(owner, body.id, limits(20));
  expect(await kept(body.id)).toEqual({
    ...before,
    name: "Renamed",
    expires_at: null,
    allowed_cidrs: [],
    rate_limit_per_min: 20,
  });
  const trail = await server.asDatabaseOwner<{ detail: unknown }>(
    "select detail from identity.audit_entries where target_id = $1 and action = 'key.changed' order by id",
    [body.id],
  );
  expect(trail.map(({ detail }) => detail)).toEqual(
    ["name", "expiresAt", "allowedCidrs", "limits"].map((field) => ({ fields: [field], paused: false })),
  );
});

test("a paused key stays paused since the same moment, whatever else of it changes", async () => {
  const { body } = await make(owner);
  await change(owner, body.id, { paused: true });
  const since = (await kept(body.id))?.paused_at;
  expect(since).not.toBeNull();
  server.clock.advance(60_000);
  await change(owner, body.id, { name: "Still paused" });
  await change(owner, body.id, { paused: true });
  expect(await kept(body.id)).toMatchObject({ name: "Still paused", paused_at: since });
  await change(owner, body.id, { paused: false });
  expect(await kept(body.id)).toMatchObject({ paused_at: null });
});

test("403 a scope, a limit or an end above whoever gives it; an admin may give them, and nothing changed before", async () => {
  const { body } = await make(agent, { limits: { rpm: 60 } });
  const before = await kept(body.id);
  const refused = (field: string) => [403, "above_own_role", field];
  expect(above(await change(agent, body.id, { scopes: ["api_keys.own", "team.manage"] }))).toEqual(
    refused("scopes"),
  );
  expect(above(await change(agent, body.id, limits(101)))).toEqual(refused("limits"));
  expect(above(await change(agent, body.id, limits(0)))).toEqual(refused("limits"));
  expect(above(await change(agent, body.id, { expires_at: null }))).toEqual(refused("expires_at"));
  expect(await kept(body.id)).toEqual(before);
  const unknown = await change(agent, body.id, { expires_at: server.clock.now().toISOString() });
  expect([unknown.status, unknown.body.code]).toEqual([422, "invalid_input"]);
  const given = { ...limits(0), scopes: ["api_keys.own", "team.manage"], expires_at: null };
  expect((await change(admin, body.id, given)).status).toBe(200);
  // What it has by then, its maker keeps when they change the rest, and may take away.
  expect((await change(agent, body.id, { name: "Mine" })).status).toBe(200);
  expect((await change(agent, body.id, { scopes: ["api_keys.own"] })).status).toBe(200);
  const ends = new Date(server.clock.now().getTime() + DAY_MS).toISOString();
  expect((await change(agent, body.id, { ...limits(100), expires_at: ends })).status).toBe(200);
  expect(await kept(body.id)).toMatchObject({ rate_limit_per_min: 100, scopes: ["api_keys.own"] });
});

test("403 a service key gets no scope beyond the role that it was made with, even from an owner", async () => {
  const { body } = await make(admin, { kind: "service" });
  expect(above(await change(owner, body.id, { scopes: ["billing.view"] }))).toEqual([
    403,
    "above_own_role",
    "scopes",
  ]);
  expect((await change(owner, body.id, { scopes: ["team.manage"] })).body).toMatchObject({
    scopes: ["team.manage"],
  });
});

test("403 a key gives other keys no scope that it lacks itself, though its maker holds it", async () => {
  const { body } = await make(owner);
  const actor = await make(owner, { scopes: ["api_keys.own", "api_keys.manage", "jobs.view"] });
  const headers = { authorization: `Bearer ${String(actor.body.secret)}` };
  const byKey = (scopes: string[]) =>
    call(server, "PUT", `/api/api-keys/${String(body.id)}`, { headers, body: { scopes } });
  expect(above(await byKey(["api_keys.own", "team.manage"]))).toEqual([403, "above_own_role", "scopes"]);
  expect((await byKey(["api_keys.own", "jobs.view"])).status).toBe(200);
});

test("404 for another's key without api_keys.manage, and for one that was revoked", async () => {
  const { body } = await make(owner);
  const own = await make(agent);
  const everything = (by: Browser, id: unknown) =>
    Promise.all([
      change(by, id, { name: "Taken" }),
      by.call("POST", `/api/api-keys/${String(id)}/rotate`, { body: { overlap_hours: 0 } }),
      by.call("DELETE", `/api/api-keys/${String(id)}`),
    ]);
  expect((await everything(agent, body.id)).map(({ status }) => status)).toEqual([404, 404, 404]);
  expect(await kept(body.id)).toMatchObject({ name: "Key" });
  expect((await agent.call("DELETE", `/api/api-keys/${String(own.body.id)}`)).status).toBe(204);
  expect((await everything(owner, own.body.id)).map(({ status }) => status)).toEqual([404, 404, 404]);
});
