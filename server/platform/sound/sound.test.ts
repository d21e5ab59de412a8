import { afterAll, expect, test } from "vitest";
import { flac, m4a, mp3, ogg, wav, webm } from "../../../test/harness/sounds.ts";
import { containerOf, createSoundReader } from "./index.ts";

const reader = createSoundReader();
afterAll(() => reader.close());
const read = (bytes: Buffer) => {
  const container = containerOf(bytes);
  return container && reader.durationMs(bytes, container);
};

test.each([
  ["wav", wav],
  ["mp3", mp3],
  ["flac", flac],
  ["m4a", m4a],
  ["ogg", ogg],
  ["webm", webm],
])("%s tells how long it plays", async (extension, make) => {
  for (const seconds of [2, 61]) {
    const bytes = make(seconds);
    expect(containerOf(bytes)?.extension).toBe(extension);
    expect(Math.abs(((await read(bytes)) ?? 0) - seconds * 1_000)).toBeLessThanOrEqual(60);
  }
});

test("a recording without a length does not tell, nor does one that is cut short or no sound at all", async () => {
  expect(await read(webm(null))).toBeNull();
  expect(await read(m4a(3).subarray(0, 20))).toBeNull();
  for (const bytes of [Buffer.from("hello, this is text"), Buffer.from("RIFF1234AVI LIST"), Buffer.alloc(3)])
    expect(containerOf(bytes)).toBeNull();
});
