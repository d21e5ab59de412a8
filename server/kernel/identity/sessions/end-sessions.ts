import { hashToken } from "../../../platform/crypto/index.ts";
import { type Tx, withSystemTx } from "../../../platform/db/index.ts";
import type { OrgId, UserId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { audit } from "../audit/index.ts";
import type { IdentityDeps } from "../deps.ts";
import type { Amr, EndReason } from "./session.ts";
import { type EndedSession, endSessionByHash, endSessionsOfUser, endSessionsWithout } from "./store.ts";

type Deps = Pick<IdentityDeps, "clock" | "hub" | "sessionEnded">;

/**
 * Ends a person's sessions of every kind, and with them what was given out under them: all, `only` one, or all `except` one.
 * In the caller's transaction; after its commit this process refuses them at once, others within a second.
 */
export async function endSessions(
  tx: Tx,
  deps: Deps,
  userId: UserId,
  how: { reason: EndReason; actorId?: string; only?: string; except?: string | undefined },
): Promise<number> {
  const ended = await endSessionsOfUser(tx, userId, how, how.reason, deps.clock.now());
  await tellEnded(tx, deps, ended, how.actorId ?? userId);
  return ended.length;
}

/** Ends the sessions in an organization that did not begin with this proof, whatever holds them; `exempt` people keep theirs. */
export async function endSessionsWithoutProof(
  tx: Tx,
  deps: Deps,
  orgId: OrgId,
  { amr, exempt, actorId }: { amr: Amr; exempt: readonly UserId[]; actorId: string },
): Promise<void> {
  const ended = await endSessionsWithout(tx, orgId, { amr, exempt }, "security_event", deps.clock.now());
  await tellEnded(tx, deps, ended, actorId);
}

/** Ends the session of this cookie, if there is one. */
export async function signOut(deps: Deps & Pick<IdentityDeps, "db">, secret: string | null): Promise<void> {
  if (secret === null) return;
  await withSystemTx(deps.db, async (tx) => {
    const ended = await endSessionByHash(tx, hashToken(secret), "user_action", deps.clock.now());
    if (!ended) return;
    const { viewer } = ended;
    await tellEnded(tx, deps, [ended], viewer?.userId ?? ended.userId);
    // Whoever looked on signs out altogether: their browser no longer holds the secret of their own session.
    if (viewer) await endSessions(tx, deps, viewer.userId, { reason: "user_action", only: viewer.sessionId });
  });
}

/** Ends the session that an access token speaks for, with its refresh family. Ended before: nothing happens. */
export async function endTokenSession(
  deps: Deps & Pick<IdentityDeps, "db">,
  userId: UserId,
  only: string,
): Promise<void> {
  await withSystemTx(deps.db, (tx) => endSessions(tx, deps, userId, { reason: "user_action", only }));
}

/** Ends one of one's own sessions. 404 for another's, and for one that is over. */
export async function endOwnSession(
  deps: Deps & Pick<IdentityDeps, "db">,
  userId: UserId,
  only: string,
): Promise<void> {
  await withSystemTx(deps.db, async (tx) => {
    if ((await endSessions(tx, deps, userId, { reason: "user_action", only })) === 0)
      throw new Problem(common.not_found);
  });
}

/** Writes the trail, and tells processes and open pages after the commit. */
export async function tellEnded(
  tx: Tx,
  { clock, hub, sessionEnded }: Deps,
  ended: readonly EndedSession[],
  actorId: string,
): Promise<void> {
  for (const { id, orgId, reason } of ended)
    await audit(tx, clock.now(), {
      orgId,
      actorId,
      action: "session.ended",
      targetId: id,
      detail: { reason },
    });
  tx.afterCommit(() => {
    for (const { id, orgId } of ended) {
      sessionEnded(id);
      // Says no more than that: events of one moment are one, so each page asks whether it is still let in.
      hub.publish("session.revoked", orgId);
    }
  });
}
