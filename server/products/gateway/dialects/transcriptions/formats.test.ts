import { expect, test } from "vitest";
import { inFormat } from "./formats.ts";

const answer = (rest: object) => Buffer.from(JSON.stringify({ text: "one two", ...rest }));

test("stamps carry hours, and are rounded to the millisecond", () => {
  const segments = [{ start: 59.9996, end: 3_725.25, text: " one two " }];
  expect(inFormat("srt", answer({ segments })).toString()).toBe(
    "1\n00:01:00,000 --> 01:02:05,250\none two\n\n",
  );
});

test("without segments the whole is one", () => {
  expect(inFormat("vtt", answer({ duration: 2.5 })).toString()).toBe(
    "WEBVTT\n\n00:00:00.000 --> 00:00:02.500\none two\n\n",
  );
});

test("JSON stays as it came", () => {
  const body = answer({ usage: { type: "duration", seconds: 2 } });
  expect(inFormat("json", body)).toBe(body);
  expect(inFormat("verbose_json", body)).toBe(body);
});
