import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from "node:crypto";
import { deriveKey } from "./seal.ts";

/** Ed25519 signatures under keys derived from the keyring, so that none has to be stored. */
export type Signer = {
  /** Signs under the newest key. */
  sign(bytes: Buffer): { keyVersion: number; signature: Buffer };
  /** False also for a version that is configured no more. */
  verify(bytes: Buffer, keyVersion: number, signature: Buffer): boolean;
  /** SubjectPublicKeyInfo as PEM, by version from 1: what an outsider verifies with. */
  publicKeys(): string[];
};

/** PKCS #8 of an Ed25519 seed: this, then the 32 bytes (RFC 8410). */
const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");

/** `secrets` oldest first, as for `createSealer`; each `purpose` has keys of its own. */
export function createSigner(secrets: readonly string[], purpose: string): Signer {
  const keys = secrets.map((secret) => {
    const der = Buffer.concat([PKCS8_HEAD, deriveKey(secret, purpose)]);
    const own = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
    return { own, shown: createPublicKey(own) };
  });
  return {
    sign: (bytes) => ({
      keyVersion: keys.length,
      signature: sign(null, bytes, (keys.at(-1) as { own: KeyObject }).own),
    }),
    verify(bytes, keyVersion, signature) {
      const key = keys[keyVersion - 1];
      return key !== undefined && verify(null, bytes, key.shown, signature);
    },
    publicKeys: () => keys.map(({ shown }) => shown.export({ type: "spki", format: "pem" }) as string),
  };
}
