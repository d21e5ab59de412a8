/** OpenAI's transcriptions on this machine: the same bytes say the same, each is billed as its model is. */
import OpenAI from "openai";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "../../main.ts";

let sandbox: Sandbox;
let client: OpenAI;
beforeAll(async () => {
  sandbox = await startSandbox({ port: 0 });
  const made = await fetch(`${sandbox.url}/_sandbox/worlds/default`);
  const { openai } = (await made.json()) as { openai: { api_key: string; base_url: string } };
  client = new OpenAI({ apiKey: openai.api_key, baseURL: openai.base_url, maxRetries: 0 });
});
afterAll(() => sandbox.close());

/** Eight thousand samples of one byte a second; a comment where told. */
function wav(seconds: number, level: number, comment = ""): File {
  const chunk = (name: string, body: Buffer) => {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(body.length);
    return Buffer.concat([Buffer.from(name), size, body]);
  };
  const format = Buffer.from("01000100401f0000401f000001000800", "hex");
  const said = Buffer.from(`${comment}\0`.padEnd(Math.ceil((comment.length + 1) / 2) * 2, "\0"));
  const info =
    comment === "" ? [] : [chunk("LIST", Buffer.concat([Buffer.from("INFO"), chunk("ICMT", said)]))];
  const parts = [chunk("fmt ", format), ...info, chunk("data", Buffer.alloc(seconds * 8_000, level))];
  const riff = chunk("RIFF", Buffer.concat([Buffer.from("WAVE"), ...parts]));
  return new File([Uint8Array.from(riff)], "a.wav", { type: "audio/wav" });
}
const lastBill = async () => {
  const books = await fetch(`${sandbox.url}/_sandbox/books`);
  const { openai } = (await books.json()) as { openai: { generations: { model: string; cost: string }[] } };
  return openai.generations.at(-1);
};

it("says the same of the same bytes, something else of others, and what a file says of itself", async () => {
  const say = async (file: File) =>
    (await client.audio.transcriptions.create({ file, model: "whisper-1" })).text;
  const one = await say(wav(10, 1));
  expect(one.split(" ")).toHaveLength(25);
  expect(await say(wav(10, 1))).toBe(one);
  expect(await say(wav(10, 2))).not.toBe(one);
  expect(await say(wav(2, 1, "Refund my order please"))).toBe("Refund my order please");
});

it("bills by the second, or by tokens", async () => {
  const spoken = await client.audio.transcriptions.create({ file: wav(7, 1), model: "whisper-1" });
  expect(spoken).toMatchObject({ usage: { type: "duration", seconds: 7 } });
  expect(await lastBill()).toMatchObject({ model: "openai/whisper-1", cost: "0.0007" });
  const { usage } = await client.audio.transcriptions.create({ file: wav(7, 1), model: "gpt-4o-transcribe" });
  const output = usage?.type === "tokens" ? usage.output_tokens : 0;
  expect(usage).toMatchObject({ type: "tokens", input_tokens: 70, output_tokens: expect.any(Number) });
  expect(Number((await lastBill())?.cost)).toBeCloseTo(70 * 0.000006 + output * 0.00001, 12);
});

it.each([
  ["a model of chats", { file: wav(1, 1), model: "gpt-4o" }],
  [
    "segments by tokens",
    { file: wav(1, 1), model: "gpt-4o-transcribe", response_format: "verbose_json" as const },
  ],
  ["another ending", { file: new File(["x"], "a.txt"), model: "whisper-1" }],
  ["no sound", { file: new File(["x"], "a.wav"), model: "whisper-1" }],
])("refuses %s in OpenAI's envelope", async (_, asked) => {
  await expect(client.audio.transcriptions.create(asked)).rejects.toMatchObject({
    status: 400,
    type: "invalid_request_error",
  });
});
