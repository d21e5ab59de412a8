import { afterAll, beforeAll, expect, test } from "vitest";
import {
  call,
  setUp,
  startSignInServer,
  type SignInServer,
} from "../../../../test/harness/sign-in-server.ts";

let server: SignInServer;

beforeAll(async () => {
  server = await startSignInServer({ AUTH_LIMITS: "on" });
  await setUp(server);
});
afterAll(() => server.close());

const login = (email: string, ip: string) =>
  call(server, "POST", "/api/auth/login", { body: { email, password: "Wrong Horse 1" }, ip });

test("429 for the sixth try from one network, with a Retry-After that suffices", async () => {
  for (let i = 0; i < 5; i += 1) expect((await login(`a${i}@example.com`, "203.0.113.1")).status).toBe(401);
  const refused = await login("a9@example.com", "203.0.113.1");
  expect(refused.body).toMatchObject({ status: 429, code: "rate_limited" });
  expect(refused.headers["ratelimit-policy"]).toBe('"sign-in";q=5;w=60, "sign-in-300s";q=10;w=300');
  expect(refused.headers.ratelimit).toBe('"sign-in";r=0;t=60');
  server.clock.advance(Number(refused.headers["retry-after"]) * 1000);
  expect((await login("a9@example.com", "203.0.113.1")).status).toBe(401);
});

test("429 for the sixth try at one address from anywhere, in any letter case", async () => {
  for (let i = 0; i < 5; i += 1)
    expect((await login("b@example.com", `203.0.113.${10 + i}`)).status).toBe(401);
  expect((await login("B@Example.com", "203.0.113.99")).status).toBe(429);
});

test("an IPv6 /64 counts as one", async () => {
  for (let i = 0; i < 5; i += 1) await login(`c${i}@example.com`, `2001:db8::${i}`);
  expect((await login("c9@example.com", "2001:db8::ffff")).status).toBe(429);
  expect((await login("c9@example.com", "2001:db8:0:1::1")).status).toBe(401);
});

test("set-up and links have tries of their own", async () => {
  const redeem = () =>
    call(server, "POST", "/api/auth/sign-in-links/redeem", { body: { token: "x" }, ip: "203.0.113.1" });
  for (let i = 0; i < 5; i += 1) expect((await redeem()).status).toBe(410);
  expect((await redeem()).status).toBe(429);
});
