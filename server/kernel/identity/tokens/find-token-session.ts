import type { Tx } from "../../../platform/db/index.ts";
import type { Session } from "../sessions/session.ts";
import { findSessionById } from "../sessions/store.ts";
import type { Claims } from "./claims.ts";
import { isRevokedJti } from "./store.ts";

/** The open session that an access token speaks for; null when either was ended, or the session has moved elsewhere. */
export async function findTokenSession(tx: Tx, claims: Claims): Promise<Session | null> {
  if (await isRevokedJti(tx, claims.jti)) return null;
  const session = await findSessionById(tx, claims.sessionId);
  return session?.orgId === claims.orgId && session.user.id === claims.userId ? session : null;
}
