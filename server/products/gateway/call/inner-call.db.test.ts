/** A call of the gateway's own is held, settled and written down like any other. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startHub, type TestHub } from "../../../../test/harness/hub.ts";
import { startTestGateway, unlimited, type TestGateway } from "../../../../test/harness/gateway.ts";
import { systemClock } from "../../../platform/clock.ts";
import { createSealer } from "../../../platform/crypto/index.ts";
import { createLogger, createMetrics } from "../../../platform/telemetry/index.ts";
import { withTx } from "../../../platform/db/index.ts";
import { complete, createGateway } from "../index.ts";
import type { Spender } from "../limits/bound.ts";
import type { Gateway } from "../settling/state.ts";
import { forgetInner } from "./inner-call.ts";

let whole: TestGateway;
let gateway: Gateway;
let hub: TestHub;
let actor: Spender;
beforeAll(async () => {
  whole = await startTestGateway({ micros: 100_000_000n });
  const { db } = whole;
  hub = startHub(db, db.url);
  const { api_key: apiKey, base_url: baseUrl } = whole.app.credentials.openrouter;
  gateway = await createGateway({
    ...unlimited,
    consoleUrl: "http://localhost",
    db,
    clock: systemClock,
    logger: createLogger("silent"),
    metrics: createMetrics("test"),
    hub,
    bus: hub.bus,
    sealer: createSealer(["a secret of this test alone, long enough"]),
    providers: [{ id: "openrouter", kind: "openrouter", apiKey, baseUrl }],
    holdLeaseSeconds: 90,
    maxOpenCalls: 2,
  });
  const none = { userId: null, keyId: null, rateLimitPerMin: 0 };
  actor = { ...none, orgId: whole.org, mode: "test", credentialId: "ses_inner" };
});
afterAll(async () => {
  await gateway.drain();
  await gateway.close();
  await hub.close();
  await whole.close();
});

const MODEL = "openai/gpt-4o-mini";
const asked = (content: string, rest: object = {}) => ({
  actor,
  model: MODEL,
  messages: [{ role: "user", content }],
  maxOutputTokens: 50,
  purpose: "memory" as const,
  ...rest,
});
const saying = (text: string, rest: object = {}) => complete(gateway, asked(`Say '${text}'`, rest));
const newest = async () => (await whole.requests()).at(-1);

test("it is paid at the provider's bill, and its purpose stands in its record", async () => {
  const { settled_micros: before } = await whole.balance();
  const { text, usage, costMicros, requestId } = await saying("well");
  expect(text).toBe("well");
  expect(usage.outputTokens).toBeGreaterThan(0);
  const row = await newest();
  expect(row).toMatchObject({ id: requestId, state: "settled", outcome: "ok", endpoint: "memory" });
  expect(Number(row?.cost_usd)).toBe(Number((await whole.bill()).at(-1)?.cost));
  expect(await whole.balance()).toMatchObject({
    settled_micros: before - Number(costMicros),
    held_micros: 0,
  });
  const attempts = await whole.app.sql("select outcome from gateway.attempts where request_id = $1", [
    requestId,
  ]);
  expect(attempts).toEqual([{ outcome: "ok" }]);
});

test("a failure is a problem, and costs nothing", async () => {
  const { settled_micros: before } = await whole.balance();
  await whole.fault("empty_body", {}, 1);
  await expect(saying("failed")).rejects.toMatchObject({ kind: { code: "upstream_failed" } });
  expect(await newest()).toMatchObject({ outcome: "upstream_failed", cost_micros: "0" });
  expect(await whole.balance()).toMatchObject({ settled_micros: before, held_micros: 0 });
});

test("under a name it is made once: found again with its maker's note, one at a time, until it is forgotten", async () => {
  const once = { name: "first", note: { read: ["one"] } };
  await whole.settings({ hold: "once" });
  const first = saying("once", { once });
  await whole.until("open upstream", async () => (await whole.heldUpstream()) === 1);
  await expect(saying("once", { once })).rejects.toMatchObject({ kind: { code: "request_in_progress" } });
  await whole.release("once");
  const { requestId, costMicros } = await first;
  const billed = (await whole.bill()).length;
  const again = await saying("something else", { once: { name: "first", note: {} } });
  expect(again).toMatchObject({ text: "once", requestId, costMicros, note: { read: ["one"] } });
  expect((await whole.bill()).length).toBe(billed);
  await withTx(whole.db, whole.org, (tx) => forgetInner(tx, whole.org, "memory", "first"));
  expect((await saying("anew", { once })).text).toBe("anew");
  await whole.fault("empty_body", {}, 1);
  const failing = { once: { name: "second", note: {} } };
  await expect(saying("failed", failing)).rejects.toMatchObject({ kind: { code: "upstream_failed" } });
  expect((await saying("then", failing)).text).toBe("then");
});

test("what binds the actor binds it: models, rates, budgets, credits, and the calls this process may have open", async () => {
  const bounds = { makerId: null, defaults: {}, tpm: null, concurrency: null, budgetMonthlyMicros: null };
  const bound = (rest: object, of: object = {}) => ({
    actor: {
      ...actor,
      keyId: "key_1",
      credentialId: "key_1",
      ...of,
      bounds: { ...bounds, allowedModels: [], budgetDailyMicros: null, ...rest },
    },
  });
  const refused = (rest: object, code: string) =>
    expect(saying("refused", rest)).rejects.toMatchObject({ kind: { code } });
  await refused(bound({ allowedModels: ["openai/gpt-4o"] }), "model_not_found");
  await refused(bound({ budgetDailyMicros: 1n }), "key_budget_exceeded");
  const slow = bound({}, { rateLimitPerMin: 1 });
  await saying("first", slow);
  await refused(slow, "rate_limit_exceeded");
  await refused({ maxOutputTokens: 10_000_000, model: "anthropic/claude-sonnet-5" }, "insufficient_quota");
  await whole.settings({ hold: "inner" });
  const open = [saying("one"), saying("two")];
  await refused({}, "no_provider_available");
  await whole.until("both open upstream", async () => (await whole.heldUpstream()) === 2);
  await whole.release("inner");
  await Promise.all(open);
  const leaving = new AbortController();
  await whole.settings({ hold: "left" });
  const left = saying("left", { signal: leaving.signal });
  await whole.until("open upstream", async () => (await whole.heldUpstream()) === 1);
  leaving.abort();
  await expect(left).rejects.toMatchObject({ kind: { code: "upstream_failed" } });
  expect(await newest()).toMatchObject({ outcome: "disconnected" });
  await whole.release("left");
});
