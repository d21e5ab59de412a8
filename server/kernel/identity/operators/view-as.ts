import { addMs } from "../../../platform/clock.ts";
import { hashToken, newToken } from "../../../platform/crypto/index.ts";
import { withSystemTx } from "../../../platform/db/index.ts";
import { maskIp, type Actor, personIn } from "../../../platform/http/index.ts";
import { newId, type Id, type UserId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { audit } from "../audit/index.ts";
import type { IdentityDeps } from "../deps.ts";
import { findUserById } from "../people/store.ts";
import { identityProblems } from "../problems.ts";
import { endSessions } from "../sessions/end-sessions.ts";
import { renewSession } from "../sessions/rotate-session.ts";
import type { OpenedSession, Session } from "../sessions/session.ts";
import { findSessionById, insertSession, lastOrganization } from "../sessions/store.ts";
import { VIEWED_MAIL } from "./mails.ts";
import { lockPerson, note } from "./note.ts";

const LASTS_MS = 30 * 60_000;
/** What the person reads in the list of their sessions. */
const DEVICE = "An operator who looks on";

/**
 * Opens a session by which an operator sees what the person sees, for half an hour, and changes nothing. The installation's
 * trail tells of it, the organization's too, and the person by mail. 403 from anything but a browser, 409 for oneself and
 * somebody who cannot sign in.
 */
export function viewAs(
  deps: IdentityDeps,
  actor: Actor,
  id: UserId,
  reason: string,
  ip: string,
): Promise<OpenedSession> {
  if (actor.kind !== "session") throw new Problem(common.forbidden, { detail: "Only from the console" });
  const operatorId = personIn(actor);
  if (id === operatorId) throw new Problem(identityProblems.self);
  return withSystemTx(deps.db, async (tx) => {
    const now = deps.clock.now();
    const { disabledAt, eraseAt, ...user } = await lockPerson(tx, id);
    const operator = await findUserById(tx, operatorId);
    if (!operator) throw new Problem(common.unauthenticated);
    // No issuer vouches for an operator: an organization that asks for its own stays closed to them.
    const last = await lastOrganization(tx, id);
    const orgId = await deps.organizations.chooseOrganization(tx, id, last, []);
    if (disabledAt || eraseAt || !orgId) throw new Problem(identityProblems.not_active);
    const secret = newToken();
    const session: Session = {
      id: newId("ses"),
      kind: "browser",
      user: { id, email: user.email, fullName: user.fullName, operator: user.operator },
      orgId,
      csrfToken: newToken(),
      provenAt: now,
      factors: [],
      lastSeenAt: now,
      expiresAt: addMs(now, LASTS_MS),
      secretEndsAt: null,
      rotateDue: false,
      amr: [],
      clientId: null,
      scopes: null,
      viewer: {
        userId: operatorId,
        fullName: operator.fullName,
        sessionId: actor.credentialId as Id<"ses">,
        reason,
      },
      leaving: false,
    };
    const row = { tokenHash: hashToken(secret), device: DEVICE, ipMasked: maskIp(ip), now };
    await insertSession(tx, session, row);
    const act = { actorId: operatorId, action: "person.viewed", targetId: id, detail: { reason } };
    await note(tx, deps, act);
    await audit(tx, now, { orgId, ...act });
    await deps.mail.send(tx, { kind: VIEWED_MAIL, to: user.email, ref: { session_id: session.id } });
    return { session, secret };
  });
}

/** Ends it; the operator's own session goes on under a new secret. 404 for a session that looks at nobody, 401 when their own is over. */
export function endView(deps: IdentityDeps, sessionId: string): Promise<OpenedSession> {
  return withSystemTx(deps.db, async (tx) => {
    const session = await findSessionById(tx, sessionId);
    if (!session?.viewer) throw new Problem(common.not_found);
    const { userId, sessionId: ownId } = session.viewer;
    await endSessions(tx, deps, userId, { reason: "user_action", only: sessionId });
    const own = await renewSession(tx, ownId, deps.clock.now());
    if (own) tx.afterCommit(() => deps.sessionEnded(ownId));
    return own;
  }).then((own) => {
    if (!own) throw new Problem(common.unauthenticated);
    return own;
  });
}
