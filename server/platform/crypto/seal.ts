import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  randomFillSync,
  type KeyObject,
} from "node:crypto";

/**
 * Keeps secrets at rest. What is sealed is bound to its `place` (say `totp usr_1`): moved to another row, it does not open.
 * Layout: version (1 byte) ‖ nonce (12) ‖ tag (16) ‖ ciphertext.
 */
export type Sealer = {
  seal(plain: Buffer, place: string): Buffer;
  /** Throws for what was altered, moved, or sealed under a key that is configured no more. */
  open(sealed: Buffer, place: string): Buffer;
};

const NONCE_BYTES = 12;
const DRAWN_AT_ONCE = 128;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + NONCE_BYTES + TAG_BYTES;

/** AES-256-GCM under the newest key; `secrets` oldest first, a secret's version is its place in the list, from 1. */
export function createSealer(secrets: readonly string[]): Sealer {
  const keys = secrets.map((secret) => createSecretKey(deriveKey(secret, "holdfast.seal")));
  const nextNonce = nonces();
  const keyOf = (version: number): KeyObject => {
    const key = keys[version - 1];
    if (!key) throw new Error(`sealed under key ${version}, which is not configured`);
    return key;
  };
  return {
    seal(plain, place) {
      const nonce = nextNonce();
      const cipher = createCipheriv("aes-256-gcm", keyOf(keys.length), nonce).setAAD(Buffer.from(place));
      const text = [cipher.update(plain), cipher.final()];
      return Buffer.concat([Buffer.of(keys.length), nonce, cipher.getAuthTag(), ...text]);
    },
    open(sealed, place) {
      const key = keyOf(sealed[0] ?? 0);
      const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
      const decipher = createDecipheriv("aes-256-gcm", key, nonce)
        .setAAD(Buffer.from(place))
        .setAuthTag(sealed.subarray(1 + NONCE_BYTES, HEAD_BYTES));
      return Buffer.concat([decipher.update(sealed.subarray(HEAD_BYTES)), decipher.final()]);
    },
  };
}

/** Drawn many at a time: one alone costs as much. No two share their bytes. */
function nonces(): () => Buffer {
  let drawn = Buffer.alloc(0);
  return () => {
    if (drawn.length < NONCE_BYTES)
      drawn = randomFillSync(Buffer.allocUnsafeSlow(NONCE_BYTES * DRAWN_AT_ONCE));
    const nonce = drawn.subarray(0, NONCE_BYTES);
    drawn = drawn.subarray(NONCE_BYTES);
    return nonce;
  };
}

/** 32 bytes for one purpose out of a configured secret. */
export function deriveKey(secret: string | Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, Buffer.alloc(0), purpose, 32));
}
