import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  call,
  setUp,
  signIn,
  startSignInServer,
  type Answer,
  type Browser,
  type SignInServer,
} from "../../../../test/harness/sign-in-server.ts";
import { warnOfExpiry, warningDue } from "./expiry.ts";

const DAY_MS = 86_400_000;
let server: SignInServer;
let owner: Browser;
let made = 0;

beforeAll(async () => {
  server = await startSignInServer();
  await setUp(server);
});
afterAll(() => server.close());
beforeEach(async () => {
  server.clock.advance(60_000);
  owner = await signIn(server);
});

const make = (input: Record<string, unknown> = {}): Promise<Answer> =>
  owner.call("POST", "/api/api-keys", {
    body: { name: "Key", mode: "test", scopes: ["team.manage", "api_keys.own"], ...input },
    headers: { "idempotency-key": `key ${(made += 1)}` },
  });
const use = async (secret: unknown, ip?: string): Promise<[number, unknown]> => {
  const headers = { authorization: `Bearer ${String(secret)}` };
  const answer = await call(server, "GET", "/api/team/licenses", { headers, ...(ip ? { ip } : {}) });
  return [answer.status, answer.body.code];
};
const change = (id: unknown, body: unknown) => owner.call("PUT", `/api/api-keys/${String(id)}`, { body });
const OK = [200, undefined];
const REFUSED = [401, "unauthenticated"];

test("a key comes from the networks that it names, and from nowhere else", async () => {
  const { body } = await make({ allowed_cidrs: ["203.0.113.0/24", "2001:db8::/32"] });
  expect(await use(body.secret, "203.0.113.9")).toEqual(OK);
  expect(await use(body.secret, "::ffff:203.0.113.9")).toEqual(OK);
  expect(await use(body.secret, "2001:db8:1::1")).toEqual(OK);
  expect(await use(body.secret, "198.51.100.1")).toEqual([403, "address_not_allowed"]);
  expect((await make({ allowed_cidrs: ["10.0.0.0/33"] })).status).toBe(422);
  expect((await make({ allowed_cidrs: Array(21).fill("10.0.0.1") })).status).toBe(422);
});

test("a paused key is refused until it goes on; what it may changes with the next call", async () => {
  const { body } = await make();
  expect((await change(body.id, { paused: true })).body).toMatchObject({ paused: true });
  expect(await use(body.secret)).toEqual(REFUSED);
  await change(body.id, { paused: false });
  expect(await use(body.secret)).toEqual(OK);
  await change(body.id, { scopes: ["api_keys.own"] });
  expect(await use(body.secret)).toEqual([403, "scope_missing"]);
});

test("a rotated key answers to both secrets for the overlap, then to the new one alone; a third voids the first", async () => {
  const { body } = await make();
  const rotate = async (overlap_hours: number) =>
    (await owner.call("POST", `/api/api-keys/${String(body.id)}/rotate`, { body: { overlap_hours } })).body
      .secret;
  const second = await rotate(1);
  expect(String(second).slice(0, 20)).toBe(String(body.secret).slice(0, 20));
  expect([await use(body.secret), await use(second)]).toEqual([OK, OK]);
  const third = await rotate(1);
  expect([await use(body.secret), await use(second), await use(third)]).toEqual([REFUSED, OK, OK]);
  server.clock.advance(3_600_000);
  expect([await use(second), await use(third)]).toEqual([REFUSED, OK]);
  owner = await signIn(server);
  const fourth = await rotate(0);
  expect([await use(third), await use(fourth)]).toEqual([REFUSED, OK]);
});

test("202 whatever is reported; a real key is ended and its people are told", async () => {
  const report = (key: string) => call(server, "POST", "/api/api-keys/report-leak", { body: { key } });
  const { body } = await make();
  expect((await report("hello")).status).toBe(202);
  // Right checksum, right public id, wrong secret.
  expect(await use(body.secret)).toEqual(OK);
  expect((await report(` ${String(body.secret)}\n`)).status).toBe(202);
  expect(await use(body.secret)).toEqual(REFUSED);
  const [mail] = await server.asDatabaseOwner(
    "select kind, address from mail.outbox where kind = 'tenancy.key_leaked'",
  );
  expect(mail).toEqual({ kind: "tenancy.key_leaked", address: "owner@example.com" });
  expect(server.lines.join("")).not.toContain(String(body.secret).slice(24));
});

test("scopes that lay unused for thirty days are shown, and narrowing takes them away", async () => {
  const { body } = await make({ expires_at: null });
  server.clock.advance(29 * DAY_MS);
  await use(body.secret);
  await server.authenticate.settled();
  server.clock.advance(2 * DAY_MS);
  owner = await signIn(server);
  const shown = async () =>
    ((await owner.call("GET", "/api/api-keys?limit=100")).body.data as Record<string, unknown>[]).find(
      ({ id }) => id === body.id,
    );
  expect(await shown()).toMatchObject({ unused_scopes: ["api_keys.own"] });
  await change(body.id, { scopes: ["team.manage"] });
  expect(await shown()).toMatchObject({ scopes: ["team.manage"], unused_scopes: [] });
  expect(await use(body.secret)).toEqual(OK);
});

test("limits are kept and shown; service keys are an admin's to make", async () => {
  const limits = {
    rpm: 50,
    tpm: 1_000,
    concurrency: 2,
    budget_daily_micros: 5_000,
    budget_monthly_micros: 90_000,
  };
  expect((await make({ limits })).body).toMatchObject({ limits, kind: "personal", paused: false });
  await server.addMember({ email: "agent@example.com", role: "agent" });
  const agent = await signIn(server, { email: "agent@example.com", password: "Correct Horse 1" });
  const refused = await agent.call("POST", "/api/api-keys", {
    body: { name: "Key", kind: "service", mode: "test", scopes: ["gateway.use"] },
    headers: { "idempotency-key": "service" },
  });
  expect(refused.body).toMatchObject({ status: 403, code: "above_own_role", detail: "kind" });
});

test("403 reauth_required to make or rotate a key ten minutes after the last proof", async () => {
  server.clock.advance(601_000);
  expect((await make()).body).toMatchObject({ status: 403, code: "reauth_required" });
});

test("a key's maker is told 14 days before its end, 3 days before, and when it has ended; each once", async () => {
  const ends = new Date(server.clock.now().getTime() + 20 * DAY_MS);
  const { body } = await make({ expires_at: ends.toISOString() });
  const { db, clock, mail } = server;
  const told = async () =>
    (
      await server.asDatabaseOwner<{ days: string }>(
        `select ref ->> 'days' as days from mail.outbox where kind = 'tenancy.key_expiring' and ref ->> 'key_id' = $1
         order by id`,
        [body.id],
      )
    ).map(({ days }) => days);
  for (const advance of [5, 2, 0, 9, 1, 3, 1]) {
    server.clock.advance(advance * DAY_MS);
    await warnOfExpiry({ db, clock, mail });
  }
  expect(await told()).toEqual(["14", "3", "0"]);
  expect(warningDue(ends, new Date(ends.getTime() - 15 * DAY_MS))).toBeNull();
});
