import { addMs } from "../../../platform/clock.ts";
import { hashToken, newToken } from "../../../platform/crypto/index.ts";
import type { Tx } from "../../../platform/db/index.ts";
import type { OrgId, UserId } from "../../../platform/ids.ts";
import type { IdentityDeps } from "../deps.ts";
import { OLD_SECRET_SERVES_MS, type OpenedSession } from "./session.ts";
import { markForRotation, rotateSession } from "./store.ts";

/**
 * Gives a browser's session a new secret; the old one serves the organization it was in for ten seconds more. Null: it has
 * ended, or has no cookie. Tell `sessionEnded` after commit, so that what is remembered of the old secret falls.
 */
async function rotate(
  tx: Tx,
  sessionId: string,
  orgId: OrgId | null,
  now: Date,
  ifDue: boolean,
): Promise<OpenedSession | null> {
  const secret = newToken();
  const oldUntil = addMs(now, OLD_SECRET_SERVES_MS);
  const session = await rotateSession(tx, sessionId, {
    orgId,
    tokenHash: hashToken(secret),
    oldUntil,
    ifDue,
  });
  return session && { session, secret };
}

/** Moves a session to another organization under a new secret. */
export const moveSession = (
  tx: Tx,
  sessionId: string,
  orgId: OrgId,
  now: Date,
): Promise<OpenedSession | null> => rotate(tx, sessionId, orgId, now, false);

/** A new secret in the same organization, after the person proved more or other things than before. */
export const renewSession = (tx: Tx, sessionId: string, now: Date): Promise<OpenedSession | null> =>
  rotate(tx, sessionId, null, now, false);

/** The new secret that `rotateSessionsOf` asked for; null when another call has taken it. */
export const takeDueRotation = (tx: Tx, sessionId: string, now: Date): Promise<OpenedSession | null> =>
  rotate(tx, sessionId, null, now, true);

/** After a change of the person's role there: each of their browsers gets a new secret with its next call. */
export async function rotateSessionsOf(
  tx: Tx,
  { sessionEnded }: Pick<IdentityDeps, "sessionEnded">,
  userId: UserId,
  orgId: OrgId,
): Promise<void> {
  const ids = await markForRotation(tx, userId, orgId);
  tx.afterCommit(() => ids.forEach(sessionEnded));
}
