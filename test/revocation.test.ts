import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { startTestApp, type TestApp } from "./harness/app.ts";
import { createClient } from "./harness/client.ts";
import { OWNER } from "./harness/people.ts";
import { redisInstalled, startRedis, type TestRedis } from "./harness/redis.ts";

const ways = redisInstalled ? ["off", "on", "lost"] : ["off"];
describe.each(ways)("with Redis %s", (way) => {
  let redis: TestRedis | null = null;
  let first: TestApp;
  let otherUrl: string;

  beforeAll(async () => {
    redis = way === "off" ? null : await startRedis();
    first = await startTestApp({ env: redis ? { REDIS_URL: redis.url } : {} });
    otherUrl = (await first.startAnother()).url;
    if (way === "lost") await redis?.kill();
  });
  afterAll(async () => {
    await first.close();
    await redis?.kill();
  });

  test("a second process refuses a revoked session and key within a second", async () => {
    const browser = await first.signIn();
    const key = await first.createKey(first.owner);
    const asked = [
      { path: "/api/auth/me", headers: browser.headers },
      { path: "/v1/models", headers: { authorization: `Bearer ${key.secret}` } },
    ];
    const statuses = () =>
      Promise.all(
        asked.map(
          async ({ path, headers }) => (await createClient(otherUrl, headers).call("GET", path)).status,
        ),
      );
    expect(await statuses()).toEqual([200, 200]);
    await browser.call("POST", "/api/auth/logout");
    await first.owner.call("DELETE", `/api/api-keys/${key.id}`);
    const refused = async () => expect(await statuses()).toEqual([401, 401]);
    await vi.waitFor(refused, { timeout: 1_000, interval: 10 });
  });

  test("a second process refuses a disabled person's session, access token and key within a second", async () => {
    const member = await first.member("agent");
    const me = await member.call<{ user: { id: string; email: string } }>("GET", "/api/auth/me");
    const { id, email } = me.body.user;
    const login = { email, password: OWNER.password, mode: "token" };
    const { body: tokens } = await first.anonymous.call("POST", "/api/auth/login", { body: login });
    const key = await first.createKey(member);
    const asked = [
      { path: "/api/auth/me", headers: member.headers },
      { path: "/api/auth/me", headers: { authorization: `Bearer ${String(tokens.access_token)}` } },
      { path: "/v1/models", headers: { authorization: `Bearer ${key.secret}` } },
    ];
    const statuses = () =>
      Promise.all(
        asked.map(
          async ({ path, headers }) => (await createClient(otherUrl, headers).call("GET", path)).status,
        ),
      );
    expect(await statuses()).toEqual([200, 200, 200]);
    const status = { active: false, reason: "Left the company" };
    expect((await first.owner.call("PUT", `/api/admin/users/${id}/status`, { body: status })).status).toBe(
      204,
    );
    const refused = async () => expect(await statuses()).toEqual([401, 401, 401]);
    await vi.waitFor(refused, { timeout: 1_000, interval: 10 });
  });

  test("a second process refuses a revoked access token within a second, and its sisters with their session", async () => {
    const login = { ...OWNER, mode: "token" };
    const one = await first.anonymous.call("POST", "/api/auth/login", { body: login });
    const two = await first.anonymous.call("POST", "/api/auth/refresh", {
      body: { refresh_token: one.body.refresh_token },
    });
    const tokens = [one, two].map(({ body }) => String(body.access_token));
    const statuses = () =>
      Promise.all(
        tokens.map(async (token) => {
          const other = createClient(otherUrl, { authorization: `Bearer ${token}` });
          return (await other.call("GET", "/api/auth/me")).status;
        }),
      );
    const become = (wanted: number[]) =>
      vi.waitFor(async () => expect(await statuses()).toEqual(wanted), { timeout: 1_000, interval: 10 });
    expect(await statuses()).toEqual([200, 200]);
    await first.anonymous.call("POST", "/api/auth/revoke", { body: { token: tokens[0] } });
    await become([401, 200]);
    await first.anonymous.call("POST", "/api/auth/revoke", { body: { token: two.body.refresh_token } });
    await become([401, 401]);
  });
});
