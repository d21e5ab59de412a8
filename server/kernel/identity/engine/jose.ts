/** Signed tokens (JWS, EdDSA). The only file that imports jose. */
import {
  exportJWK,
  generateKeyPair,
  importJWK,
  jwtVerify,
  SignJWT,
  type CryptoKey,
  type JWTPayload,
} from "jose";
import { JOSEError } from "jose/errors";

const ALGORITHM = "EdDSA";
const TYPE = "at+jwt";
/** Clocks of different machines differ by that much. */
const SKEW_SECONDS = 30;
/** Ours have three; a header that brings or names a key of its own is never read. */
const HEADER_FIELDS = new Set(["alg", "kid", "typ"]);

export type PublicKey = { kty: "OKP"; crv: "Ed25519"; x: string };
export type Payload = JWTPayload;

/** A fresh pair: what is published, and the private half as bytes to seal. */
export async function makeKeyPair(): Promise<{ publicKey: PublicKey; privateKey: Buffer }> {
  const pair = await generateKeyPair(ALGORITHM, { crv: "Ed25519", extractable: true });
  const { x, d } = await exportJWK(pair.privateKey);
  if (!x || !d) throw new Error("the key pair has no halves");
  return { publicKey: { kty: "OKP", crv: "Ed25519", x }, privateKey: Buffer.from(d, "base64url") };
}

export const readPublicKey = (key: PublicKey): Promise<CryptoKey> =>
  importJWK(key, ALGORITHM) as Promise<CryptoKey>;

export const readPrivateKey = (key: PublicKey, privateKey: Buffer): Promise<CryptoKey> =>
  importJWK({ ...key, d: privateKey.toString("base64url") }, ALGORITHM) as Promise<CryptoKey>;

/** The compact token. `exp` and `iat` are in the payload. */
export const signToken = (payload: Payload, kid: string, key: CryptoKey): Promise<string> =>
  new SignJWT(payload).setProtectedHeader({ alg: ALGORITHM, kid, typ: TYPE }).sign(key);

export type Expected = { issuer: string; audience: string; now: Date; required: string[] };

/**
 * The payload of a token that one of our keys signed and that counts now; null for any other: another algorithm, a key that
 * the token brings or names itself (`jwk`, `jku`, `x5u`), an unknown `kid`, another issuer, too old, too new.
 */
export async function readToken(
  text: string,
  keyOf: (kid: string) => Promise<CryptoKey | null>,
  { issuer, audience, now, required }: Expected,
): Promise<Payload | null> {
  try {
    const { payload } = await jwtVerify(
      text,
      async (header) => {
        const key =
          Object.keys(header).every((name) => HEADER_FIELDS.has(name)) && (await keyOf(header.kid ?? ""));
        if (!key) throw new JOSEError("no key of ours");
        return key;
      },
      {
        algorithms: [ALGORITHM],
        typ: TYPE,
        issuer,
        audience,
        currentDate: now,
        clockTolerance: SKEW_SECONDS,
        requiredClaims: [...required, "iat", "exp"],
      },
    );
    return (payload.iat ?? Infinity) <= now.getTime() / 1000 + SKEW_SECONDS ? payload : null;
  } catch (error) {
    // Every way in which a token can be wrong; anything else is a fault of ours.
    if (error instanceof JOSEError) return null;
    throw error;
  }
}

/** How long after `exp` a token is still taken. */
export const SKEW_MS = SKEW_SECONDS * 1000;
