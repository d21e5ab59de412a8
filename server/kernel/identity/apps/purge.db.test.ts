import { afterAll, beforeAll, expect, test } from "vitest";
import {
  call,
  setUp,
  startSignInServer,
  type SignInServer,
} from "../../../../test/harness/sign-in-server.ts";
import { APP, AUTHORIZE } from "../../../../test/sweep/app-rows.ts";
import { purge } from "../purge.ts";

const DAY_MS = 86_400_000;
let server: SignInServer;

beforeAll(async () => {
  server = await startSignInServer();
  await setUp(server);
});
afterAll(() => server.close());

test("what nobody decided goes after a day; a code stays as long as what it gave may live", async () => {
  const left = async () => {
    const [row] = await server.asDatabaseOwner<{ codes: number; devices: number }>(
      `select (select count(*)::int from identity.authorization_codes) as codes,
         (select count(*)::int from identity.device_codes) as devices`,
    );
    return row;
  };
  await call(server, "GET", `/api/auth/authorize?${new URLSearchParams(AUTHORIZE)}`);
  await server.asDatabaseOwner("update identity.authorization_codes set code_hash = '\\x01'");
  await call(server, "GET", `/api/auth/authorize?${new URLSearchParams(AUTHORIZE)}`);
  await call(server, "POST", "/api/auth/device/code", { body: { client_id: APP } });
  server.clock.advance(DAY_MS);
  await purge(server);
  expect(await left()).toEqual({ codes: 2, devices: 1 });
  server.clock.advance(1);
  await purge(server);
  expect(await left()).toEqual({ codes: 1, devices: 0 });
  server.clock.advance(90 * DAY_MS);
  await purge(server);
  expect(await left()).toEqual({ codes: 0, devices: 0 });
});
