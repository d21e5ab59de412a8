/** Devices without a browser (RFC 8628), as the certified client library sees them. */
import * as oauth from "openid-client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../../test/harness/app.ts";
import { createClient, type Client } from "../../../../test/harness/client.ts";
import { OWNER } from "../../../../test/harness/people.ts";
import { manualClock } from "../../../platform/clock.ts";
import { DEVICE_GRANT } from "./grant.ts";

const clock = manualClock(new Date());
let app: TestApp;
let owner: Client;
let device: oauth.Configuration;

beforeAll(async () => {
  app = await startTestApp({ clock });
  owner = app.owner;
  device = await oauth.discovery(new URL(app.url), "holdfast-vscode", undefined, oauth.None(), {
    algorithm: "oauth2",
    execute: [oauth.allowInsecureRequests],
  });
});
afterAll(() => app.close());

const start = () => oauth.initiateDeviceAuthorization(device, { scope: "gateway.use" });
const poll = (code: string) => oauth.genericGrantRequest(device, DEVICE_GRANT, { device_code: code });
const refusal = (code: string) =>
  poll(code).then(
    () => "let in",
    (error: unknown) => (error as { error: string }).error,
  );
const decide = (user_code: string, approve: boolean, who = owner) =>
  who.call("POST", "/api/auth/device/approve", { body: { user_code, approve } });
const lookUp = (user_code: string, who = owner) =>
  who.call("POST", "/api/auth/device/lookup", { body: { user_code } });

test("a device is let in by the code that its person types, however they type it, and answered once", async () => {
  const { device_code, user_code, ...rest } = await start();
  expect(user_code).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
  expect(rest).toMatchObject({ expires_in: 600, interval: 5, verification_uri: `${app.url}/device` });
  expect(rest.verification_uri_complete).toBeUndefined();
  expect(await refusal(device_code)).toBe("authorization_pending");
  const typed = user_code.toLowerCase().replace("-", " ");
  expect((await lookUp(typed)).body).toMatchObject({
    client: { id: "holdfast-vscode", name: "Holdfast for VS Code" },
    ip: "127.0.0.1",
    scopes: ["gateway.use"],
  });
  expect((await decide(typed, true)).status).toBe(204);
  const tokens = await poll(device_code);
  const asDevice = createClient(app.url, { authorization: `Bearer ${tokens.access_token}` });
  expect((await asDevice.call("GET", "/api/llm/models")).status).toBe(200);
  expect(await refusal(device_code)).toBe("invalid_grant");
  expect((await asDevice.call("GET", "/api/llm/models")).status).toBe(401);
  expect((await decide(user_code, true)).status).toBe(404);
});

test("asking too fast adds five seconds each time", async () => {
  const { device_code: code } = await start();
  expect(await refusal(code)).toBe("authorization_pending");
  clock.advance(4_999);
  expect(await refusal(code)).toBe("slow_down");
  clock.advance(9_999);
  expect(await refusal(code)).toBe("slow_down");
  clock.advance(14_999);
  expect(await refusal(code)).toBe("slow_down");
  clock.advance(20_000);
  expect(await refusal(code)).toBe("authorization_pending");
});

test("a no and a lapse are told apart", async () => {
  const refused = await start();
  expect((await decide(refused.user_code, false)).status).toBe(204);
  expect(await refusal(refused.device_code)).toBe("access_denied");
  const late = await start();
  clock.advance(600_000);
  expect((await lookUp(late.user_code)).status).toBe(404);
  expect(await refusal(late.device_code)).toBe("expired_token");
});

test("ten wrong codes in ten minutes stop a person, not the others; waiting as told suffices", async () => {
  const agent = await app.member("agent");
  const viewer = await app.member("viewer");
  for (let i = 0; i < 10; i += 1) expect((await lookUp("BBBB-BBBB", agent)).status).toBe(404);
  const { user_code } = await start();
  const stopped = await lookUp(user_code, agent);
  expect([stopped.status, stopped.headers.get("retry-after")]).toEqual([429, "600"]);
  expect((await decide(user_code, true, agent)).status).toBe(429);
  expect((await lookUp(user_code, viewer)).status).toBe(200);
  clock.advance(600_000);
  const fresh = await start();
  expect(
    (await lookUp(fresh.user_code, await app.signIn({ ...OWNER, email: "agent@members.example" }))).status,
  ).toBe(200);
});

test("an unknown app, a scope beyond the list and a missing parameter are refused in RFC 6749's words", async () => {
  const ask = async (path: string, body: string) => {
    const answer = await app.anonymous.call("POST", path, {
      body,
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    return [answer.status, answer.body.error];
  };
  const codes = "/api/auth/device/code";
  expect(await ask(codes, "client_id=other")).toEqual([400, "invalid_client"]);
  expect(await ask(codes, "client_id=holdfast-vscode&scope=team.manage")).toEqual([400, "invalid_scope"]);
  expect(await ask(codes, "client_id=a&client_id=b")).toEqual([400, "invalid_request"]);
  expect(await ask("/api/auth/token", "grant_type=password&client_id=holdfast-vscode")).toEqual([
    400,
    "unsupported_grant_type",
  ]);
  expect(await ask("/api/auth/token", "grant_type=refresh_token")).toEqual([400, "invalid_request"]);
  expect(await ask("/api/auth/revoke", "token_type_hint=access_token")).toEqual([400, "invalid_request"]);
});
