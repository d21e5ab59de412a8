import { withSystemTx } from "../../../platform/db/index.ts";
import type { UserId } from "../../../platform/ids.ts";
import { Problem } from "../../../platform/problem.ts";
import type { IdentityDeps } from "../deps.ts";
import { identityProblems } from "../problems.ts";
import { endSessions } from "../sessions/end-sessions.ts";
import { lockPerson, note } from "./note.ts";
import { lockOperators, othersOperate, updateOperator } from "./store.ts";

/**
 * Lets a person operate the installation, or no more. They sign in anew, since their rights have changed. 409 `self`,
 * `last_admin`, and for somebody disabled. Nothing happens when it is so already.
 */
export function setOperator(
  deps: IdentityDeps,
  operatorId: UserId,
  id: UserId,
  operator: boolean,
): Promise<void> {
  return withSystemTx(deps.db, async (tx) => {
    await lockOperators(tx);
    const user = await lockPerson(tx, id);
    if (!operator && user.operator && !(await othersOperate(tx, id)))
      throw new Problem(identityProblems.last_admin);
    if (id === operatorId) throw new Problem(identityProblems.self);
    if (user.operator === operator) return;
    if (operator && (user.disabledAt || user.eraseAt)) throw new Problem(identityProblems.not_active);
    await updateOperator(tx, id, operator);
    await endSessions(tx, deps, id, { reason: "role_changed", actorId: operatorId });
    const action = operator ? "operator.granted" : "operator.revoked";
    await note(tx, deps, { actorId: operatorId, action, targetId: id });
    await deps.personChanged(tx, id);
  });
}
