import type { Id, UserId } from "../../../platform/ids.ts";
import type { IdentityConfig } from "../config.ts";
import type { RelyingParty, Transport } from "../engine/webauthn.ts";

export type Passkey = {
  id: Id<"pky">;
  userId: UserId;
  /** Base64url, as authenticators name it. */
  credentialId: string;
  transports: readonly Transport[];
  /** Its maker copies it to the person's other devices. */
  synced: boolean;
  name: string;
  createdAt: Date;
  lastUsedAt: Date | null;
};

export const MAX_PASSKEYS = 10;

/** What an authenticator is asked to sign is good for that long. */
export const CEREMONY_MS = 5 * 60_000;

/** Authenticators know us by the host of the console and sign its origin. */
export function relyingParty({ BASE_URL }: Pick<IdentityConfig, "BASE_URL">): RelyingParty {
  const { hostname, origin } = new URL(BASE_URL);
  return { id: hostname, origin };
}

/**
 * True when an authenticator's counter fell: two copies of one key are in use. Zero throughout means that it counts nothing,
 * as synced passkeys do.
 */
export const counterFell = (before: number, after: number): boolean =>
  (before > 0 || after > 0) && after <= before;
