import type { Sealer } from "../../../platform/crypto/index.ts";
import type { UserId } from "../../../platform/ids.ts";
import { Problem } from "../../../platform/problem.ts";
import { identityProblems } from "../problems.ts";

const placeOf = (userId: UserId): string => `totp ${userId}`;

/** 503 while the key manager does not seal or open: codes of apps wait, backup codes and passkeys do not need it. */
function orUnavailable<T>(act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw new Problem(identityProblems.kms_unavailable, { cause, retryAfter: 5 });
  }
}

export const sealSecret = (sealer: Sealer, userId: UserId, secret: Buffer): Buffer =>
  orUnavailable(() => sealer.seal(secret, placeOf(userId)));

export const openSecret = (sealer: Sealer, userId: UserId, sealed: Buffer): Buffer =>
  orUnavailable(() => sealer.open(sealed, placeOf(userId)));
