import type { Tx } from "../../platform/db/index.ts";
import type { Role } from "../../platform/http/index.ts";
import type { MfaPolicy } from "./mfa-due.ts";
import type { OrgId, UserId } from "../../platform/ids.ts";
import type { Overrides } from "./permissions.ts";

export type Organization = { id: OrgId; name: string; personal: boolean; role: Role; createdAt: Date };
export type Membership = { userId: UserId; role: Role; createdAt: Date };

/** False when it is there already. */
export async function insertOrganization(
  tx: Tx,
  org: { id: OrgId; name: string; personal: boolean; now: Date },
): Promise<boolean> {
  const rows = await tx.query(
    "tenancy_insert_organization",
    `insert into tenancy.organizations (org_id, name, personal, created_at) values ($1, $2, $3, $4)
     on conflict do nothing returning org_id`,
    [org.id, org.name, org.personal, org.now],
  );
  return rows.length === 1;
}

export async function insertMembership(
  tx: Tx,
  orgId: OrgId,
  member: { userId: UserId; role: Role; now: Date },
): Promise<void> {
  await tx.query(
    "tenancy_insert_membership",
    `with listed as (insert into tenancy.member_directory (user_id, org_id) values ($2, $1))
     insert into tenancy.memberships (org_id, user_id, role, created_at) values ($1, $2, $3, $4)`,
    [orgId, member.userId, member.role, member.now],
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

/** The organization with the person's role in it; null when they are no member. */
export async function findOrganization(tx: Tx, orgId: OrgId, userId: UserId): Promise<Organization | null> {
  const [row] = await tx.query<Omit<Organization, "createdAt"> & { created_at: Date }>(
    "tenancy_organization",
    `select o.org_id as id, o.name, o.personal, o.created_at, m.role
     from tenancy.organizations o join tenancy.memberships m on m.org_id = o.org_id and m.user_id = $2
     where o.org_id = $1`,
    [orgId, userId],
  );
  if (!row) return null;
  const { created_at: createdAt, ...rest } = row;
  return { ...rest, createdAt };
}

export async function findRole(tx: Tx, orgId: OrgId, userId: UserId): Promise<Role | null> {
  const [row] = await tx.query<{ role: Role }>(
    "tenancy_role",
    "select role from tenancy.memberships where org_id = $1 and user_id = $2",
    [orgId, userId],
  );
  return row?.role ?? null;
}

/** A member's role and overrides, whether the organization is suspended, and which second factors it asks for. */
export type Standing = { role: Role; overrides: Overrides; suspended: boolean } & MfaPolicy;

/** One JSON object, permission → granted, of the member whom `userId` (an SQL expression) names. */
export const overridesOf = (userId: string): string =>
  `coalesce((select jsonb_object_agg(v.permission, v.granted) from tenancy.overrides v
     where v.org_id = $1 and v.user_id = ${userId}), '{}')`;

/** Null when they are no member. */
export async function findMember(tx: Tx, orgId: OrgId, userId: UserId): Promise<Standing | null> {
  const [row] = await tx.query<Standing>(
    "tenancy_member",
    `select m.role, o.suspended_at is not null as suspended, ${overridesOf("m.user_id")} as overrides,
       case when p.mfa_required then p.methods end as "mfaMethods"
     from tenancy.memberships m join tenancy.organizations o on o.org_id = m.org_id
       left join tenancy.policies p on p.org_id = m.org_id
     where m.org_id = $1 and m.user_id = $2`,
    [orgId, userId],
  );
  return row ?? null;
}

/** Oldest members first, after the position. */
export async function listMemberships(
  tx: Tx,
  orgId: OrgId,
  limit: number,
  after: { at: Date; id: string } | null,
): Promise<Membership[]> {
  const rows = await tx.query<{ user_id: UserId; role: Role; created_at: Date }>(
    "tenancy_memberships",
    `select user_id, role, created_at from tenancy.memberships
     where org_id = $1 and ($2::timestamptz is null or (created_at, user_id) > ($2, $3))
     order by created_at, user_id limit $4`,
    [orgId, after?.at ?? null, after?.id ?? null, limit],
  );
  return rows.map((row) => ({ userId: row.user_id, role: row.role, createdAt: row.created_at }));
}
