/** Passwords, opaque tokens, sealed secrets and comparisons. Keys and hashes never leave as text that could be logged. */
export { readForeignHash } from "./foreign-password.ts";
export { hashPassword, isOurs, slowHash, verifyPassword } from "./password.ts";
export { canonicalJson } from "./canonical.ts";
export { createSigner, type Signer } from "./signer.ts";
export { createSealer, type Sealer } from "./seal.ts";
export { checksum, hashToken, hmac, newToken, safeEqual } from "./token.ts";
