import fc from "fast-check";
import { expect, test } from "vitest";
import { SseReader } from "./sse.ts";

/** All events of a stream that arrives in these pieces. */
function read(pieces: readonly Buffer[]): { data: string; raw: string }[] {
  const reader = new SseReader();
  return pieces
    .flatMap((piece) => reader.push(piece))
    .map(({ data, raw }) => ({ data: data.toString(), raw: raw.toString() }));
}

function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [...new Set(cuts.map((each) => each % (bytes.length + 1)))].toSorted((a, b) => a - b);
  return [0, ...at].map((from, index) => bytes.subarray(from, at[index] ?? bytes.length));
}

const text = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 40 })
  .map((value) => value.replace(/[\r\n]/g, "·"));
const event = fc.record({
  lines: fc.array(text, { minLength: 1, maxLength: 3 }),
  end: fc.constantFrom("\n", "\r\n"),
  space: fc.boolean(),
  comment: fc.boolean(),
});

test("however a stream is cut into pieces, its events are the same", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 30 }), (events, cuts) => {
      const stream = events
        .map(({ lines, end, space, comment }) => {
          const data = lines.map(
            (line) => `data:${space ? " " : ""}${space ? line : line.trimStart() || "x"}${end}`,
          );
          return `${comment ? `: note${end}` : ""}${data.join("")}${end}`;
        })
        .join("");
      const whole = read([Buffer.from(stream)]);
      expect(read(cut(Buffer.from(stream), cuts))).toEqual(whole);
      expect(whole.map(({ raw }) => raw).join("")).toBe(stream);
      expect(whole.map(({ data }) => data)).toEqual(
        events.map(({ lines, space }) =>
          lines.map((line) => (space ? line : line.trimStart() || "x")).join("\n"),
        ),
      );
    }),
  );
});

test("comments and other fields bring no event; a field that only begins like data is none", () => {
  expect(read([Buffer.from(": hello\n\nevent: ping\n\ndatabase: 1\n\nid: 1\ndata: a\n\n")])).toMatchObject([
    { data: "a" },
  ]);
});

test("an event without its blank line counts only when the stream ends", () => {
  const reader = new SseReader();
  expect(reader.push(Buffer.from("data: [DONE]"))).toEqual([]);
  expect(reader.end()?.data.toString()).toBe("[DONE]");
});

test("an event beyond 4 MiB is refused", () => {
  const reader = new SseReader();
  const mebibyte = Buffer.alloc(1024 * 1024, "a");
  for (let i = 0; i < 4; i += 1) reader.push(mebibyte);
  expect(() => reader.push(mebibyte)).toThrow(RangeError);
});
