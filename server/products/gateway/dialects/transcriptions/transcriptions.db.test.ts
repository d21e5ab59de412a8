/** Sound that is written down: what is told, what it costs, what is refused before anything is held. */
import OpenAI from "openai";
import { OpenAI as OpenAI6 } from "../../../../../test/earlier-sdks/index.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Json } from "../../../../../test/harness/client.ts";
import { startTestGateway, type TestGateway } from "../../../../../test/harness/gateway.ts";
import { flac, m4a, mp3, ogg, wav, webm } from "../../../../../test/harness/sounds.ts";
import { faultsOf, type Receipt } from "../../receipts/receipt.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ llm: ["openai"] });
});
afterAll(() => gateway.close());

const WHISPER = "openai/whisper-1";
const BY_TOKENS = "openai/gpt-4o-mini-transcribe";
const PATH = "/v1/audio/transcriptions";
/** USD 0.0001 a second. */
const MICROS_PER_SECOND = 10_000;
const fileOf = (bytes: Buffer, name = "private name.bin") => new File([Uint8Array.from(bytes)], name);
const sdk = (base: string) =>
  new OpenAI({ baseURL: `${gateway.app.url}${base}`, apiKey: gateway.secret, maxRetries: 0 });

async function post(
  bytes: Buffer | null,
  fields: Record<string, string> = {},
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: Headers; text: string; body: Json }> {
  const form = new FormData();
  for (const [name, value] of Object.entries({ model: WHISPER, ...fields })) form.append(name, value);
  if (bytes) form.append("file", fileOf(bytes));
  const answer = await fetch(gateway.app.url + PATH, {
    method: "POST",
    headers: { authorization: `Bearer ${gateway.secret}`, ...headers },
    body: form,
  });
  const text = await answer.text();
  const isJson = answer.headers.get("content-type")?.includes("json");
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    body: isJson ? (JSON.parse(text) as Json) : {},
  };
}
const last = async () => (await gateway.requests()).at(-1);
const bill = async () => (await gateway.bill("openai")).at(-1);

test.each([
  ["wav", wav(3)],
  ["mp3", mp3(4)],
  ["flac", flac(5)],
  ["m4a", m4a(6)],
  ["ogg", ogg(7)],
  ["webm", webm(8)],
])(
  "OpenAI's client is told what is in %s by base URL alone, at the provider's bill",
  async (extension, bytes) => {
    const file = fileOf(bytes, `speech.${extension}`);
    const text: string[] = [];
    for (const base of ["/v1", "/api/llm"]) {
      const answer = await sdk(base).audio.transcriptions.create({ file, model: WHISPER });
      text.push(answer.text);
      expect(await last()).toMatchObject({
        endpoint: "audio/transcriptions",
        state: "settled",
        basis: "reported",
      });
      expect(Number((await last())?.cost_usd)).toBe(Number((await bill())?.cost));
    }
    expect(text[0]).toMatch(/^\w+( \w+)+$/);
    expect(text[1]).toBe(text[0]);
  },
);

test("a receipt and the usage tell the seconds that were paid", async () => {
  const answer = await post(wav(10));
  expect(answer.status, answer.text).toBe(200);
  expect(Number(answer.headers.get("x-holdfast-held-micros"))).toBe(10 * MICROS_PER_SECOND);
  expect(Number(answer.headers.get("x-holdfast-cost-micros"))).toBe(10 * MICROS_PER_SECOND);
  expect(answer.body).toMatchObject({ usage: { type: "duration", seconds: 10 } });
  const { owner } = gateway.app;
  const id = answer.headers.get("x-request-id");
  const { receipt } = (await owner.call<{ receipt: Receipt }>("GET", `/api/llm/receipts/${id}`)).body;
  expect(receipt).toMatchObject({
    endpoint: "audio/transcriptions",
    cost_from: "table",
    lines: [{ line: "audio_second", quantity: 10_000, price_usd: "0.0001", amount_usd: "0.001" }],
  });
  expect(faultsOf(receipt)).toEqual([]);
  const usage = await owner.call<{ data: { group: Json; audio_ms: number; cost_micros: number }[] }>(
    "GET",
    "/api/tokens/usage?group_by=endpoint",
  );
  const [sum] = usage.body.data;
  expect(sum?.group).toEqual({ endpoint: "audio/transcriptions" });
  expect((sum?.audio_ms ?? 0) / 1_000).toBe((sum?.cost_micros ?? 0) / MICROS_PER_SECOND);
  const models = await gateway.key.call<{ data: { id: string }[] }>("GET", "/v1/models");
  expect(models.body.data.find((each) => each.id === WHISPER)).toMatchObject({
    task: "transcription",
    pricing: { audio_second: "0.0001" },
  });
});

