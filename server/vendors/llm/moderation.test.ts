import { expect, test } from "vitest";
import { isAboutPrompt } from "./moderation.ts";

test.each([
  [true, { error: { code: 403, metadata: { reasons: ["violence"], flagged_input: "…" } } }],
  [true, { error: { code: 403, metadata: { patterns: ["ignore all"] } } }],
  [false, { error: { code: 403, message: "Key limit exceeded" } }],
  [false, { error: { code: 403, metadata: { provider_name: "x" } } }],
  [false, { error: null }],
  [false, null],
])("%s for %j", (about, body) => {
  expect(isAboutPrompt(Buffer.from(JSON.stringify(body)))).toBe(about);
});

test("what is no JSON says nothing of the prompt", () => {
  expect(isAboutPrompt(Buffer.from("<html>reasons</html>"))).toBe(false);
});
