import { withSystemTx } from "../../platform/db/index.ts";
import { may, type Actor } from "../../platform/http/index.ts";
import { Problem, common } from "../../platform/problem.ts";
import { getSession, type Session } from "../identity/index.ts";
import type { CachedDb } from "./cached.ts";
import { organizationsOf } from "./organizations/organization.ts";
import { PERMISSION_NAMES, type Permission } from "./permissions.ts";
import { personOf } from "./person.ts";
import type { Organization } from "./organizations/store.ts";

export type Me = {
  session: Session;
  organization: Organization;
  organizations: Organization[];
  permissions: readonly Permission[];
  mfaDue: boolean;
};

/** The signed-in person, their session, the organization it is in and the others they could switch to. */
export async function whoAmI({ db, cache }: CachedDb, actor: Actor): Promise<Me> {
  const { userId, orgId } = personOf(actor);
  const session = await withSystemTx(db, (tx) => getSession(tx, actor.credentialId));
  const organizations = await organizationsOf({ db, cache }, userId);
  const here = organizations.find(({ id }) => id === orgId);
  // The role is the credential's, which is never as old as what is cached.
  const organization = here && { ...here, role: actor.role };
  if (!session || !organization) throw new Problem(common.unauthenticated);
  const permissions = PERMISSION_NAMES.filter((name) => may(actor, name));
  return { session, organization, organizations, permissions, mfaDue: actor.mfaDue };
}
