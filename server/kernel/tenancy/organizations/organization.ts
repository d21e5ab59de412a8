import type { Clock } from "../../../platform/clock.ts";
import { ownedAlone } from "./owned-alone.ts";
import { asTenant, type Db, type Tx, withSystemTx, withTx } from "../../../platform/db/index.ts";
import type { Id, OrgId, UserId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { audit, type OrganizationActions } from "../../identity/index.ts";
import type { CachedDb } from "../cached.ts";
import { tenancyProblems } from "../problems.ts";
import type { Revocations } from "../revocations.ts";
import { insertMembership } from "../members/store.ts";
import { keyOf } from "../sso/connection.ts";
import { requiresIssuer } from "../sso/store.ts";
import { isReserved, slugFor } from "./slug.ts";
import {
  findOrganizationOf,
  insertOrganization,
  listOrganizationIds,
  lockOrganizationsOf,
  takeSlug,
  type Organization,
} from "./store.ts";

/** Organizations that one person may be in. */
const MAX_ORGANIZATIONS = 50;
const CACHED_SECONDS = 900;

type NewOrganization = {
  id: OrgId;
  name: string;
  slug: string;
  personal: boolean;
  ownerId: UserId;
  now: Date;
};

/**
 * Makes an organization with its owner, in `tx` of that very organization. Made before under the same id: nothing
 * happens. 409 when another has the slug.
 */
async function createOrganization(tx: Tx, org: NewOrganization): Promise<void> {
  if (!(await insertOrganization(tx, org))) return;
  await claimSlug(tx, org.id, org.slug);
  await insertMembership(tx, org.id, { userId: org.ownerId, role: "owner", now: org.now });
  const made = { orgId: org.id, actorId: org.ownerId, targetId: org.id };
  const { slug } = org;
  await audit(tx, org.now, {
    ...made,
    action: "organization.created",
    ...(org.personal ? { personal: { userId: org.ownerId, fields: { slug } } } : { detail: { slug } }),
  });
}

/** 422 for a reserved word, 409 when another organization has it. */
export async function claimSlug(tx: Tx, orgId: OrgId, slug: string): Promise<void> {
  if (isReserved(slug))
    throw new Problem(common.invalid_input, { errors: [{ pointer: "/slug", detail: "is a reserved word" }] });
  if (!(await takeSlug(tx, orgId, slug))) throw new Problem(tenancyProblems.slug_taken);
}

/** What `server/app.ts` hands to identity as `organizations`. */
export const organizationActions: OrganizationActions = {
  createPersonalOrganization: (tx, { orgId, userId, fullName, now }) =>
    createOrganization(tx, {
      id: orgId,
      name: fullName,
      slug: slugFor(fullName),
      personal: true,
      ownerId: userId,
      now,
    }),
  async chooseOrganization(tx, userId, preferred, amr) {
    const ids = await listOrganizationIds(tx, userId, MAX_ORGANIZATIONS);
    const wanted = ids.find((id) => id === preferred);
    for (const id of wanted ? [wanted, ...ids] : ids) if (await mayEnter(tx, id, userId, amr)) return id;
    return null;
  },
  organizationIds: (tx, userId) => listOrganizationIds(tx, userId, MAX_ORGANIZATIONS),
  ownedAlone: async (tx, userId) =>
    ownedAlone(tx, await listOrganizationIds(tx, userId, MAX_ORGANIZATIONS), userId),
};

/** Whether a session that began like this may be in the organization, which may ask for its own issuer. */
export async function mayEnter(tx: Tx, id: OrgId, userId: UserId, amr: readonly string[]): Promise<boolean> {
  if (amr.includes(keyOf(id))) return true;
  return !(await asTenant(tx, id, () => requiresIssuer(tx, id, userId)));
}

/** The person's organizations, oldest first, each read behind its own wall. A change of one shows within milliseconds. */
export async function organizationsOf({ db, cache }: CachedDb, userId: UserId): Promise<Organization[]> {
  const tags = [`user:${userId}`];
  const ids = await cache.get(
    { resource: "organization_list", org: null, key: userId, tags, ttlSeconds: CACHED_SECONDS },
    () => withSystemTx(db, (tx) => listOrganizationIds(tx, userId, MAX_ORGANIZATIONS)),
  );
  const found: Organization[] = [];
  for (const id of ids) {
    const entry = { resource: "organization", org: id, key: userId, ttlSeconds: CACHED_SECONDS };
    const organization = await cache.get({ ...entry, tags: [...tags, `organization:${id}`] }, () =>
      withTx(db, id, (tx) => findOrganizationOf(tx, id, userId)),
    );
    if (organization) found.push(organization);
  }
  return found;
}

/**
 * What `server/app.ts` hands to identity as `personChanged`: what they hold is asked about again, and the lists that name
 * them are read anew, from the commit on.
 */
export const personChanged =
  ({ cache, revocations }: Pick<CachedDb, "cache"> & { revocations: Revocations }) =>
  async (tx: Tx, userId: UserId): Promise<void> => {
    const ids = await listOrganizationIds(tx, userId, MAX_ORGANIZATIONS);
    cache.invalidate(
      tx,
      ids.map((id) => `users:${id}`),
    );
    await revocations.revokeWith(tx, { userId });
  };

/** 409 when the person is in too many organizations to join this one as well; held until the transaction ends. */
export async function findRoom(tx: Tx, userId: UserId, orgId: OrgId): Promise<void> {
  await lockOrganizationsOf(tx, userId);
  const ids = await listOrganizationIds(tx, userId, MAX_ORGANIZATIONS);
  if (!ids.includes(orgId) && ids.length >= MAX_ORGANIZATIONS)
    throw new Problem(tenancyProblems.too_many_organizations);
}

/** A person makes one more organization. Its id follows from the operation's, so that a retry finds what it made. */
export async function foundOrganization(
  { db, clock, revocations }: { db: Db; clock: Clock; revocations: Revocations },
  ownerId: UserId,
  { name, slug }: { name: string; slug: string },
  operationId: Id<"idk">,
): Promise<Organization> {
  const id: OrgId = `org_${operationId.slice(4)}`;
  return withTx(db, id, async (tx) => {
    await findRoom(tx, ownerId, id);
    await createOrganization(tx, { id, name, slug, personal: false, ownerId, now: clock.now() });
    const made = await findOrganizationOf(tx, id, ownerId);
    if (!made) throw new Error("an organization just made is not there");
    await revocations.revokeWith(tx, { userId: ownerId });
    return made;
  });
}
