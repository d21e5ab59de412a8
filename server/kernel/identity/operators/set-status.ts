import { withSystemTx } from "../../../platform/db/index.ts";
import type { UserId } from "../../../platform/ids.ts";
import { Problem } from "../../../platform/problem.ts";
import type { IdentityDeps } from "../deps.ts";
import { identityProblems } from "../problems.ts";
import { endSessions } from "../sessions/end-sessions.ts";
import { STATUS_MAIL } from "./mails.ts";
import { lockPerson, note } from "./note.ts";
import { lockOperators, othersOperate, updateDisabled } from "./store.ts";

/**
 * Disables a person, or lets them in again. Disabled: their sessions and tokens end and their own keys are revoked, for good,
 * everywhere within a second of the commit. 409 `self`, `last_admin`. Nothing happens when it is so already, but
 * that a new reason replaces the old.
 */
export function setStatus(
  deps: IdentityDeps,
  operatorId: UserId,
  id: UserId,
  { active, reason }: { active: boolean; reason: string },
): Promise<void> {
  return withSystemTx(deps.db, async (tx) => {
    const now = deps.clock.now();
    await lockOperators(tx);
    const user = await lockPerson(tx, id);
    if (active && !user.disabledAt) return;
    if (!active && id === operatorId) throw new Problem(identityProblems.self);
    if (!active && user.operator && !(await othersOperate(tx, id)))
      throw new Problem(identityProblems.last_admin);
    await updateDisabled(tx, id, active ? null : { at: user.disabledAt ?? now, reason });
    if (!active) {
      await endSessions(tx, deps, id, { reason: "security_event", actorId: operatorId });
      await deps.departures.revokeKeys(tx, id, { actorId: operatorId, whole: false });
    }
    const action = active ? "person.enabled" : "person.disabled";
    await note(tx, deps, { actorId: operatorId, action, targetId: id, detail: { reason } });
    const known = user.disabledAt !== null && !active;
    if (!known) await deps.mail.send(tx, { kind: STATUS_MAIL, to: user.email, ref: { user_id: id } });
    await deps.personChanged(tx, id);
  });
}
