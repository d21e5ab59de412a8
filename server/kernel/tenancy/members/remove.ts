import { type Tx, withTx } from "../../../platform/db/index.ts";
import { may, type Actor } from "../../../platform/http/index.ts";
import type { OrgId, UserId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { audit, findUsers } from "../../identity/index.ts";
import type { TenancyDeps } from "../deps.ts";
import { voidHigherInvitations } from "../invitations/store.ts";
import { revokePersonalKeys } from "../keys/store.ts";
import { listOrganizationIds } from "../organizations/store.ts";
import { actorIdOf } from "../person.ts";
import { tenancyProblems } from "../problems.ts";
import { act, manages } from "./standing.ts";
import { countMembers, deleteMembership, findMembership } from "./store.ts";

/** Ends a membership, another's or one's own, and with it the person's keys there. One owner remains. */
export async function removeMember(deps: TenancyDeps, actor: Actor, userId: UserId): Promise<void> {
  const { orgId } = actor;
  const leaving = userId === actor.userId;
  if (!leaving && !may(actor, "team.manage")) throw new Problem(common.forbidden);
  await withTx(deps.db, orgId, async (tx) => {
    const { acting } = await act(tx, actor);
    if (!leaving && actor.userId && !acting.permissions.has("team.manage"))
      throw new Problem(common.forbidden);
    const member = await findMembership(tx, orgId, userId);
    if (!member) throw new Problem(common.not_found);
    if (!leaving && !manages(acting.role, member.role)) throw new Problem(tenancyProblems.rank);
    if (member.role === "owner" && (await countMembers(tx, orgId)).owners === 1)
      throw new Problem(tenancyProblems.last_owner);
    // Whoever is in no organization can sign in nowhere.
    if (leaving && (await listOrganizationIds(tx, userId, 2)).length < 2)
      throw new Problem(tenancyProblems.last_organization);
    await endMembership(tx, deps, orgId, userId);
    await audit(tx, deps.clock.now(), {
      orgId,
      actorId: actorIdOf(actor),
      action: leaving ? "member.left" : "member.removed",
      targetId: userId,
      detail: { role: member.role },
    });
    const [user] = leaving ? [] : await findUsers(tx, [userId]);
    if (user) await deps.mail.send(tx, { kind: "tenancy.removed", to: user.email, orgId });
    tx.afterCommit(() => deps.hub.publish("member.updated", orgId, { user_id: userId }));
  });
}

/** The membership, what the person invited and wrote for themselves, and their keys. In a transaction that holds the organization's lock. */
export async function endMembership(
  tx: Tx,
  { clock, revocations, writings }: Pick<TenancyDeps, "clock" | "revocations" | "writings">,
  orgId: OrgId,
  userId: UserId,
): Promise<void> {
  const now = clock.now();
  await revokePersonalKeys(tx, orgId, userId, now);
  await voidHigherInvitations(tx, orgId, userId, null, now);
  await writings.forgetPerson(tx, orgId, userId);
  await deleteMembership(tx, orgId, userId);
  await revocations.revokeWith(tx, { userId, orgId });
}