test("a model that is paid by tokens costs its bill, within what was held", async () => {
  const client = new OpenAI6({ baseURL: `${gateway.app.url}/v1`, apiKey: gateway.secret, maxRetries: 0 });
  const answer = await client.audio.transcriptions.create({
    file: fileOf(wav(30), "a.wav"),
    model: BY_TOKENS,
  });
  expect(answer.usage).toMatchObject({ type: "tokens", input_tokens: 300 });
  const row = await last();
  expect(Number(row?.cost_usd)).toBe(Number((await bill())?.cost));
  expect(row).toMatchObject({ basis: "reported", input_tokens: "300", audio_ms: "0" });
  expect(Number(row?.cost_micros)).toBeLessThanOrEqual(Number((row as unknown as Json)["held_micros"]));
});

test("text, subtitles and segments say the same words, each in its own type", async () => {
  const bytes = wav(12);
  const file = fileOf(bytes, "a.wav");
  const { text } = await sdk("/v1").audio.transcriptions.create({ file, model: WHISPER });
  const verbose = await sdk("/v1").audio.transcriptions.create({
    file,
    model: WHISPER,
    response_format: "verbose_json",
    timestamp_granularities: ["segment"],
  });
  expect(verbose).toMatchObject({ text, duration: 12 });
  const said = verbose.segments?.map((segment) => segment.text.trim()) ?? [];
  expect(said.join(" ")).toBe(text);
  expect(
    await sdk("/v1").audio.transcriptions.create({ file, model: WHISPER, response_format: "text" }),
  ).toBe(`${text}\n`);
  const srt = await post(bytes, { response_format: "srt" });
  expect(srt.text).toBe(
    `1\n00:00:00,000 --> 00:00:05,000\n${said[0]}\n\n2\n00:00:05,000 --> 00:00:10,000\n${said[1]}\n\n3\n00:00:10,000 --> 00:00:12,000\n${said[2]}\n\n`,
  );
  const vtt = await post(bytes, { response_format: "vtt" });
  expect(vtt.text.startsWith(`WEBVTT\n\n00:00:00.000 --> 00:00:05.000\n${said[0]}\n\n`)).toBe(true);
  expect([srt, vtt].map(({ headers }) => headers.get("content-type"))).toEqual([
    "text/plain; charset=utf-8",
    "text/vtt; charset=utf-8",
  ]);
});

test("a recording that does not tell its length is held at two minutes and costs what it was", async () => {
  const answer = await post(webm(null));
  expect(answer.status, answer.text).toBe(200);
  expect(Number(answer.headers.get("x-holdfast-held-micros"))).toBe(120 * MICROS_PER_SECOND);
  expect(Number(answer.headers.get("x-holdfast-cost-micros"))).toBe(3 * MICROS_PER_SECOND);
});

