/** What callers say and what they prove themselves by stands in no log, error, metric or trace, whatever goes wrong. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { CALL_FAULTS } from "../sandbox/core/faults.ts";
import { FAULT_KINDS } from "../sandbox/llm/play/behaviour.ts";
import { manualClock } from "../server/platform/clock.ts";
import { startCollector, type Collector } from "./harness/collector.ts";
import { createClient, type Answer, type Client, type Json } from "./harness/client.ts";
import { startTestGateway, type TestGateway } from "./harness/gateway.ts";
import { soon } from "./harness/soon.ts";
import { wav } from "./harness/sounds.ts";

const CANARY = "kanarie-5b1f";
/** A provider's, which that provider refuses. */
const FOREIGN_KEY = "sk-kanarie-8c2d-0123456789";
const SPEECH = "/v1/audio/transcriptions";
const CHAT = "/api/v1/chat/completions";
const EMBEDDINGS = "/api/v1/embeddings";
const LONG_AGO_MS = 600_000;
/** All but silence in the midst of an answer, which is told of after a minute like any other break. */
const KINDS = [...new Set([...Object.keys(CALL_FAULTS), ...FAULT_KINDS])].filter((kind) => kind !== "stall");

const clock = manualClock(new Date());
let collector: Collector;
let gateway: TestGateway;
let sandbox: Client;
beforeAll(async () => {
  collector = await startCollector();
  const tracing = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER_ARG: "1" };
  gateway = await startTestGateway({
    clock,
    haste: 50,
    llm: ["openai"],
    env: { LOG_LEVEL: "debug", ...tracing },
  });
  sandbox = createClient(gateway.app.sandbox.url);
});
afterAll(async () => {
  await gateway.close();
  await collector.close();
});

const said = `Say '${CANARY}'. tokens=10 gap=0`;
const messages = [{ role: "user", content: said }];
const embedding = "openai/text-embedding-3-small";
/** Each door asks a model of its own, so that none is kept from it by what another met. */
const doors: [path: string, body: Json][] = [
  ["/v1/chat/completions", { model: "openai/gpt-4o-mini", messages }],
  ["/v1/chat/completions", { model: "openai/gpt-4o", messages, stream: true, holdfast: { memory: true } }],
  ["/v1/completions", { model: "openai/gpt-5-mini", prompt: said, stream: true, holdfast: { cache: true } }],
  ["/v1/responses", { model: "deepseek/deepseek-chat-v3.1", input: said, stream: true }],
  ["/v1/messages", { model: "anthropic/claude-haiku-4.5", messages, max_tokens: 50, stream: true }],
  ["/v1/embeddings", { model: embedding, input: said }],
];
/** By one provider alone: another would answer in its stead. */
const call = (path: string, { holdfast = {}, ...body }: Json) =>
  gateway.key.call("POST", path, {
    body: { ...body, holdfast: { ...(holdfast as Json), routing: { only: ["openrouter"] } } },
  });

