import { type Tx, withTx } from "../../../platform/db/index.ts";
import { rankOf, type Actor, type Role } from "../../../platform/http/index.ts";
import type { UserId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { audit, findUsers, rotateSessionsOf } from "../../identity/index.ts";
import type { TenancyDeps } from "../deps.ts";
import { voidHigherInvitations } from "../invitations/store.ts";
import type { Permission } from "../permissions.ts";
import { actorIdOf } from "../person.ts";
import { tenancyProblems } from "../problems.ts";
import { endOutsiders } from "../sso/end-outsiders.ts";
import { act, manages, mayAssign, type Acting } from "./standing.ts";
import {
  countMembers,
  deleteAllOverrides,
  findMembership,
  type Membership,
  updateRole,
  writeOverrides,
} from "./store.ts";

/** Per permission: true grants it, false denies it, null leaves it to the role again. */
export type OverrideChanges = ReadonlyMap<Permission, boolean | null>;
type Change = { role?: Role | undefined; overrides?: OverrideChanges | undefined };

/**
 * Gives a member another role, or decides permissions of theirs one by one. Ranks are managed strictly downwards, owners
 * by owners; nobody hands out more than they hold; one owner remains.
 */
export async function changeMember(
  deps: TenancyDeps,
  actor: Actor,
  userId: UserId,
  change: Change,
): Promise<void> {
  const { orgId } = actor;
  await withTx(deps.db, orgId, async (tx) => {
    const { acting } = await act(tx, actor);
    const member = await findMembership(tx, orgId, userId);
    if (!member) throw new Problem(common.not_found);
    const role = change.role ?? member.role;
    if (!manages(acting.role, member.role) || !mayAssign(acting.role, role))
      throw new Problem(tenancyProblems.rank);
    if (change.overrides) checkOverrides(acting, actor, role, change.overrides);
    if (role !== member.role) await giveRole(tx, deps, actor, member, role);
    if (change.overrides?.size) await override(tx, deps, actor, userId, change.overrides);
    await deps.revocations.revokeWith(tx, { userId, orgId });
    tx.afterCommit(() => deps.hub.publish("member.updated", orgId, { user_id: userId }));
  });
}

/** Nobody gives or takes what they do not hold; a key must have it as a scope as well. */
function checkOverrides(acting: Acting, { scopes }: Actor, role: Role, changes: OverrideChanges): void {
  if (role === "owner" && changes.size > 0) throw new Problem(tenancyProblems.owner_holds_all);
  for (const name of changes.keys())
    if (!acting.permissions.has(name) || (scopes && !scopes.includes(name)))
      throw new Problem(tenancyProblems.above_own_role, { detail: `You do not hold ${name} yourself` });
}

/** In a transaction that holds the organization's lock. */
export async function giveRole(
  tx: Tx,
  deps: TenancyDeps,
  actor: Actor,
  member: Membership,
  role: Role,
): Promise<void> {
  const { orgId } = actor;
  const { userId } = member;
  const now = deps.clock.now();
  if (member.role === "owner" && (await countMembers(tx, orgId)).owners === 1)
    throw new Problem(tenancyProblems.last_owner);
  await updateRole(tx, orgId, userId, role);
  if (role === "owner") await deleteAllOverrides(tx, orgId, userId);
  if (rankOf(role) < rankOf(member.role)) await voidHigherInvitations(tx, orgId, userId, role, now);
  await audit(tx, now, {
    orgId,
    actorId: actorIdOf(actor),
    action: "member.role_changed",
    targetId: userId,
    detail: { from: member.role, to: role },
  });
  const { revocations } = deps;
  const sessionEnded = (credentialId: string) => revocations.revoke({ credentialId });
  await rotateSessionsOf(tx, { sessionEnded }, userId, orgId);
  if (member.role === "owner") await endOutsiders(tx, deps, orgId, actorIdOf(actor));
  const [user] = userId === actor.userId ? [] : await findUsers(tx, [userId]);
  if (user) await deps.mail.send(tx, { kind: "tenancy.role_changed", to: user.email, orgId, ref: { role } });
}

async function override(
  tx: Tx,
  { clock }: TenancyDeps,
  actor: Actor,
  userId: UserId,
  changes: OverrideChanges,
): Promise<void> {
  const { orgId } = actor;
  const by = { actorId: actorIdOf(actor), now: clock.now() };
  await writeOverrides(tx, orgId, userId, changes, by);
  await audit(tx, by.now, {
    orgId,
    actorId: by.actorId,
    action: "member.overrides_changed",
    targetId: userId,
    detail: Object.fromEntries(changes),
  });
}
