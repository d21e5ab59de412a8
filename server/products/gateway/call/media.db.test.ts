/** Sound and images in chats: held at the model's most, charged as the provider counts them, to the micro-credit. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Receipt } from "../receipts/receipt.ts";
import { startTestGateway, type ModelCompany, type TestGateway } from "../../../../test/harness/gateway.ts";
import { costsItsBill as paidAsBilled, lastSettled } from "../../../../test/harness/settled.ts";
import { mp3, wav } from "../../../../test/harness/sounds.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ llm: ["openai", "anthropic"] });
});
afterAll(() => gateway.close());

const AUDIO = "openai/gpt-audio-mini";
const CHAT = "/v1/chat/completions";
const post = (path: string, body: object) =>
  gateway.key.call<Record<string, unknown>>("POST", path, { body, idempotencyKey: null });
const only = (company: ModelCompany) => ({ holdfast: { routing: { only: [company] } } });
const heard = (bytes: Buffer, format: string) => [
  {
    role: "user",
    content: [
      { type: "text", text: "Say 'hello'" },
      { type: "input_audio", input_audio: { data: bytes.toString("base64"), format } },
    ],
  },
];
const ALOUD = { modalities: ["text", "audio"], audio: { voice: "alloy", format: "pcm16" } };

const settled = () => lastSettled(gateway);
const costsItsBill = (company: ModelCompany) => paidAsBilled(gateway, company);
const linesOf = ({ lines }: Receipt, names: readonly string[]) =>
  lines.filter(({ line }) => names.includes(line)).map(({ line, quantity }) => [line, quantity]);

test.each([
  ["openai", false],
  ["openai", true],
  ["openrouter", false],
  ["openrouter", true],
] as const)("%s, stream %s: what is heard and said is priced as sound", async (company, stream) => {
  const answer = await post(CHAT, {
    model: AUDIO,
    max_tokens: 200,
    stream,
    messages: heard(wav(3), "wav"),
    ...ALOUD,
    ...only(company),
  });
  expect(answer.status, answer.text).toBe(200);
  expect(answer.text).toContain('"transcript":');
  const { row, receipt } = await costsItsBill(company);
  expect(row).toMatchObject({ basis: "reported", audio_in_tokens: "30" });
  const said = Number(row["audio_out_tokens"]);
  expect(said).toBeGreaterThan(0);
  expect(Number(row["output_tokens"])).toBe((said / 6) * 7);
  expect(linesOf(receipt, ["audio_in", "audio_out"])).toEqual([
    ["audio_in", 30],
    ["audio_out", said],
  ]);
});

test("only text is asked for: only what is heard is sound", async () => {
  const answer = await post(CHAT, {
    model: AUDIO,
    max_tokens: 20,
    messages: heard(mp3(2), "mp3"),
    ...only("openai"),
  });
  expect(answer.status, answer.text).toBe(200);
  const { row } = await costsItsBill("openai");
  expect(row).toMatchObject({ audio_out_tokens: "0" });
  expect(Number(row["audio_in_tokens"])).toBeGreaterThan(15);
});

test.each([false, true])("stream %s: where nobody tells usage it is as long as it plays", async (stream) => {
  await gateway.fault("no_usage", {}, 1, "openai");
  const messages = heard(wav(2.5), "wav");
  const answer = await post(CHAT, {
    model: AUDIO,
    max_tokens: 200,
    stream,
    messages,
    ...ALOUD,
    ...only("openai"),
  });
  expect(answer.status, answer.text).toBe(200);
  const { row } = await settled();
  expect(row).toMatchObject({ basis: "estimated", audio_in_tokens: "25" });
  const bill = Number((await gateway.bill("openai")).at(-1)?.cost);
  expect(Number(row["cost_usd"])).toBeLessThanOrEqual(bill);
  expect(Number(row["cost_usd"])).toBeGreaterThan(bill * 0.9);
});

test("a report of nothing is honoured", async () => {
  await gateway.fault("zero_usage", {}, 1, "openai");
  const messages = heard(wav(1), "wav");
  expect(
    (await post(CHAT, { model: AUDIO, max_tokens: 50, messages, ...ALOUD, ...only("openai") })).status,
  ).toBe(200);
  expect((await settled()).row).toMatchObject({
    basis: "estimated",
    cost_micros: "0",
    audio_in_tokens: "0",
    audio_out_tokens: "0",
  });
});

test.each([
  ["sound to a model without a price for it", { messages: heard(wav(1), "wav") }, "unpriced_feature"],
  ["a spoken answer of such a model", { ...ALOUD }, "unpriced_feature"],
  ["an image as answer", { model: AUDIO, modalities: ["text", "audio", "image"] }, "unpriced_feature"],
  ["a spoken answer without a voice", { model: AUDIO, modalities: ["audio"] }, "invalid_input"],
  [
    "a part without data",
    { model: AUDIO, messages: [{ role: "user", content: [{ type: "input_audio" }] }] },
    "invalid_input",
  ],
])("%s is refused before anybody is asked", async (_name, change, code) => {
  const before = (await gateway.requests()).length;
  const answer = await post(CHAT, {
    model: "openai/gpt-4o-mini",
    max_tokens: 5,
    messages: [{ role: "user", content: "Hello" }],
    ...change,
  });
  expect([answer.status, answer.text]).toEqual([400, expect.stringContaining(code)]);
  expect(await gateway.requests()).toHaveLength(before);
});

const IMAGE = "data:image/png;base64,iVBORw0KGgo=";
const ASKED = {
  chat: [
    CHAT,
    {
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "Say 'hello'" },
            ...twice({ type: "image_url", image_url: { url: IMAGE } }),
          ],
        },
      ],
      max_tokens: 50,
    },
  ],
  responses: [
    "/v1/responses",
    {
      input: [
        {
          role: "user",
          content: [
            { type: "input_text", text: "Say 'hello'" },
            ...twice({ type: "input_image", image_url: IMAGE }),
          ],
        },
      ],
      max_output_tokens: 50,
    },
  ],
  messages: [
    "/v1/messages",
    {
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "Say 'hello'" },
            ...twice({
              type: "image",
              source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" },
            }),
          ],
        },
      ],
      max_tokens: 50,
    },
  ],
} as const;
function twice<T>(part: T): T[] {
  return [part, part];
}

test.each(
  (["chat", "responses", "messages"] as const).flatMap((dialect) =>
    (["openai", "openrouter"] as const).flatMap((company) =>
      [false, true].map((stream) => [dialect, company, stream] as const),
    ),
  ),
)(
  "%s at %s, stream %s: images are priced each, and their tokens as such",
  async (dialect, company, stream) => {
    const [path, body] = ASKED[dialect];
    const answer = await post(path, { model: "sandbox/seeing", stream, ...body, ...only(company) });
    expect(answer.status, answer.text).toBe(200);
    const { row, receipt } = await costsItsBill(company);
    expect(row).toMatchObject({ images: "2", image_tokens: "170", basis: "reported" });
    expect(linesOf(receipt, ["image", "image_token"])).toEqual([
      ["image_token", 170],
      ["image", 2],
    ]);
  },
);

test("where nobody tells usage the images that were sent are paid", async () => {
  await gateway.fault("no_usage", {}, 1, "openai");
  const [path, body] = ASKED.chat;
  expect((await post(path, { model: "sandbox/seeing", ...body, ...only("openai") })).status).toBe(200);
  const { row, receipt } = await settled();
  expect(row).toMatchObject({ basis: "estimated", images: "2" });
  expect(linesOf(receipt, ["image"])).toEqual([["image", 2]]);
  expect(Number(row["cost_usd"])).toBeLessThanOrEqual(Number((await gateway.bill("openai")).at(-1)?.cost));
});
