import type { Tx } from "../../../platform/db/index.ts";
import type { Role } from "../../../platform/http/index.ts";
import type { OrgId, UserId } from "../../../platform/ids.ts";

/** An organization as one of its members sees it. */
export type Organization = {
  id: OrgId;
  name: string;
  slug: string;
  personal: boolean;
  suspended: boolean;
  role: Role;
  createdAt: Date;
};

/** False when it is there already. */
export async function insertOrganization(
  tx: Tx,
  org: { id: OrgId; name: string; slug: string; personal: boolean; now: Date },
): Promise<boolean> {
  const rows = await tx.query(
    "tenancy_insert_organization",
    `insert into tenancy.organizations (org_id, name, slug, personal, created_at) values ($1, $2, $3, $4, $5)
     on conflict do nothing returning org_id`,
    [org.id, org.name, org.slug, org.personal, org.now],
  );
  return rows.length === 1;
}

/** Directory: takes a slug; false when another organization has it. */
export async function takeSlug(tx: Tx, orgId: OrgId, slug: string): Promise<boolean> {
  const rows = await tx.query(
    "tenancy_take_slug",
    "insert into tenancy.slug_directory (slug, org_id) values ($2, $1) on conflict do nothing returning slug",
    [orgId, slug],
  );
  return rows.length === 1;
}

/** Directory: gives back every slug of the organization but this one. */
export async function releaseOtherSlugs(tx: Tx, orgId: OrgId, slug: string): Promise<void> {
  await tx.query(
    "tenancy_release_slugs",
    "delete from tenancy.slug_directory where org_id = $1 and slug <> $2",
    [orgId, slug],
  );
}

/** One at a time adds to the organizations of a person, so that two cannot both find room for the last. */
export async function lockOrganizationsOf(tx: Tx, userId: UserId): Promise<void> {
  await tx.query(
    "tenancy_lock_organizations_of",
    "select pg_advisory_xact_lock(hashtextextended('tenancy.organizations_of ' || $1, 0))",
    [userId],
  );
}

/** Directory: where the person is a member, oldest organization first. */
export async function listOrganizationIds(tx: Tx, userId: UserId, most: number): Promise<OrgId[]> {
  const rows = await tx.query<{ org_id: OrgId }>(
    "tenancy_organizations_of",
    "select org_id from tenancy.member_directory where user_id = $1 order by org_id limit $2",
    [userId, most],
  );
  return rows.map(({ org_id: id }) => id);
}

const ORGANIZATION = `o.org_id as id, o.name, o.slug, o.personal, o.suspended_at is not null as suspended,
       o.created_at as "createdAt"`;

/** Null once it was deleted. */
export async function findOrganization(tx: Tx, orgId: OrgId): Promise<Omit<Organization, "role"> | null> {
  const [row] = await tx.query<Organization>(
    "tenancy_organization",
    `select ${ORGANIZATION} from tenancy.organizations o where o.org_id = $1 and o.deleted_at is null`,
    [orgId],
  );
  return row ?? null;
}

/** Every organization that is not deleted, after the id, in the order of ids (operator's role). */
export function listOrganizations(
  tx: Tx,
  after: string | null,
  limit: number,
): Promise<{ id: OrgId; createdAt: Date }[]> {
  return tx.query(
    "tenancy_organizations",
    `select org_id as id, created_at as "createdAt" from tenancy.organizations
     where deleted_at is null and ($1::text is null or org_id > $1) order by org_id limit $2`,
    [after, limit],
  );
}

/** The organization with the person's role in it; null when they are no member. */
export async function findOrganizationOf(tx: Tx, orgId: OrgId, userId: UserId): Promise<Organization | null> {
  const [row] = await tx.query<Organization>(
    "tenancy_organization_of",
    `select ${ORGANIZATION}, m.role
     from tenancy.organizations o join tenancy.memberships m on m.org_id = o.org_id and m.user_id = $2
     where o.org_id = $1 and o.deleted_at is null`,
    [orgId, userId],
  );
  return row ?? null;
}

/** The root row, as everything that changes who may do what in the organization takes it first. */
export type Root = { name: string; slug: string; personal: boolean; suspendedAt: Date | null };

/** Locks the organization: changes of its members, invitations and keys take turns. Null once it was deleted. */
export async function lockOrganization(tx: Tx, orgId: OrgId): Promise<Root | null> {
  const [row] = await tx.query<Root>(
    "tenancy_lock_organization",
    `select name, slug, personal, suspended_at as "suspendedAt" from tenancy.organizations
     where org_id = $1 and deleted_at is null for no key update`,
    [orgId],
  );
  return row ?? null;
}

export async function updateOrganization(
  tx: Tx,
  orgId: OrgId,
  to: { name: string; slug: string },
): Promise<void> {
  await tx.query(
    "tenancy_update_organization",
    "update tenancy.organizations set name = $2, slug = $3 where org_id = $1",
    [orgId, to.name, to.slug],
  );
}

/** Null: goes on again. */
export async function updateSuspension(
  tx: Tx,
  orgId: OrgId,
  suspended: { at: Date; reason: string } | null,
): Promise<void> {
  await tx.query(
    "tenancy_update_suspension",
    "update tenancy.organizations set suspended_at = $2, suspended_reason = $3 where org_id = $1",
    [orgId, suspended?.at ?? null, suspended?.reason ?? null],
  );
}

export async function markDeleted(tx: Tx, orgId: OrgId, now: Date): Promise<void> {
  await tx.query(
    "tenancy_mark_deleted",
    "update tenancy.organizations set deleted_at = $2 where org_id = $1",
    [orgId, now],
  );
}

/** Deleted or not: what mails call it. */
export async function findName(tx: Tx, orgId: OrgId): Promise<string | null> {
  const [row] = await tx.query<{ name: string }>(
    "tenancy_organization_name",
    "select name from tenancy.organizations where org_id = $1",
    [orgId],
  );
  return row?.name ?? null;
}
