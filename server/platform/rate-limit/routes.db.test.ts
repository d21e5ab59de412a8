import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../test/harness/app.ts";
import type { Json } from "../../../test/harness/client.ts";
import { soon } from "../../../test/harness/soon.ts";

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ env: { AUTH_LIMITS: "on" } });
});
afterAll(() => app.close());

const path = (subject: string, name: string) =>
  `/api/admin/rate-limits/${encodeURIComponent(subject)}/${encodeURIComponent(name)}`;

test("every answer tells the limits: let in, forbidden, not signed in", async () => {
  const { headers } = await app.owner.call("GET", "/api/auth/me");
  expect(headers.get("ratelimit-policy")).toBe(
    '"getMe";q=100;w=60, "user";q=300;w=60, "organization";q=1000;w=60',
  );
  expect(headers.get("ratelimit")).toMatch(/^"getMe";r=\d+;t=\d+$/);
  const forbidden = await (await app.neighbour()).call("GET", "/api/admin/rate-limits");
  expect([forbidden.status, forbidden.headers.has("ratelimit")]).toEqual([403, true]);
  const nobody = await app.anonymous.call("GET", "/api/auth/me");
  expect([nobody.status, nobody.headers.get("ratelimit-policy")]).toEqual([401, '"address";q=100;w=60']);
});

test("one's own limits: what was used, and both ceilings", async () => {
  await app.owner.call("GET", "/api/organizations");
  const { body } = await app.owner.call("GET", "/api/rate-limits/me");
  const data = body.data as Json[];
  expect(data.find((each) => each.class === "listOrganizations")).toMatchObject({
    limit: 100,
    window_s: 60,
    remaining: 99,
    resets_in_s: expect.any(Number),
  });
  for (const [name, limit] of [
    ["user", 300],
    ["organization", 1_000],
  ])
    expect(data.find((each) => each.class === name)).toMatchObject({ limit });
  expect(data.some((each) => each.class === "listModels")).toBe(false);
});

test("an operator's limit holds at once, is in the audit trail, and who is refused is shown", async () => {
  const me = await app.owner.call("GET", "/api/auth/me");
  const subject = String((me.body.user as Json).id);
  const set = await app.owner.call("PUT", path(subject, "listMembers"), { body: { limit: 2, window_s: 30 } });
  expect(set.body).toMatchObject({ subject, class: "listMembers", limit: 2, window_s: 30 });
  const members = () => app.owner.call("GET", "/api/team/members");
  const told = async () =>
    expect((await members()).headers.get("ratelimit-policy")).toContain('"listMembers";q=2;w=30');
  await soon(told);
  await members();
  const refused = await members();
  expect(refused.body).toMatchObject({ status: 429, code: "rate_limited" });
  expect(Number(refused.headers.get("retry-after"))).toBeLessThanOrEqual(30);
  const { body } = await app.owner.call("GET", "/api/admin/rate-limits");
  expect(body).toMatchObject({ degraded: false, counted_in: "postgres_and_memory", processes: 1 });
  expect(body.top).toContainEqual(expect.objectContaining({ subject, class: "listMembers" }));
  expect(body.overrides).toMatchObject([{ subject, class: "listMembers", limit: 2, window_s: 30 }]);
  expect((await app.owner.call("DELETE", path(subject, "listMembers"))).status).toBe(204);
  await soon(async () => expect((await members()).status).toBe(200));
  expect((await app.owner.call("DELETE", path(subject, "listMembers"))).status).toBe(404);
  const trail = await app.sql(
    "select action, target_id from identity.audit_entries where action like 'rate_limit.%' order by id",
  );
  expect(trail).toEqual([
    { action: "rate_limit.set", target_id: subject },
    { action: "rate_limit.removed", target_id: subject },
  ]);
});

test("404 for a class that does not exist; an IPv6 network can be named", async () => {
  const body = { limit: 5, window_s: 60 };
  expect((await app.owner.call("PUT", path("x", "nothing"), { body })).status).toBe(404);
  const set = await app.owner.call("PUT", path("2001:db8:0:0::/64", "address"), { body });
  expect(set.body).toMatchObject({ subject: "2001:db8:0:0::/64", class: "address" });
});

test("without credentials the hundred-and-first request of an address in a minute is refused, good or bad", async () => {
  const statuses: number[] = [];
  for (let i = 0; i < 101; i += 1)
    statuses.push(
      (await app.anonymous.call("GET", "/api/auth/me", { headers: { authorization: "Bearer x" } })).status,
    );
  expect(statuses.at(-1)).toBe(429);
  expect((await app.owner.call("GET", "/api/auth/me")).status).toBe(200);
});
