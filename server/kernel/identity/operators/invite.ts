import { withTx } from "../../../platform/db/index.ts";
import type { Id, OrgId, UserId } from "../../../platform/ids.ts";
import { Problem } from "../../../platform/problem.ts";
import type { IdentityDeps } from "../deps.ts";
import { findUserById, insertNewUser } from "../people/store.ts";
import type { User } from "../people/user.ts";
import { identityProblems } from "../problems.ts";
import { deletePendingOf } from "../registration/store.ts";
import { INVITED_MAIL } from "./mails.ts";
import { note } from "./note.ts";

/**
 * Makes a person without a password, and their own organization; a mailed link lets them set one. Their ids follow from the
 * operation's, so that a retry finds what it made. 409 when the address is taken.
 */
export function invitePerson(
  deps: IdentityDeps,
  operatorId: UserId,
  { email: written, fullName }: { email: string; fullName: string },
  operationId: Id<"idk">,
): Promise<User> {
  const { clock, db, mail, organizations } = deps;
  const orgId: OrgId = `org_${operationId.slice(4)}`;
  const id: UserId = `usr_${operationId.slice(4)}`;
  const email = written.toLowerCase();
  const user: User = { id, email, fullName, operator: false };
  return withTx(db, orgId, async (tx) => {
    if (await findUserById(tx, id)) return user;
    const now = clock.now();
    if (!(await insertNewUser(tx, { id, email, fullName, passwordHash: null, locale: "en", now })))
      throw new Problem(identityProblems.address_taken);
    await deletePendingOf(tx, email);
    await organizations.createPersonalOrganization(tx, { orgId, userId: id, fullName, now });
    await note(tx, deps, { actorId: operatorId, action: "person.invited", targetId: id });
    await mail.send(tx, { kind: INVITED_MAIL, to: email, ref: { user_id: id } });
    return user;
  });
}