test.each<[string, Buffer | null, Record<string, string>, string]>([
  ["no file", null, {}, "file"],
  ["a text", Buffer.from("this is a text, no sound"), {}, "file"],
  ["too short", wav(0.4), {}, "file"],
  ["too long", wav(121), {}, "file"],
  ["a stream", wav(1), { stream: "true" }, "stream"],
  ["an unknown form", wav(1), { response_format: "xml" }, "response_format"],
  ["a temperature", wav(1), { temperature: "2" }, "temperature"],
  ["a language", wav(1), { language: "Klingon" }, "language"],
  ["words in plain JSON", wav(1), { "timestamp_granularities[]": "word" }, "timestamp_granularities"],
  ["subtitles by tokens", wav(1), { model: BY_TOKENS, response_format: "srt" }, "response_format"],
  ["a prompt by tokens", wav(1), { model: BY_TOKENS, prompt: "Holdfast" }, "prompt"],
])("400 for %s, before anything is held", async (_, bytes, fields, param) => {
  const before = await gateway.requests();
  const answer = await post(bytes, fields);
  expect([answer.status, answer.body], answer.text).toMatchObject([400, { error: { param } }]);
  expect(await gateway.requests()).toHaveLength(before.length);
});

test("another task's model, a larger file, no form and no credits are refused as such", async () => {
  const before = await gateway.requests();
  expect((await post(wav(1), { model: "openai/gpt-4o-mini" })).body).toMatchObject({
    error: { code: "wrong_endpoint" },
  });
  const body = { model: WHISPER, messages: [{ role: "user", content: "Hello" }] };
  const chat = await gateway.key.call("POST", "/v1/chat/completions", { body, idempotencyKey: null });
  expect(chat.body).toMatchObject({ error: { code: "wrong_endpoint" } });
  const large = Buffer.alloc(25 * 1024 * 1024 + 1);
  wav(1).copy(large);
  expect((await post(large)).status).toBe(413);
  expect((await gateway.key.call("POST", PATH, { body, idempotencyKey: null })).status).toBe(415);
  expect(await gateway.requests()).toHaveLength(before.length);
});

test("a failure costs nothing, an answer without usage what its length says", async () => {
  const path = { match: { path: PATH } };
  await gateway.fault("status", { ...path, params: { status: 500 } }, 1, "openai");
  expect((await post(wav(2, 1))).status).toBe(502);
  expect(await last()).toMatchObject({ state: "released", cost_micros: "0" });
  await gateway.fault("broken_json", path, 1, "openai");
  expect((await post(wav(2, 2))).status).toBe(502);
  await gateway.fault("no_usage", path, 1, "openai");
  const answer = await post(wav(9, 3));
  expect([answer.status, answer.headers.get("x-holdfast-cost-basis")]).toEqual([200, "estimated"]);
  expect(Number(answer.headers.get("x-holdfast-cost-micros"))).toBe(9 * MICROS_PER_SECOND);
});

test("under a key it is written down once, and the same again in its own type; nothing of it is logged or kept open", async () => {
  const headers = { "idempotency-key": "sound-1" };
  const first = await post(wav(4, 7), { response_format: "text" }, headers);
  const again = await post(wav(4, 7), { response_format: "text" }, headers);
  expect(again.text).toBe(first.text);
  expect(again.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect(again.headers.get("idempotency-replayed")).toBe("true");
  expect((await post(wav(4, 8), { response_format: "text" }, headers)).body).toMatchObject({
    error: { code: "idempotency_mismatch" },
  });
  const cached = { "x-holdfast-cache": "org" };
  expect((await post(wav(4, 9), {}, cached)).headers.get("x-holdfast-cache")).toBe("miss");
  expect((await post(wav(4, 9), {}, cached)).headers.get("x-holdfast-cache")).toBe("hit");
  expect((await post(wav(4, 10), {}, cached)).headers.get("x-holdfast-cache")).toBe("miss");
  const logged = gateway.app.lines.join("\n");
  expect(logged).toContain(PATH);
  for (const secret of ["private name", first.text.trim()]) expect(logged).not.toContain(secret);
});
