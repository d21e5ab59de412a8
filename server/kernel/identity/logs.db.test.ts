import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../test/harness/app.ts";
import { startCollector, type Collector } from "../../../test/harness/collector.ts";
import { createClient, type Answer, type Json } from "../../../test/harness/client.ts";
import { OWNER, SETUP_TOKEN } from "../../../test/harness/people.ts";
import { openBrowser } from "../../../test/harness/visitor.ts";

let app: TestApp;
let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
  const tracing = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER_ARG: "1" };
  app = await startTestApp({ env: { LOG_LEVEL: "debug", ...tracing } });
});
afterAll(async () => {
  await app.close();
  await collector.close();
});

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

/** A visit to Google and back, with its state, code and cookie. */
async function visit(): Promise<string[]> {
  const visitor = openBrowser(app.url);
  const back = await visitor.visit("/api/auth/oauth/google", "other", "visitor@acme.test");
  await visitor.comeBack(back);
  return [back.searchParams.get("state"), back.searchParams.get("code"), ...visitor.cookies.values()].filter(
    (secret) => secret !== null,
  );
}

test("no password, key, token, cookie, code or link stands in logs and traces, however much is told", async () => {
  const secrets = [...(await walk()), ...(await visit())];
  for (const secret of secrets) expect(secret.length).toBeGreaterThanOrEqual(10);
  const log = app.lines.join("");
  expect(log).toContain("/api/auth/password-reset/confirm");
  for (const secret of secrets) expect(log).not.toContain(secret);
  const names = () => collector.spans.map(({ name }) => name);
  await expect.poll(names, { timeout: 10_000 }).toContain("GET /api/auth/oauth/:provider/callback");
  expect(names()).toEqual(
    expect.arrayContaining([
      "POST /api/auth/password-reset/confirm",
      "identity_user_by_email",
      "job mail.deliver",
      expect.stringMatching(/^POST 127\.0\.0\.1:\d+$/),
    ]),
  );
  const traces = collector.text();
  for (const secret of secrets) expect(traces).not.toContain(secret);
});

test("a request goes on with the trace of whoever calls, down to its statements, and its line names it", async () => {
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
  const answer = await createClient(app.url, { ...app.owner.headers, traceparent }).call(
    "GET",
    "/api/auth/sessions",
  );
  expect(answer.status).toBe(200);
  const mine = () => collector.spans.filter((span) => span.traceId === traceId);
  await expect.poll(() => mine().length, { timeout: 10_000 }).toBeGreaterThan(1);
  const request = mine().find(({ name }) => name === "GET /api/auth/sessions");
  expect(request).toMatchObject({ parentSpanId: "b7ad6b7169203331" });
  expect(
    mine()
      .filter(({ parentSpanId }) => parentSpanId === request?.spanId)
      .map(({ name }) => name),
  ).toContain("identity_sessions_of_user");
  expect(app.lines.filter((line) => line.includes(`"trace_id":"${traceId}"`))).toHaveLength(1);
});

test("a job goes on in the trace of the request that asked for it", async () => {
  const traceId = "1af7651916cd43dd8448eb211c80319c";
  const traced = createClient(app.url, {
    ...app.owner.headers,
    traceparent: `00-${traceId}-b7ad6b7169203331-01`,
  });
  expect((await traced.call("POST", "/api/audit-log/export")).status).toBe(202);
  const mine = () => collector.spans.filter((span) => span.traceId === traceId);
  await expect.poll(() => mine().map(({ name }) => name)).toContain("job export.audit");
  const request = mine().find(({ name }) => name === "POST /api/audit-log/export");
  expect(mine().find(({ name }) => name === "job export.audit")).toMatchObject({
    parentSpanId: request?.spanId,
  });
});
