import { hashToken } from "../../../platform/crypto/index.ts";
import { type Tx, withSystemTx } from "../../../platform/db/index.ts";
import { audit } from "../audit/index.ts";
import type { IdentityDeps } from "../deps.ts";
import { endSessions } from "../sessions/end-sessions.ts";
import type { Session } from "../sessions/session.ts";
import { lockSession } from "../sessions/store.ts";
import { takenUntil } from "./access-tokens.ts";
import { findFamily, insertRevokedJti } from "./store.ts";
import { isRefreshToken } from "./token-set.ts";

/**
 * RFC 7009: a refresh token ends its family and session, an access token itself alone. Whoever holds the token may; an
 * unknown one, or one of another app, is no error, so nothing is learnt by asking.
 */
export async function revokeToken(deps: IdentityDeps, text: string, clientId?: string): Promise<void> {
  if (isRefreshToken(text)) {
    await withSystemTx(deps.db, async (tx) => {
      const session = await lockOwn(tx, await findFamily(tx, hashToken(text)), clientId);
      if (session) await endSessions(tx, deps, session.user.id, { reason: "user_action", only: session.id });
    });
    return;
  }
  const claims = await deps.accessTokens.verify(text);
  if (!claims) return;
  await withSystemTx(deps.db, async (tx) => {
    const session = await lockOwn(tx, claims.sessionId, clientId);
    if (!session || !(await insertRevokedJti(tx, claims.jti, takenUntil(claims)))) return;
    await audit(tx, deps.clock.now(), {
      orgId: session.orgId,
      actorId: session.user.id,
      action: "token.revoked",
      targetId: session.id,
      detail: { jti: claims.jti },
    });
    tx.afterCommit(() => deps.tokenRevoked(claims.jti));
  });
}

/** The open session, locked, if it is of the app that asks. */
async function lockOwn(tx: Tx, id: string | null, clientId: string | undefined): Promise<Session | null> {
  const session = id === null ? null : await lockSession(tx, id);
  return clientId === undefined || session?.clientId === clientId ? session : null;
}
