import type { Actor, Role } from "../../platform/http/index.ts";
import type { OrgId, UserId } from "../../platform/ids.ts";
import { Problem, common } from "../../platform/problem.ts";

/** A person in an organization, as their session proves it. */
export type Person = { userId: UserId; orgId: OrgId; role: Role; permissions: ReadonlySet<string> };

/** The person behind a session; a key is nobody. */
export function personOf({ userId, orgId, role, permissions }: Actor): Person {
  if (!userId) throw new Problem(common.forbidden);
  return { userId, orgId, role, permissions };
}

/** Who acted, as the audit trail names them: a person, or a key. */
export const actorIdOf = ({ userId, credentialId }: Actor): string => userId ?? credentialId;
