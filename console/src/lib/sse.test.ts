import { expect, it } from "vitest";
import { createSseParser, readSse, type SseMessage } from "./sse.ts";

const TEXT =
  ': OPENROUTER PROCESSING\r\n\r\ndata: {"a":"é"}\n\nevent: error\ndata:one\ndata: two\n\n: cost\n\ndata: [DONE]\n\n';
const EXPECTED: SseMessage[] = [
  { kind: "comment", text: "OPENROUTER PROCESSING" },
  { kind: "event", event: "message", data: '{"a":"é"}' },
  { kind: "event", event: "error", data: "one\ntwo" },
  { kind: "comment", text: "cost" },
  { kind: "event", event: "message", data: "[DONE]" },
];

it("understands comments, CRLF, names and several data lines", () => {
  const seen: SseMessage[] = [];
  createSseParser((message) => seen.push(message))(TEXT);
  expect(seen).toEqual(EXPECTED);
});

it("says the same however the bytes are cut, inside a character too", async () => {
  const bytes = new TextEncoder().encode(TEXT);
  for (let size = 1; size <= 17; size += 1) {
    const seen: SseMessage[] = [];
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.subarray(at, at + size));
        controller.close();
      },
    });
    await readSse(body, (message) => seen.push(message));
    expect(seen).toEqual(EXPECTED);
  }
});

it("keeps an unfinished event to itself", () => {
  const seen: SseMessage[] = [];
  createSseParser((message) => seen.push(message))("data: half\n");
  expect(seen).toEqual([]);
});
