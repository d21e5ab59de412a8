import fc from "fast-check";
import { expect, test } from "vitest";
import { hashKey, makeKey, matchesKey, parseKey, shownPrefix } from "./api-key.ts";

const peppers = ["first pepper, of at least 32 characters", "second pepper, of at least 32 characters"];

test("a key reads back as it was made and shows its prefix only", () => {
  const key = makeKey("test");
  expect(key.text).toMatch(/^hf_test_[0-9A-Za-z]{61}$/);
  expect(parseKey(key.text)).toEqual(key);
  expect(shownPrefix(key.mode, key.publicId)).toBe(key.text.slice(0, 20));
  expect(makeKey("live").text).toMatch(/^hf_live_/);
});

test("any one changed character is noticed before any query", () => {
  const { text } = makeKey("test");
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.constantFrom(..."0Aaz_9"), (at, letter) => {
      const changed = text.slice(0, at) + letter + text.slice(at + 1);
      expect(parseKey(changed) === null).toBe(changed !== text);
    }),
  );
});

test.each(["", "hf_test_", "sk-123", `hf_test_${"a".repeat(61)}x`, `hf_prod_${"a".repeat(61)}`])(
  "%j is no key",
  (text) => {
    expect(parseKey(text)).toBeNull();
  },
);

test("an older pepper still proves older keys; a withdrawn one proves none", () => {
  const { text } = makeKey("test");
  const stored = hashKey(text, peppers.slice(0, 1));
  expect(stored.pepperVersion).toBe(1);
  expect(matchesKey(text, stored, peppers)).toBe(true);
  expect(matchesKey(makeKey("test").text, stored, peppers)).toBe(false);
  const newer = hashKey(text, peppers);
  expect(newer.pepperVersion).toBe(2);
  expect(newer.hmac.equals(stored.hmac)).toBe(false);
  expect(matchesKey(text, newer, peppers.slice(0, 1))).toBe(false);
});
