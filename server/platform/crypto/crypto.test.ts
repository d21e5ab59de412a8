import { expect, test } from "vitest";
import { checksum, hashPassword, hashToken, newToken, safeEqual, verifyPassword } from "./index.ts";

test("a password verifies against its own hash only", async () => {
  const stored = await hashPassword("Correct Horse 1");
  expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await verifyPassword(stored, "Correct Horse 1")).toBe(true);
  expect(await verifyPassword(stored, "correct horse 1")).toBe(false);
  expect(await verifyPassword(null, "Correct Horse 1")).toBe(false);
});

test("the same letters in another Unicode form are the same password", async () => {
  expect(await verifyPassword(await hashPassword("Pässwort1"), "Pässwort1")).toBe(true);
});

test("more than one per core and 64 waiting is refused", async () => {
  const all = await Promise.allSettled(Array.from({ length: 80 }, () => verifyPassword(null, "x")));
  const refused = all.filter(({ status }) => status === "rejected");
  expect(refused.length).toBeGreaterThan(0);
  expect(refused.length).toBeLessThan(16);
});

test("an unreadable hash is a fault, not a wrong password", async () => {
  await expect(verifyPassword("plain", "plain")).rejects.toThrow("unreadable");
});

test("tokens are base62, hashed with SHA-256, compared in constant time", () => {
  expect(newToken()).toMatch(/^[0-9A-Za-z]{43}$/);
  expect(hashToken("a").toString("hex")).toMatch(/^ca978112/);
  expect(safeEqual("abc", "abc")).toBe(true);
  expect(safeEqual("abc", "abd")).toBe(false);
  expect(safeEqual("abc", "ab")).toBe(false);
});

test("one changed character changes the checksum", () => {
  const sum = checksum("hf_test_abcdefghijkl");
  expect(sum).toMatch(/^[0-9A-Za-z]{6}$/);
  expect(checksum("hf_test_abcdefghijkm")).not.toBe(sum);
});
