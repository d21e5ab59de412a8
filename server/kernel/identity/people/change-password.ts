import { hashPassword } from "../../../platform/crypto/index.ts";
import { withSystemTx } from "../../../platform/db/index.ts";
import type { OrgId, UserId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { audit, INSTALLATION } from "../audit/index.ts";
import type { IdentityDeps } from "../deps.ts";
import type { LiveToken } from "../mailed/store.ts";
import type { Purpose } from "../mailed/purpose.ts";
import { findToken, spendToken } from "../mailed/token.ts";
import { identityProblems } from "../problems.ts";
import { endSessions } from "../sessions/end-sessions.ts";
import { renewSession } from "../sessions/rotate-session.ts";
import { sendCredentialChanged } from "./credential-mails.ts";
import { checkPassword } from "./password.ts";
import { profileTag } from "./profile-store.ts";
import { findUserById, lockUser, updatePassword } from "./store.ts";

const BY_MAIL: readonly Purpose[] = ["reset_password", "set_password"];

/**
 * A signed-in person chooses another password: whatever else is signed in as them ends. Returns the session's new secret;
 * null for one without a cookie.
 */
export async function changePassword(
  deps: IdentityDeps,
  who: { userId: UserId; sessionId: string; orgId: OrgId },
  password: string,
): Promise<string | null> {
  const { db, clock, sessionEnded } = deps;
  const user = await withSystemTx(db, (tx) => findUserById(tx, who.userId));
  if (!user) throw new Problem(common.unauthenticated);
  checkPassword(password, user.email);
  const passwordHash = await hashPassword(password);
  return withSystemTx(db, async (tx) => {
    const now = clock.now();
    await lockUser(tx, user.id);
    await updatePassword(tx, user.id, passwordHash);
    deps.cache.invalidate(tx, [profileTag(user.id)]);
    await endSessions(tx, deps, user.id, { reason: "password_changed", except: who.sessionId });
    const renewed = await renewSession(tx, who.sessionId, now);
    tx.afterCommit(() => sessionEnded(who.sessionId));
    await audit(tx, now, {
      orgId: who.orgId,
      actorId: user.id,
      action: "password.changed",
      targetId: user.id,
    });
    await sendCredentialChanged(tx, deps, user, "password");
    return renewed?.secret ?? null;
  });
}

/**
 * Sets a password by a mailed token and ends everything that is signed in as the person. It signs nobody in, so a second
 * factor is asked for as ever. 410 when the token is spent; a password that will not do spends nothing.
 */
export async function resetPassword(deps: IdentityDeps, token: string, password: string): Promise<void> {
  const { db, clock } = deps;
  const { live, email } = await withSystemTx(db, async (tx) => {
    const found = await findToken(tx, token, BY_MAIL, clock.now());
    const user = found?.userId ? await findUserById(tx, found.userId) : null;
    if (!found || !user || user.disabledAt) throw new Problem(identityProblems.token_spent);
    return { live: found, email: user.email };
  });
  checkPassword(password, email);
  const passwordHash = await hashPassword(password);
  await setByToken(deps, live, passwordHash);
}

async function setByToken(deps: IdentityDeps, token: LiveToken, passwordHash: string): Promise<void> {
  await withSystemTx(deps.db, async (tx) => {
    const now = deps.clock.now();
    const user = token.userId && (await lockUser(tx, token.userId));
    if (!user || user.disabledAt || !(await spendToken(tx, token, now)))
      throw new Problem(identityProblems.token_spent);
    await updatePassword(tx, user.id, passwordHash);
    deps.cache.invalidate(tx, [profileTag(user.id)]);
    await deps.mail.addressProven(tx, user.email);
    await endSessions(tx, deps, user.id, { reason: "password_changed" });
    await audit(tx, now, {
      orgId: INSTALLATION,
      actorId: user.id,
      action: "password.reset",
      targetId: user.id,
    });
    await sendCredentialChanged(tx, deps, user, "password");
  });
}
