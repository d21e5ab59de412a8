import { addMs } from "../../../platform/clock.ts";
import { withSystemTx } from "../../../platform/db/index.ts";
import { newId, type UserId } from "../../../platform/ids.ts";
import { Problem } from "../../../platform/problem.ts";
import type { IdentityDeps } from "../deps.ts";
import type { LiveToken } from "../mailed/store.ts";
import { spendToken } from "../mailed/token.ts";
import { removeMfa } from "../mfa/disable.ts";
import { lockUser } from "../people/store.ts";
import type { User } from "../people/user.ts";
import { identityProblems } from "../problems.ts";
import { listFactors } from "../sessions/store.ts";
import { MFA_RESET_DONE_MAIL, MFA_RESET_MAIL } from "./mails.ts";
import { lockPerson, note } from "./note.ts";
import { endReset, findResetById, insertReset, type MfaReset, takeDueReset } from "./store.ts";

const WAITS_MS = 86_400_000;

/**
 * Takes the second factors of somebody who lost them all away, a day later; until then whoever reads their mail can say no.
 * 409 when they have none, or a reset is under way.
 */
export function requestMfaReset(deps: IdentityDeps, operatorId: UserId, userId: UserId): Promise<MfaReset> {
  return withSystemTx(deps.db, async (tx) => {
    const now = deps.clock.now();
    const user = await lockPerson(tx, userId);
    if ((await listFactors(tx, userId)).length === 0) throw new Problem(identityProblems.mfa_not_enabled);
    const reset = { id: newId("mfr"), userId, requestedBy: operatorId, executeAt: addMs(now, WAITS_MS) };
    if (!(await insertReset(tx, reset, now))) throw new Problem(identityProblems.reset_pending);
    await note(tx, deps, { actorId: operatorId, action: "mfa.reset_requested", targetId: userId });
    await deps.mail.send(tx, { kind: MFA_RESET_MAIL, to: user.email, ref: { reset_id: reset.id } });
    return reset;
  });
}

/** By the mailed token. 410 once the factors are gone. */
export function cancelMfaReset(deps: IdentityDeps, token: LiveToken): Promise<User> {
  return withSystemTx(deps.db, async (tx) => {
    const now = deps.clock.now();
    const reset = await findResetById(tx, token.subjectId ?? "");
    const user = reset && (await lockUser(tx, reset.userId));
    if (!reset || !user || !(await spendToken(tx, token, now)))
      throw new Problem(identityProblems.token_spent);
    if (!(await endReset(tx, reset.id, "cancelled", now))) throw new Problem(identityProblems.token_spent);
    await note(tx, deps, { actorId: user.id, action: "mfa.reset_cancelled", targetId: user.id });
    const { id, email, fullName, operator } = user;
    return { id, email, fullName, operator };
  });
}

type Deps = Pick<IdentityDeps, "db" | "clock" | "mail" | "sessionEnded">;

/** Carries out one that is due. True: there may be more. */
export function carryOutMfaReset(deps: Deps): Promise<boolean> {
  return withSystemTx(deps.db, async (tx) => {
    const now = deps.clock.now();
    const reset = await takeDueReset(tx, now);
    if (!reset) return false;
    await removeMfa(tx, deps, reset.userId);
    await endReset(tx, reset.id, "done", now);
    await note(tx, deps, { actorId: reset.requestedBy, action: "mfa.reset", targetId: reset.userId });
    const user = await lockUser(tx, reset.userId);
    if (user && !user.disabledAt)
      await deps.mail.send(tx, { kind: MFA_RESET_DONE_MAIL, to: user.email, ref: { user_id: user.id } });
    return true;
  });
}
