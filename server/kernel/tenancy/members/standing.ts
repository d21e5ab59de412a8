import type { Tx } from "../../../platform/db/index.ts";
import { rankOf, type Actor, type Role } from "../../../platform/http/index.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { lockOrganization, type Root } from "../organizations/store.ts";
import { permissionsOf } from "../permissions.ts";
import { findMember } from "./store.ts";

/** Who acts, as the database says now: another's change may have come in between. */
export type Acting = { role: Role; permissions: ReadonlySet<string> };

/**
 * Takes the organization's lock and reads the actor's standing behind it, so that what is decided next holds until the
 * transaction ends: of two owners who demote each other at once, the second is an owner no more.
 */
export async function act(tx: Tx, actor: Actor): Promise<{ organization: Root; acting: Acting }> {
  const organization = await lockOrganization(tx, actor.orgId);
  if (!organization) throw new Problem(common.not_found);
  if (!actor.userId) return { organization, acting: actor };
  const member = await findMember(tx, actor.orgId, actor.userId);
  if (!member) throw new Problem(common.unauthenticated);
  const permissions = permissionsOf(member.role, member.overrides);
  return { organization, acting: { role: member.role, permissions } };
}

/** Strictly lower ranks are managed; owners manage each other. */
export const manages = (acting: Role, target: Role): boolean =>
  acting === "owner" || rankOf(acting) > rankOf(target);

/** One assigns at most one's own rank. */
export const mayAssign = (acting: Role, role: Role): boolean => rankOf(acting) >= rankOf(role);
