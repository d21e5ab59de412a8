import { afterAll, beforeAll, expect, test } from "vitest";
import { setUp, signIn, startSignInServer, type SignInServer } from "../../../test/harness/sign-in-server.ts";
import { purge } from "./purge.ts";

const DAY_MS = 86_400_000;
let server: SignInServer;

beforeAll(async () => {
  server = await startSignInServer();
  await setUp(server);
});
afterAll(() => server.close());

test("sessions go 30 days after their end and links after 7, in bounded batches; younger ones stay", async () => {
  await (await signIn(server)).call("POST", "/api/auth/sign-in-links");
  const left = async () => {
    const [row] = await server.asDatabaseOwner<{ sessions: number; links: number }>(
      `select (select count(*)::int from identity.sessions) as sessions,
         (select count(*)::int from identity.one_time_tokens) as links`,
    );
    return row;
  };
  server.clock.advance(6 * DAY_MS);
  expect(await purge(server)).toBe(false);
  expect(await left()).toEqual({ sessions: 1, links: 1 });
  server.clock.advance(2 * DAY_MS);
  await purge(server);
  expect(await left()).toEqual({ sessions: 1, links: 0 });
  await server.asDatabaseOwner(
    `insert into identity.sessions (id, user_id, org_id, token_hash, csrf_token, device, ip_masked, created_at,
       last_seen_at, expires_at, proven_at)
     select id || n, user_id, org_id, int4send(n), csrf_token, device, ip_masked, created_at, last_seen_at, expires_at,
       proven_at
     from identity.sessions, generate_series(1, 1000) n`,
  );
  server.clock.advance(24 * DAY_MS);
  await signIn(server);
  expect(await purge(server)).toBe(true);
  expect(await purge(server)).toBe(false);
  expect(await left()).toEqual({ sessions: 1, links: 0 });
});

test("visits to other companies that never came back go when their ten minutes are over", async () => {
  const left = async () =>
    (await server.asDatabaseOwner("select 1 as one from identity.oauth_states")).length;
  await server.asDatabaseOwner(
    `insert into identity.oauth_states (state_hash, browser_hash, provider, purpose, return_to, expires_at)
     values ('\\x01', '\\x02', 'google', 'sign_in', '/', $1)`,
    [new Date(server.clock.now().getTime() + 600_000)],
  );
  await purge(server);
  expect(await left()).toBe(1);
  server.clock.advance(600_001);
  await purge(server);
  expect(await left()).toBe(0);
});
