import { newId } from "../../../platform/ids.ts";
import type { IdentityConfig } from "../config.ts";
import { readToken, SKEW_MS, signToken, type PublicKey } from "../engine/jose.ts";
import { addMs } from "../../../platform/clock.ts";
import { CLAIM_NAMES, type Claims, toClaims, toPayload } from "./claims.ts";
import { createKeyRing } from "./key-ring.ts";
import type { KeyDeps } from "./rotate-keys.ts";

export type AccessTokens = {
  /** Signs a token of 15 minutes under a fresh `jti`. */
  sign(claims: Omit<Claims, "jti" | "expiresAt">): Promise<string>;
  /** What a token of ours says, null for any other text. Whether its session still stands is not asked here. */
  verify(text: string): Promise<Claims | null>;
  /** The document of `/.well-known/jwks.json`. */
  published(): Promise<{ keys: (PublicKey & { kid: string; use: "sig"; alg: "EdDSA" })[] }>;
};

/** Ours are a third of that. */
const MAX_LENGTH = 4_096;
const SHAPE = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** True for what could be an access token; anything else needs no look. */
export const isAccessToken = (text: string): boolean => text.length <= MAX_LENGTH && SHAPE.test(text);

/** When a token that says this is taken no more. */
export const takenUntil = ({ expiresAt }: Claims): Date => addMs(expiresAt, SKEW_MS);

/** Signs and checks access tokens. Keys are cached, so a check costs no query. */
export function createAccessTokens(
  deps: KeyDeps & { config: Pick<IdentityConfig, "BASE_URL"> },
): AccessTokens {
  const ring = createKeyRing(deps);
  const issuer = new URL(deps.config.BASE_URL).origin;
  return {
    async sign(claims) {
      const { kid, key } = await ring.current();
      return signToken(toPayload({ ...claims, jti: newId("jti") }, issuer, deps.clock.now()), kid, key);
    },
    async verify(text) {
      if (!isAccessToken(text)) return null;
      const now = deps.clock.now();
      const expected = { issuer, audience: issuer, now, required: CLAIM_NAMES };
      const payload = await readToken(text, ring.find, expected);
      return payload && toClaims(payload);
    },
    async published() {
      const keys = await ring.published();
      return { keys: keys.map(({ kid, publicKey }) => ({ ...publicKey, kid, use: "sig", alg: "EdDSA" })) };
    },
  };
}
