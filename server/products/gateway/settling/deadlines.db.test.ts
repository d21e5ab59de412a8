/** Silent and slow providers: with deadlines shortened, on a gateway of its own beside the whole server's. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, unlimited, type TestGateway } from "../../../../test/harness/gateway.ts";
import { systemClock } from "../../../platform/clock.ts";
import { createHttp, type Http } from "../../../platform/http/index.ts";
import { createLimiter } from "../../../platform/rate-limit/index.ts";
import { startHub, type TestHub } from "../../../../test/harness/hub.ts";
import { createLogger, createMetrics } from "../../../platform/telemetry/index.ts";
import { createSealer } from "../../../platform/crypto/index.ts";
import { createGateway } from "../gateway.ts";
import { gatewayRoutes } from "../routes.ts";
import type { Gateway } from "./state.ts";

let whole: TestGateway;
let gateway: Gateway;
let http: Http;
let hub: TestHub;
let url: string;

beforeAll(async () => {
  whole = await startTestGateway();
  const { db } = whole;
  const logger = createLogger("silent");
  const metrics = createMetrics("test");
  hub = startHub(db, db.url);
  const { api_key: apiKey, base_url: baseUrl } = whole.app.credentials.openrouter;
  const shared = { db, clock: systemClock, logger, metrics };
  gateway = await createGateway({
    consoleUrl: "http://localhost",
    ...shared,
    hub,
    ...unlimited,
    bus: hub.bus,
    sealer: createSealer(["a secret of this test alone, long enough"]),
    providers: [{ id: "openrouter", kind: "openrouter", apiKey, baseUrl }],
    holdLeaseSeconds: 90,
    maxOpenCalls: 3,
    timeouts: { firstContent: 1_500, json: 1_500, stall: 1_000, comment: 300, usage: 300 },
  });
  http = await createHttp({
    ...shared,
    limiter: createLimiter(),
    authenticate: async () => ({
      kind: "session",
      credentialId: "ses_1",
      userId: null,
      keyId: null,
      orgId: whole.org,
      role: "owner",
      operator: false,
      permissions: new Set(["gateway.use"]),
      scopes: null,
      mode: "test",
      rateLimitPerMin: 0,
      provenAt: null,
      suspended: false,
      mfaDue: false,
    }),
    version: "test",
    baseUrl: "http://127.0.0.1",
    trustedProxies: [],
    pagesDir: null,
  });
  gatewayRoutes(http, gateway, async () => undefined);
  url = await http.app.listen({ port: 0, host: "127.0.0.1" });
});
afterAll(async () => {
  await gateway.drain();
  await http.app.close();
  await hub.close();
  await gateway.close();
  await whole.close();
});

const body = (model: string, stream: boolean, content = "tokens=40") =>
  JSON.stringify({ model, stream, messages: [{ role: "user", content }] });
const post = (text: string) =>
  fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: text,
  });
const quiet = () => whole.until("nothing held", async () => (await whole.balance()).held_count === 0, 20_000);

test("JSON that does not come in time is 504, and nothing stays held", async () => {
  const answer = await post(body("sandbox/slow", false));
  expect([answer.status, await answer.json()]).toMatchObject([504, { error: { code: "upstream_timeout" } }]);
  await quiet();
});

test("a caller who waits for content gets the status and comments, then an error in the stream", async () => {
  const answer = await post(body("sandbox/hold", true));
  expect(answer.status).toBe(200);
  const text = await answer.text();
  expect(text).toMatch(/^(: working\n\n)+data: \{"error":\{.*"code":"upstream_timeout"\}\}\n\n$/);
  await whole.release("sandbox/hold");
  await quiet();
});

test("a stream that goes silent ends with an error after its last content", async () => {
  const text = await (await post(body("sandbox/stall", true))).text();
  expect(text).toContain('"content"');
  expect(text).toMatch(/data: \{"error":\{.*"code":"upstream_timeout"\}\}\n\n$/);
  expect(text).not.toContain("[DONE]");
  await quiet();
});

test("calls beyond what may be open at the provider are 503 at once", async () => {
  await whole.settings({ hold: "full" });
  const open = [1, 2, 3].map(() => post(body("openai/gpt-4o-mini", true)));
  await whole.until("three open", async () => (await whole.heldUpstream()) === 3);
  const answer = await post(body("openai/gpt-4o-mini", true));
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
  await whole.release("full");
  for (const call of open) await (await call).text();
  await whole.settings({ hold: null });
});

test("a drain waits for the call under way and its settlement", async () => {
  await whole.settings({ hold: "drain" });
  const call = post(body("openai/gpt-4o-mini", true));
  await whole.until("open", async () => (await whole.heldUpstream()) === 1);
  let drained = false;
  const done = gateway.drain().then(() => (drained = true));
  expect(drained).toBe(false);
  await whole.release("drain");
  expect(await (await call).text()).toContain("[DONE]");
  await done;
  expect(gateway.calls.size).toBe(0);
  expect((await whole.balance()).held_count).toBe(0);
});
