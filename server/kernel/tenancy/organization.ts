import type { Clock } from "../../platform/clock.ts";
import { type Db, type Tx, withSystemTx, withTx } from "../../platform/db/index.ts";
import type { Id, OrgId, UserId } from "../../platform/ids.ts";
import { Problem } from "../../platform/problem.ts";
import type { OrganizationActions } from "../identity/index.ts";
import { tenancyProblems } from "./problems.ts";
import {
  findOrganization,
  insertMembership,
  insertOrganization,
  listOrganizationIds,
  lockOrganizationsOf,
  type Organization,
} from "./store.ts";

/** Organizations that one person may be in. */
const MAX_ORGANIZATIONS = 50;

/**
 * Makes an organization with its owner, in `tx` of that very organization. Made before under the same id: nothing
 * happens.
 */
async function createOrganization(
  tx: Tx,
  org: { id: OrgId; name: string; personal: boolean; ownerId: UserId; now: Date },
): Promise<void> {
  if (await insertOrganization(tx, org))
    await insertMembership(tx, org.id, { userId: org.ownerId, role: "owner", now: org.now });
}

/** What `server/app.ts` hands to identity as `organizations`. */
export const organizationActions: OrganizationActions = {
  createPersonalOrganization: (tx, { orgId, userId, fullName, now }) =>
    createOrganization(tx, { id: orgId, name: fullName, personal: true, ownerId: userId, now }),
  async chooseOrganization(tx, userId, preferred) {
    const ids = await listOrganizationIds(tx, userId, MAX_ORGANIZATIONS);
    return ids.find((id) => id === preferred) ?? ids[0] ?? null;
  },
};

/** The person's organizations, oldest first, each read behind its own wall. */
export async function organizationsOf(db: Db, userId: UserId): Promise<Organization[]> {
  const ids = await withSystemTx(db, (tx) => listOrganizationIds(tx, userId, MAX_ORGANIZATIONS));
  const found: Organization[] = [];
  for (const id of ids) {
    const organization = await withTx(db, id, (tx) => findOrganization(tx, id, userId));
    if (organization) found.push(organization);
  }
  return found;
}

/** A person makes one more organization. Its id follows from the operation's, so that a retry finds what it made. */
export async function foundOrganization(
  { db, clock }: { db: Db; clock: Clock },
  ownerId: UserId,
  name: string,
  operationId: Id<"idk">,
): Promise<Organization> {
  const id: OrgId = `org_${operationId.slice(4)}`;
  return withTx(db, id, async (tx) => {
    await lockOrganizationsOf(tx, ownerId);
    const ids = await listOrganizationIds(tx, ownerId, MAX_ORGANIZATIONS);
    if (!ids.includes(id) && ids.length >= MAX_ORGANIZATIONS)
      throw new Problem(tenancyProblems.too_many_organizations);
    await createOrganization(tx, { id, name, personal: false, ownerId, now: clock.now() });
    const made = await findOrganization(tx, id, ownerId);
    if (!made) throw new Error("an organization just made is not there");
    return made;
  });
}
