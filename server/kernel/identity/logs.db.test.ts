import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../test/harness/app.ts";
import { createClient, type Answer, type Json } from "../../../test/harness/client.ts";
import { OWNER, SETUP_TOKEN } from "../../../test/harness/people.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ env: { LOG_LEVEL: "debug" } });
});
afterAll(() => app.close());

const cookiesOf = ({ headers }: Answer): string[] =>
  headers.getSetCookie().map((line) => line.split(";")[0]?.split("=")[1] ?? "");
const tokenIn = (text: string): string => /#token=([\w-]{43})/.exec(text)?.[1] ?? "";

/** Walks the ways in and gathers every secret that was handed out or shown on them. */
async function walk(): Promise<string[]> {
  const email = "walker@example.com";
  const [first, second] = ["Quiet Harbour 7", "Quiet Harbour 8"];
  const secrets: string[] = [OWNER.password, SETUP_TOKEN, first, second];
  const post = (path: string, body: Json, headers: Record<string, string> = {}) =>
    app.anonymous.call("POST", path, { body, headers });
  const registered = await post("/api/auth/register", { email, password: first, full_name: "Walker" });
  const verification = tokenIn((await app.mailbox(email)).text);
  await post("/api/auth/verify-email", { token: verification, password: first });
  const signedIn = await post("/api/auth/login", { email, password: first });
  const tokens = await post("/api/auth/login", { email, password: first, mode: "token" });
  const bearer = createClient(app.url, { authorization: `Bearer ${String(tokens.body.access_token)}` });
  await bearer.call("GET", "/api/auth/me");
  const refreshed = await post("/api/auth/refresh", { refresh_token: tokens.body.refresh_token });
  await post("/api/auth/password-reset", { email });
  const reset = tokenIn((await app.mailbox(email)).text);
  await post("/api/auth/password-reset/confirm", { token: reset, password: second });
  await post("/api/auth/password-reset/confirm", { token: reset, password: second });
  const key = await app.createKey(app.owner);
  await key.client.call("GET", "/api/balance");
  await createClient(app.url, { authorization: `Bearer ${key.secret}x` }).call("GET", "/api/auth/me");
  const link = await app.owner.call("POST", "/api/auth/sign-in-links");
  secrets.push(verification, reset, key.secret, tokenIn(String(link.body.url)));
  for (const answer of [tokens, refreshed])
    secrets.push(String(answer.body.access_token), String(answer.body.refresh_token));
  secrets.push(String((signedIn.body.session as Json).csrf_token));
  for (const answer of [registered, signedIn]) secrets.push(...cookiesOf(answer));
  return secrets;
}

test("no password, key, token, cookie or link stands in the log, however much is logged", async () => {
  const secrets = await walk();
  for (const secret of secrets) expect(secret.length).toBeGreaterThanOrEqual(10);
  const log = app.lines.join("");
  expect(log).toContain("/api/auth/password-reset/confirm");
  for (const secret of secrets) expect(log).not.toContain(secret);
});
