import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { appCode } from "../../../../test/harness/authenticator.ts";
import { base32, newTotpSecret, stepOf, totpCode, totpLabel } from "./totp.ts";

/** RFC 6238, appendix B: SHA-1, eight digits, the secret of RFC 4226. */
const VECTORS: [seconds: number, code: string][] = [
  [59, "94287082"],
  [1_111_111_109, "07081804"],
  [1_111_111_111, "14050471"],
  [1_234_567_890, "89005924"],
  [2_000_000_000, "69279037"],
  [20_000_000_000, "65353130"],
];
const RFC_SECRET = Buffer.from("12345678901234567890");

test.each(VECTORS)("at %i seconds the code is %s, as RFC 6238 says", (seconds, code) => {
  const at = new Date(seconds * 1000);
  expect(totpCode(RFC_SECRET, at, 8)).toBe(code);
  expect(stepOf(RFC_SECRET, code.slice(-6), at)).toBe(Math.floor(seconds / 30));
});

const SPECS = process.env["SPECS_DIR"] ?? join(import.meta.dirname, "../../../../../shared/specs");
const published = join(SPECS, "test-data/totp/rfc6238.json");

test.runIf(existsSync(published))("the published vectors are these", () => {
  const { vectors } = JSON.parse(readFileSync(published, "utf8")) as {
    vectors: { time: number; algorithm: string; totp: string }[];
  };
  const sha1 = vectors.filter(({ algorithm }) => algorithm === "SHA1");
  expect(sha1.map(({ time, totp }) => [time, totp])).toEqual(VECTORS);
});

test("a code counts in its own step and its neighbours, nowhere else", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 10, max: 2 ** 31 }),
      fc.integer({ min: 0, max: 29_999 }),
      fc.integer({ min: -4, max: 4 }),
      (step, ms, away) => {
        const secret = newTotpSecret();
        const code = totpCode(secret, new Date((step + away) * 30_000));
        const found = stepOf(secret, code, new Date(step * 30_000 + ms));
        if (Math.abs(away) <= 1) expect(found).toBe(step + away);
        else expect(found).toBeNull();
      },
    ),
    // Two steps of one secret share a code once in a million.
    { seed: 6238, numRuns: 200 },
  );
});

test("the label and the picture carry what an app computes its codes from", () => {
  const secret = newTotpSecret();
  const { uri, qrSvg } = totpLabel(secret, { issuer: "Holdfast", account: "ona@example.com" });
  const read = new URL(uri);
  expect(read.protocol + read.host).toBe("otpauth:totp");
  expect(Object.fromEntries(read.searchParams)).toEqual({
    issuer: "Holdfast",
    secret: base32(secret),
    algorithm: "SHA1",
    digits: "6",
    period: "30",
  });
  expect(qrSvg).toMatch(/^<svg[^>]*viewBox/);
  const now = new Date("2026-03-01T00:00:00Z");
  expect(appCode(base32(secret), now)).toBe(totpCode(secret, now));
});
