import { hashToken } from "../../../platform/crypto/index.ts";
import { type Tx, withSystemTx } from "../../../platform/db/index.ts";
import { Problem } from "../../../platform/problem.ts";
import type { IdentityDeps } from "../deps.ts";
import { identityProblems } from "../problems.ts";
import { endSessions } from "../sessions/end-sessions.ts";
import { type EndReason, isLive, type Session } from "../sessions/session.ts";
import { lockSession, updateLastSeen } from "../sessions/store.ts";
import { REUSE_MAIL } from "./mails.ts";
import { judge } from "./rotation.ts";
import { findFamily, findRefreshToken, updateUsed } from "./store.ts";
import {
  isRefreshToken,
  mintRefreshToken,
  openSuccessor,
  sealSuccessor,
  tokenSetOf,
  type TokenSet,
} from "./token-set.ts";

/**
 * Exchanges a refresh token for the next one and a fresh access token. Everything of one family takes turns behind its
 * session's lock. Throws 401 `refresh_invalid` for an unknown token, an ended session and a reuse; the reuse ends the session.
 * `clientId`: the app that asks must be the one it was given to.
 */
export async function refresh(deps: IdentityDeps, text: string, clientId?: string): Promise<TokenSet> {
  const next = isRefreshToken(text)
    ? await withSystemTx(deps.db, (tx) => exchange(tx, deps, text, clientId))
    : null;
  // Thrown out here, so that the end of a reused family is committed.
  if (!next) throw new Problem(identityProblems.refresh_invalid);
  return tokenSetOf(deps, next.session, next.refreshToken);
}

type Next = { session: Session; refreshToken: string };

async function exchange(
  tx: Tx,
  deps: IdentityDeps,
  text: string,
  clientId: string | undefined,
): Promise<Next | null> {
  const now = deps.clock.now();
  const tokenHash = hashToken(text);
  const session = await lockFamily(tx, deps, tokenHash);
  if (!session || (clientId !== undefined && session.clientId !== clientId)) return null;
  const token = await findRefreshToken(tx, tokenHash);
  if (!token) return null;
  const verdict = judge(token, now);
  if (verdict === "reuse") {
    await endFamily(tx, deps, session, "refresh_reuse");
    await deps.mail.send(tx, { kind: REUSE_MAIL, to: session.user.email, ref: { session_id: session.id } });
    return null;
  }
  await updateLastSeen(tx, new Map([[session.id, now]]));
  if (verdict === "repeat" && token.sealedSuccessor)
    return { session, refreshToken: openSuccessor(text, token.sealedSuccessor) };
  const refreshToken = await mintRefreshToken(tx, session.id, token.generation + 1, now);
  await updateUsed(tx, {
    sessionId: session.id,
    generation: token.generation,
    sealedSuccessor: sealSuccessor(text, refreshToken),
    now,
  });
  return { session, refreshToken };
}

/** The token's session, locked; null when it has ended, has run out, or its person is no member there any more. */
async function lockFamily(tx: Tx, deps: IdentityDeps, tokenHash: Buffer): Promise<Session | null> {
  const sessionId = await findFamily(tx, tokenHash);
  const session = sessionId && (await lockSession(tx, sessionId));
  if (!session) return null;
  if (!isLive(session, deps.config, deps.clock.now())) {
    await endFamily(tx, deps, session, "expired");
    return null;
  }
  const home = await deps.organizations.chooseOrganization(tx, session.user.id, session.orgId, session.amr);
  return home === session.orgId ? session : null;
}

async function endFamily(
  tx: Tx,
  deps: IdentityDeps,
  { id, user }: Session,
  reason: EndReason,
): Promise<void> {
  await endSessions(tx, deps, user.id, { reason, actorId: "system", only: id });
}
