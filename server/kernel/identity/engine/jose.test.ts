import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeKeyPair, readPrivateKey, readPublicKey, readToken, signToken } from "./jose.ts";

const SPECS = process.env["SPECS_DIR"] ?? join(import.meta.dirname, "../../../../../shared/specs");
const VECTORS = join(SPECS, "test-data/wycheproof/ed25519_test.json");

type Vectors = {
  testGroups: {
    publicKey: { pk: string };
    tests: { tcId: number; msg: string; sig: string; result: "valid" | "invalid" }[];
  }[];
};
const hex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));

test.skipIf(!existsSync(VECTORS))("published keys accept and refuse Wycheproof's signatures", async () => {
  const { testGroups } = JSON.parse(readFileSync(VECTORS, "utf8")) as Vectors;
  let checked = 0;
  for (const { publicKey, tests } of testGroups) {
    const x = Buffer.from(publicKey.pk, "hex").toString("base64url");
    const key = await readPublicKey({ kty: "OKP", crv: "Ed25519", x });
    for (const { tcId, msg, sig, result } of tests) {
      const valid = await crypto.subtle.verify("Ed25519", key, hex(sig), hex(msg));
      expect([tcId, valid]).toEqual([tcId, result === "valid"]);
      checked += 1;
    }
  }
  expect(checked).toBeGreaterThan(100);
});

test("a token says what was signed, to whom and for whom it was signed, while its time lasts", async () => {
  const { publicKey, privateKey } = await makeKeyPair();
  const text = await signToken(
    { iss: "us", aud: "us", sub: "x", iat: 1_000, exp: 1_900 },
    "k1",
    await readPrivateKey(publicKey, privateKey),
  );
  const key = await readPublicKey(publicKey);
  const read = (seconds: number, change: { issuer?: string; audience?: string; required?: string[] } = {}) =>
    readToken(text, async (kid) => (kid === "k1" ? key : null), {
      issuer: "us",
      audience: "us",
      required: ["sub"],
      now: new Date(seconds * 1000),
      ...change,
    });
  expect(await read(1_000)).toMatchObject({ sub: "x" });
  expect([await read(970), await read(1_929)].every(Boolean)).toBe(true);
  expect([await read(969), await read(1_930)]).toEqual([null, null]);
  expect(await read(1_000, { issuer: "them" })).toBeNull();
  expect(await read(1_000, { audience: "them" })).toBeNull();
  expect(await read(1_000, { required: ["sub", "org"] })).toBeNull();
});
