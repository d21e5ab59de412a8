import type { Tx } from "../../../platform/db/index.ts";
import type { Role } from "../../../platform/http/index.ts";
import type { Id, OrgId, UserId } from "../../../platform/ids.ts";

export type Invitation = {
  id: Id<"ivt">;
  email: string;
  role: Role;
  state: "pending" | "accepted" | "revoked" | "void";
  /** A person's or key's id. */
  invitedBy: string;
  expiresAt: Date;
  createdAt: Date;
};

const COLUMNS = `i.id, i.email, i.role, i.state, i.invited_by as "invitedBy", i.expires_at as "expiresAt",
  i.created_at as "createdAt"`;

/** False when it is there already, or the address has another pending one. */
export async function insertInvitation(tx: Tx, orgId: OrgId, invitation: Invitation): Promise<boolean> {
  const { id, email, role, invitedBy, expiresAt, createdAt } = invitation;
  const rows = await tx.query(
    "tenancy_insert_invitation",
    `insert into tenancy.invitations (org_id, id, email, role, invited_by, expires_at, created_at)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning id`,
    [orgId, id, email, role, invitedBy, expiresAt, createdAt],
  );
  return rows.length === 1;
}

export async function findInvitation(tx: Tx, orgId: OrgId, id: string): Promise<Invitation | null> {
  const [row] = await tx.query<Invitation>(
    "tenancy_invitation",
    `select ${COLUMNS} from tenancy.invitations i where i.org_id = $1 and i.id = $2`,
    [orgId, id],
  );
  return row ?? null;
}

export async function findPending(tx: Tx, orgId: OrgId, email: string): Promise<Invitation | null> {
  const [row] = await tx.query<Invitation>(
    "tenancy_pending_invitation",
    `select ${COLUMNS} from tenancy.invitations i where i.org_id = $1 and i.email = $2 and i.state = 'pending'`,
    [orgId, email],
  );
  return row ?? null;
}

/** Pending ones, run out or not, newest first, after the position. */
export async function listPending(
  tx: Tx,
  orgId: OrgId,
  limit: number,
  after: { at: Date; id: string } | null,
): Promise<Invitation[]> {
  return tx.query<Invitation>(
    "tenancy_pending_invitations",
    `select ${COLUMNS} from tenancy.invitations i
     where i.org_id = $1 and i.state = 'pending' and ($2::timestamptz is null or (i.created_at, i.id) < ($2, $3))
     order by i.created_at desc, i.id desc limit $4`,
    [orgId, after?.at ?? null, after?.id ?? null, limit],
  );
}

/** How many may still be accepted. */
export async function countLive(tx: Tx, orgId: OrgId, now: Date): Promise<number> {
  const [row] = await tx.query<{ live: number }>(
    "tenancy_count_invitations",
    `select count(*)::int as live from tenancy.invitations
     where org_id = $1 and state = 'pending' and expires_at > $2`,
    [orgId, now],
  );
  return row?.live ?? 0;
}

/** When the last `most` were made since then, oldest first. */
export async function listMadeSince(tx: Tx, orgId: OrgId, since: Date, most: number): Promise<Date[]> {
  const rows = await tx.query<{ created_at: Date }>(
    "tenancy_invitations_since",
    `select created_at from tenancy.invitations where org_id = $1 and created_at > $2
     order by created_at desc limit $3`,
    [orgId, since, most],
  );
  return rows.map((row) => row.created_at).toReversed();
}

/** Ends a pending one and voids its tokens; false when it was not pending. */
export async function endInvitation(
  tx: Tx,
  orgId: OrgId,
  id: string,
  state: "accepted" | "revoked" | "void",
  now: Date,
): Promise<boolean> {
  const rows = await tx.query(
    "tenancy_end_invitation",
    `with spent as (delete from tenancy.invitation_directory where org_id = $1 and invitation_id = $2)
     update tenancy.invitations set state = $3, ended_at = $4 where org_id = $1 and id = $2 and state = 'pending'
     returning id`,
    [orgId, id, state, now],
  );
  return rows.length === 1;
}

export async function updateExpiry(tx: Tx, orgId: OrgId, id: string, expiresAt: Date): Promise<void> {
  await tx.query(
    "tenancy_prolong_invitation",
    "update tenancy.invitations set expires_at = $3 where org_id = $1 and id = $2 and state = 'pending'",
    [orgId, id, expiresAt],
  );
}

const RANKS: readonly Role[] = ["viewer", "agent", "admin", "owner"];

/** Voids what the person invited to a rank above `most`; all of it when null. */
export async function voidHigherInvitations(
  tx: Tx,
  orgId: OrgId,
  invitedBy: UserId,
  most: Role | null,
  now: Date,
): Promise<void> {
  const above = most === null ? RANKS : RANKS.slice(RANKS.indexOf(most) + 1);
  await endMany(tx, orgId, invitedBy, above, now);
}

/** Voids every pending invitation. */
export const endInvitations = (tx: Tx, orgId: OrgId, now: Date): Promise<void> =>
  endMany(tx, orgId, null, RANKS, now);

/** Forgets whom the organization ever invited; that it did, and when, stays. */
export async function eraseInvitations(tx: Tx, orgId: OrgId): Promise<void> {
  await tx.query(
    "tenancy_erase_invitations",
    "update tenancy.invitations set email = id || '@anonymized.invalid' where org_id = $1",
    [orgId],
  );
}

async function endMany(
  tx: Tx,
  orgId: OrgId,
  invitedBy: UserId | null,
  roles: readonly Role[],
  now: Date,
): Promise<void> {
  await tx.query(
    "tenancy_void_invitations",
    `with ended as (
       update tenancy.invitations set state = 'void', ended_at = $4
       where org_id = $1 and state = 'pending' and role = any($3) and ($2::text is null or invited_by = $2)
       returning id)
     delete from tenancy.invitation_directory d using ended where d.org_id = $1 and d.invitation_id = ended.id`,
    [orgId, invitedBy, roles, now],
  );
}

/** Directory: which invitation a token is for. */
export async function locateInvitation(
  tx: Tx,
  tokenHash: Buffer,
): Promise<{ orgId: OrgId; id: Id<"ivt"> } | null> {
  const [row] = await tx.query<{ orgId: OrgId; id: Id<"ivt"> }>(
    "tenancy_locate_invitation",
    `select org_id as "orgId", invitation_id as id from tenancy.invitation_directory where token_hash = $1`,
    [tokenHash],
  );
  return row ?? null;
}

/** Directory: one more token of the invitation; the oldest beyond `most` are void. */
export async function insertToken(
  tx: Tx,
  orgId: OrgId,
  id: string,
  token: { hash: Buffer; most: number; now: Date },
): Promise<void> {
  await tx.query(
    "tenancy_insert_invitation_token",
    `insert into tenancy.invitation_directory (token_hash, org_id, invitation_id, created_at)
     values ($3, $1, $2, $4) on conflict do nothing`,
    [orgId, id, token.hash, token.now],
  );
  await tx.query(
    "tenancy_void_invitation_tokens",
    `delete from tenancy.invitation_directory where token_hash in (
       select token_hash from tenancy.invitation_directory where org_id = $1 and invitation_id = $2
       order by created_at desc, token_hash offset $3)`,
    [orgId, id, token.most],
  );
}
