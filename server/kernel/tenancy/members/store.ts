import type { Tx } from "../../../platform/db/index.ts";
import type { Role } from "../../../platform/http/index.ts";
import type { MfaPolicy } from "../mfa-due.ts";
import type { OrgId, UserId } from "../../../platform/ids.ts";
import type { Policy } from "../organizations/policy.ts";
import type { Overrides, Permission } from "../permissions.ts";

export type Membership = { userId: UserId; role: Role; overrides: Overrides; createdAt: Date };

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

/** A member's role and overrides, whether the organization is suspended, and what it asks of sessions. */
export type Standing = {
  role: Role;
  overrides: Overrides;
  suspended: boolean;
  /** They get in through the organization's own issuer only. */
  issuerOnly: boolean;
} & MfaPolicy &
  Pick<Policy, "idleMinutes" | "ipAllow">;

/** One JSON object, permission → granted, of the member whom `userId` (an SQL expression) names. */
export const overridesOf = (userId: string): string =>
  `coalesce((select jsonb_object_agg(v.permission, v.granted) from tenancy.overrides v
     where v.org_id = $1 and v.user_id = ${userId}), '{}')`;

/** Null when they are no member. */
export async function findMember(tx: Tx, orgId: OrgId, userId: UserId): Promise<Standing | null> {
  const [row] = await tx.query<Standing>(
    "tenancy_member",
    `select m.role, o.suspended_at is not null as suspended, ${overridesOf("m.user_id")} as overrides,
       case when p.mfa_required then p.methods end as "mfaMethods", p.idle_minutes as "idleMinutes",
       coalesce(p.ip_allow, '{}') as "ipAllow", coalesce(c.required and m.role <> 'owner', false) as "issuerOnly"
     from tenancy.memberships m join tenancy.organizations o on o.org_id = m.org_id
       left join tenancy.policies p on p.org_id = m.org_id
       left join tenancy.oidc_connections c on c.org_id = m.org_id
     where m.org_id = $1 and m.user_id = $2 and o.deleted_at is null`,
    [orgId, userId],
  );
  return row ?? null;
}

/** Oldest members first, after the position; of one role only, unless null. */
export async function listMemberships(
  tx: Tx,
  orgId: OrgId,
  role: Role | null,
  limit: number,
  after: { at: Date; id: string } | null,
): Promise<Membership[]> {
  return tx.query<Membership>(
    "tenancy_memberships",
    `select m.user_id as "userId", m.role, ${overridesOf("m.user_id")} as overrides, m.created_at as "createdAt"
     from tenancy.memberships m
     where m.org_id = $1 and ($2::text is null or m.role = $2)
       and ($3::timestamptz is null or (m.created_at, m.user_id) > ($3, $4))
     order by m.created_at, m.user_id limit $5`,
    [orgId, role, after?.at ?? null, after?.id ?? null, limit],
  );
}

export async function findMembership(tx: Tx, orgId: OrgId, userId: UserId): Promise<Membership | null> {
  const [row] = await tx.query<Membership>(
    "tenancy_membership",
    `select m.user_id as "userId", m.role, ${overridesOf("m.user_id")} as overrides, m.created_at as "createdAt"
     from tenancy.memberships m where m.org_id = $1 and m.user_id = $2`,
    [orgId, userId],
  );
  return row ?? null;
}

export async function countMembers(tx: Tx, orgId: OrgId): Promise<{ all: number; owners: number }> {
  const [row] = await tx.query<{ all: number; owners: number }>(
    "tenancy_count_members",
    `select count(*)::int as all, count(*) filter (where role = 'owner')::int as owners
     from tenancy.memberships where org_id = $1`,
    [orgId],
  );
  return row ?? { all: 0, owners: 0 };
}

export async function listOwners(tx: Tx, orgId: OrgId): Promise<UserId[]> {
  const rows = await tx.query<{ user_id: UserId }>(
    "tenancy_owners",
    "select user_id from tenancy.memberships where org_id = $1 and role = 'owner' order by user_id",
    [orgId],
  );
  return rows.map((row) => row.user_id);
}

/** Who an organization falls to when it loses this owner, its only one: the highest in rank, of these the longest there. */
export async function findHeir(tx: Tx, orgId: OrgId, leaving: UserId): Promise<Membership | null> {
  const [row] = await tx.query<Membership>(
    "tenancy_heir",
    `select m.user_id as "userId", m.role, ${overridesOf("m.user_id")} as overrides, m.created_at as "createdAt"
     from tenancy.memberships m where m.org_id = $1 and m.user_id <> $2
     order by array_position(array['admin', 'agent', 'viewer'], m.role), m.created_at, m.user_id limit 1`,
    [orgId, leaving],
  );
  return row ?? null;
}

export async function updateRole(tx: Tx, orgId: OrgId, userId: UserId, role: Role): Promise<void> {
  await tx.query(
    "tenancy_update_role",
    "update tenancy.memberships set role = $3 where org_id = $1 and user_id = $2",
    [orgId, userId, role],
  );
}

/** The member, their overrides and the directory's row. */
export async function deleteMembership(tx: Tx, orgId: OrgId, userId: UserId): Promise<void> {
  await tx.query(
    "tenancy_delete_membership",
    `with unlisted as (delete from tenancy.member_directory where user_id = $2 and org_id = $1)
     delete from tenancy.memberships where org_id = $1 and user_id = $2`,
    [orgId, userId],
  );
}

/** Each permission decided anew, or by the role again where null. */
export async function writeOverrides(
  tx: Tx,
  orgId: OrgId,
  userId: UserId,
  changes: ReadonlyMap<Permission, boolean | null>,
  by: { actorId: string; now: Date },
): Promise<void> {
  const names = [...changes.keys()];
  const decided = names.filter((name) => changes.get(name) !== null);
  await tx.query(
    "tenancy_delete_overrides",
    "delete from tenancy.overrides where org_id = $1 and user_id = $2 and permission = any($3)",
    [orgId, userId, names],
  );
  await tx.query(
    "tenancy_insert_overrides",
    `insert into tenancy.overrides (org_id, user_id, permission, granted, given_by, created_at)
     select $1, $2, permission, granted, $5, $6 from unnest($3::text[], $4::boolean[]) as v (permission, granted)
     order by permission`,
    [orgId, userId, decided, decided.map((name) => changes.get(name)), by.actorId, by.now],
  );
}

export async function deleteAllOverrides(tx: Tx, orgId: OrgId, userId: UserId): Promise<void> {
  await tx.query(
    "tenancy_delete_all_overrides",
    "delete from tenancy.overrides where org_id = $1 and user_id = $2",
    [orgId, userId],
  );
}