/** What a caller is told of a failure, whole or within a stream. */
function errorsIn({ status, text }: Answer): string[] {
  if (status >= 400) return [text];
  const pieces = [...text.matchAll(/^data: (\{.*"error":\{.*\})$/gm)].map(
    ([, data]) => JSON.parse(data ?? "") as Json,
  );
  return pieces.flatMap(({ error, response }) => {
    const failure = error ?? (response as Json | undefined)?.["error"];
    return failure ? [JSON.stringify(failure)] : [];
  });
}

let told = 0;
function expectUntold(answers: readonly Answer[]): void {
  const errors = answers.flatMap(errorsIn);
  told += errors.length;
  for (const error of errors) for (const secret of secrets()) expect(error).not.toContain(secret);
}
const secrets = () => [CANARY, FOREIGN_KEY, gateway.secret, gateway.app.credentials.openrouter.api_key];

async function transcribe(model: string): Promise<Answer> {
  const form = new FormData();
  form.append("model", model);
  form.append("prompt", CANARY);
  form.append("file", new File([Uint8Array.from(wav(2))], `${CANARY}.wav`));
  const { authorization = "" } = gateway.key.headers;
  const answer = await fetch(gateway.app.url + SPEECH, {
    method: "POST",
    headers: { authorization },
    body: form,
  });
  const text = await answer.text();
  return { status: answer.status, text, headers: answer.headers, body: JSON.parse(text) as Json };
}

test("speech, a summary and a memory that fail, and what is refused at the door", async () => {
  const { owner } = gateway.app;
  const failing = (kind: string, path: string, company?: "openai") =>
    gateway.fault(kind, { match: { path } }, 1, company);
  await failing("html_502", SPEECH, "openai");
  // No error quotes a model's name either: it may be a prompt in the wrong field.
  const speech = [await transcribe("openai/whisper-1"), await transcribe(CANARY)];
  expect(speech.map(({ status }) => status)).toEqual([502, 404]);

  const turns = Array.from({ length: 12 }, (_, at) => [
    { role: "assistant", content: `${CANARY} ${at} ${"ledger crate ".repeat(300)}` },
    { role: "user", content: `And then, ${CANARY}?` },
  ]).flat();
  await failing("html_502", CHAT);
  const compression = { trigger_percent: 10, target_percent: 5, keep_last: 1 };
  const long = { model: "sandbox/echo", max_tokens: 20, messages: [...messages, ...turns] };
  const shortened = await call("/v1/chat/completions", { ...long, holdfast: { compression } });
  expect(shortened.headers.get("x-holdfast-compression")).not.toBeNull();

  await failing("html_502", CHAT);
  const memory = "/api/llm/memory";
  const made = await owner.call("POST", memory, { body: { text: `My house is called ${CANARY}` } });
  const kept = [
    made,
    await owner.call("GET", `${memory}?q=${CANARY}`),
    await owner.call("GET", `${memory}?limit=${CANARY}`),
    await owner.call("PATCH", `${memory}/${String(made.body.id)}`, {
      body: { text: `My password is ${CANARY}` },
    }),
    await owner.call("POST", "/api/llm/provider-keys", {
      body: { provider: "openrouter", secret: FOREIGN_KEY },
    }),
  ];
  expect(kept.map(({ status }) => status)).toEqual([201, 200, 400, 422, 422]);

  const [, [path]] = doors as [unknown, [string]];
  const refused = [
    await call(path, { model: "sandbox/402", messages }),
    await call(path, { model: "openai/gpt-4o", messages: [{ role: "user", content: [{ type: CANARY }] }] }),
    await call(path, { model: "openai/gpt-4o", messages, holdfast: { memory: { scope: CANARY } } }),
    await gateway.key.call("POST", "/api/llm/quote", {
      body: { path, body: { model: "openai/gpt-4o", messages, max_tokens: CANARY } },
    }),
    await createClient(gateway.app.url, { authorization: `Bearer ${gateway.secret}${CANARY}` }).call(
      "POST",
      path,
      {
        body: { model: "openai/gpt-4o", messages },
      },
    ),
  ];
  for (const { status } of refused) expect(status).toBeGreaterThanOrEqual(400);
  expectUntold([...speech, shortened, ...kept, ...refused]);
});

test.each(KINDS)("%s at every door", async (kind) => {
  const params = { ms: 100, status: 500, tokens_per_second: 1_000, bytes_per_second: 100_000, bytes: 10_000 };
  await gateway.fault(kind, { params }, doors.length);
  await gateway.fault(kind, { params, match: { path: EMBEDDINGS } });
  expectUntold(await Promise.all(doors.map(([path, body]) => call(path, body))));
  await sandbox.call("DELETE", "/_sandbox/faults");
  clock.advance(LONG_AGO_MS);
});

test("nothing of it stands in logs, metrics and traces", async () => {
  const { app } = gateway;
  await soon(async () => {
    // What is to be tried again comes due.
    clock.advance(100);
    expect(await app.sql("select 1 from gateway.memory_heard")).toEqual([]);
  });
  expect(told).toBeGreaterThan(50);
  await soon(() => expect(collector.spans.map(({ name }) => name)).toContain("job gateway.memory_learn"));
  const written = {
    log: app.lines.join(""),
    metrics: await app.app.metrics.text(),
    traces: collector.text(),
  };
  for (const [where, text] of Object.entries(written)) {
    expect(text).toMatch(/chat/);
    for (const secret of secrets()) expect([where, text.includes(secret)]).toEqual([where, false]);
  }
});
