/** Each fault, before and after the first content, with two who could answer: an answer or an error that the client sees. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { manualClock } from "../../../platform/clock.ts";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";

const clock = manualClock(new Date());
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ llm: ["openai"], clock });
});
afterAll(() => gateway.close());

const call = (rest: Record<string, unknown> = {}) =>
  gateway.key.call("POST", "/v1/chat/completions", {
    body: {
      model: "openai/gpt-4o-mini",
      messages: [{ role: "user", content: "Tell me a story about a lighthouse and a ship, please" }],
      holdfast: { routing: { order: ["openrouter", "openai"] } },
      ...rest,
    },
    idempotencyKey: null,
  });
/** Whatever was open is closed by calls that succeed. */
beforeEach(async () => {
  clock.advance(31_000);
  const only = { holdfast: { routing: { only: ["openrouter"] } } };
  await call(only);
  await call(only);
});

const status = (code: number) => ["status", { params: { status: code } }] as const;
/** Nothing has been said yet: the other one answers. */
const BEFORE: (readonly [string, Record<string, unknown>])[] = [
  status(401),
  status(402),
  status(403),
  status(404),
  status(408),
  status(429),
  status(500),
  status(529),
  ["reset", {}],
  ["html_502", {}],
  ["empty_body", {}],
  ["error_first", {}],
  ["error_after_role", {}],
  ["cut_stream", { params: { after: 0 } }],
  ["broken_json", { params: { after: 0 } }],
];

test.each(BEFORE)(
  "a stream that meets %s %j before its first content is answered elsewhere",
  async (fault, params) => {
    await gateway.fault(fault, params);
    const answer = await call({ stream: true });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.headers.get("x-holdfast-provider")).toBe("openai");
    expect(answer.text.endsWith("data: [DONE]\n\n")).toBe(true);
  },
);

test.each([false, true])(
  "stream %s: a prompt that a moderator refuses is refused everywhere",
  async (stream) => {
    await gateway.fault("moderated");
    const answer = await call({ stream });
    expect([answer.status, answer.body.error]).toMatchObject([400, { code: "provider_refused_request" }]);
    expect(answer.headers.get("x-holdfast-attempts")).toBe("1");
  },
);

test("a field that the one who answers does not take is left out and named", async () => {
  const fields = { top_k: 5, made_up: true, logit_bias: null, provider: { sort: "price" } };
  expect((await call(fields)).headers.get("x-holdfast-dropped")).toBeNull();
  await gateway.fault("status", { params: { status: 500 } });
  const answer = await call(fields);
  expect(answer.status, answer.text).toBe(200);
  expect(answer.headers.get("x-holdfast-provider")).toBe("openai");
  expect(answer.headers.get("x-holdfast-dropped")).toBe("provider, top_k, made_up");
});

/** Something has been said: nobody else may go on, and the client is told. */
test.each(["cut_stream", "error_mid", "broken_json"])(
  "%s after the first content ends in an error event",
  async (fault) => {
    await gateway.fault(fault, { params: { after: 2 } });
    const answer = await call({ stream: true });
    expect(answer.headers.get("x-holdfast-provider")).toBe("openrouter");
    expect(answer.text).toContain('data: {"error":{');
    expect(answer.text).not.toContain("[DONE]");
  },
);

test.each([
  "no_usage",
  "zero_usage",
  "cumulative_usage",
  "doubled_usage",
  "split_utf8",
  "cut_before_usage",
  "big_chunk",
])("%s hides no answer", async (fault) => {
  await gateway.fault(fault);
  const answer = await call({ stream: true });
  expect(answer.headers.get("x-holdfast-provider")).toBe("openrouter");
  expect(answer.text.endsWith("data: [DONE]\n\n")).toBe(true);
});

test("when all fail the client is told so, and nothing is charged", async () => {
  await gateway.fault("status", { params: { status: 500 } });
  await gateway.fault("status", { params: { status: 503 } }, 1, "openai");
  const answer = await call({ stream: true });
  expect([answer.status, answer.body]).toMatchObject([503, { error: { code: "no_provider_available" } }]);
  expect((await gateway.requests()).at(-1)).toMatchObject({ state: "released", cost_micros: "0" });
});
