/** A bill that is not the table's: told from 2 % on, paused beyond 20 %, over at least 20 calls. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../../../test/harness/gateway.ts";
import { OWNER } from "../../../../test/harness/people.ts";
import { wav } from "../../../../test/harness/sounds.ts";
import { soon } from "../../../../test/harness/soon.ts";

let gateway: TestGateway;
beforeAll(async () => {
  // Some seconds between two judgements, not an hour.
  gateway = await startTestGateway({ haste: 1_500 });
});
afterAll(() => gateway.close());

const MODEL = "openai/gpt-4o-mini";
const call = async (model = MODEL, content: unknown = "Say 'hello'", rest: object = {}) => {
  const body = { model, max_tokens: 50, messages: [{ role: "user", content }], ...rest };
  const { status } = await gateway.key.call("POST", "/v1/chat/completions", { body, idempotencyKey: null });
  return status;
};
type Drift = { model: string; state: string; ratio: number; model_paused: boolean };
const drift = async () => {
  const answer = await gateway.app.owner.call<{ data: Drift[] }>("GET", "/api/admin/llm/drifts");
  expect(answer.status, answer.text).toBe(200);
  return answer.body.data.find(({ model }) => model === MODEL);
};
/** Asked of the database: the API limits how often it is asked. */
const judged = (state: string, model = MODEL) =>
  soon(async () => {
    const rows = await gateway.app.sql("select state from gateway.price_drifts where model = $1", [model]);
    expect(rows).toEqual([{ state }]);
  });

test("two of 20 bills twice the table's are told to the operators; the model goes on", async () => {
  await gateway.fault("cost_unlike_table", { params: { times: 2 } }, 2);
  for (let made = 0; made < 19; made += 1) expect(await call()).toBe(200);
  expect(await drift()).toBeUndefined();
  expect(await call()).toBe(200);
  await judged("drifting");
  expect(await drift()).toMatchObject({ ratio: 0.1, model_paused: false });
  expect((await gateway.app.mailbox(OWNER.email)).subject).toBe(
    `openrouter bills another price for ${MODEL}`,
  );
  expect(await gateway.app.app.metrics.text()).toContain(
    'holdfast_gateway_drift_ratio{provider="openrouter"} 0.1',
  );
});

test("bills all twice the table's pause the model, until an operator lets it be called again", async () => {
  await gateway.fault("cost_unlike_table", { params: { times: 2 } }, 20);
  for (let made = 0; made < 20; made += 1) expect(await call()).toBe(200);
  await judged("paused");
  await soon(async () => expect(await call()).toBe(404));
  expect(await drift()).toMatchObject({ ratio: 1, model_paused: true });
  expect((await gateway.app.mailbox(OWNER.email)).subject).toBe(
    `${MODEL} is paused: openrouter bills another price`,
  );
  const { name, image_tokens } = { name: "GPT-4o mini", image_tokens: null };
  const body = { name, image_tokens, paused: false, aliases: [] };
  const path = `/api/admin/llm/models/${MODEL}`;
  const resumed = await gateway.app.owner.call("PUT", path, { body });
  expect(resumed.status, resumed.text).toBe(200);
  expect(await call()).toBe(200);
  expect(await drift()).toMatchObject({ state: "paused", model_paused: false });
});

test("bills of long prompts are compared with the prices of long prompts", async () => {
  for (let made = 0; made < 20; made += 1)
    expect(await call("sandbox/tiered", "boat ".repeat(made < 10 ? 120 : 20))).toBe(200);
  await judged("ok", "sandbox/tiered");
});

const text = { type: "text", text: "Say 'hello'" };
test.each<[string, unknown, object]>([
  [
    "sandbox/seeing",
    [text, { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } }],
    {},
  ],
  [
    "openai/gpt-audio-mini",
    [text, { type: "input_audio", input_audio: { data: wav(1).toString("base64"), format: "wav" } }],
    { modalities: ["text", "audio"], audio: { voice: "alloy", format: "pcm16" } },
  ],
  ["openai/gpt-4o-mini-search-preview", "Say 'hello'", { web_search_options: {} }],
  ["sandbox/per-request", "Say 'hello'", {}],
])("bills of %s are compared with all of its prices", async (model, content, rest) => {
  for (let made = 0; made < 20; made += 1) expect(await call(model, content, rest)).toBe(200);
  await judged("ok", model);
  const [sums] = await gateway.app.sql(
    "select billed_usd = table_usd as same from gateway.price_drifts where model = $1",
    [model],
  );
  expect(sums).toEqual({ same: true });
});
