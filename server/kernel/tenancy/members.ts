import { type Db, withTx } from "../../platform/db/index.ts";
import type { OrgId } from "../../platform/ids.ts";
import { findUsers, type User } from "../identity/index.ts";
import { listMemberships, type Membership } from "./store.ts";

export type Member = Membership & { user: User };

/** Members of an organization, oldest first. */
export function membersOf(
  db: Db,
  orgId: OrgId,
  limit: number,
  after: { at: Date; id: string } | null,
): Promise<Member[]> {
  return withTx(db, orgId, async (tx) => {
    const memberships = await listMemberships(tx, orgId, limit, after);
    const users = await findUsers(
      tx,
      memberships.map(({ userId }) => userId),
    );
    const byId = new Map(users.map((user) => [user.id, user]));
    return memberships.flatMap((membership) => {
      const user = byId.get(membership.userId);
      return user ? [{ ...membership, user }] : [];
    });
  });
}
