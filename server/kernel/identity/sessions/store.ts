import type { Tx } from "../../../platform/db/index.ts";
import type { Id, OrgId, UserId } from "../../../platform/ids.ts";
import { plainUser, USER_COLUMNS, type UserRow } from "../people/store.ts";
import type { Amr, Factor, Session } from "./session.ts";

export type EndReason = "user_action" | "evicted" | "expired";
type SessionRow = {
  session_id: Id<"ses">;
  org_id: OrgId;
  csrf_token: string;
  proven_at: Date;
  factors: Factor[];
  last_seen_at: Date;
  expires_at: Date;
} & UserRow;

export async function lastOrganization(tx: Tx, userId: UserId): Promise<OrgId | null> {
  const [row] = await tx.query<{ org_id: OrgId }>(
    "identity_last_organization",
    "select org_id from identity.sessions where user_id = $1 order by created_at desc, id desc limit 1",
    [userId],
  );
  return row?.org_id ?? null;
}

/** Ends the person's sessions that have run out, and the oldest beyond `most` live ones. Returns the ended ids. */
export async function endSurplus(
  tx: Tx,
  userId: UserId,
  most: number,
  idleSince: Date,
  now: Date,
): Promise<Id<"ses">[]> {
  const rows = await tx.query<{ id: Id<"ses"> }>(
    "identity_end_surplus",
    `with open as (
       select id, expires_at <= $4 or last_seen_at <= $3 as over,
         row_number() over (partition by expires_at <= $4 or last_seen_at <= $3 order by created_at desc, id desc) as rank
       from identity.sessions where user_id = $1 and ended_at is null)
     update identity.sessions s set ended_at = $4, end_reason = case when open.over then 'expired' else 'evicted' end
     from open where s.id = open.id and (open.over or open.rank > $2)
     returning s.id`,
    [userId, most, idleSince, now],
  );
  return rows.map(({ id }) => id);
}

export async function insertSession(
  tx: Tx,
  session: Session,
  row: { tokenHash: Buffer; amr: readonly Amr[]; device: string; ipMasked: string; now: Date },
): Promise<void> {
  await tx.query(
    "identity_insert_session",
    `insert into identity.sessions (id, user_id, org_id, token_hash, csrf_token, device, ip_masked, created_at,
       last_seen_at, expires_at, amr, proven_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10, $11)`,
    [
      session.id,
      session.user.id,
      session.orgId,
      row.tokenHash,
      session.csrfToken,
      row.device,
      row.ipMasked,
      row.now,
      session.expiresAt,
      row.amr,
      session.provenAt,
    ],
  );
}

/** Array of the `Factor`s of the person `u`. */
const FACTORS = `array_remove(array[
  (select 'totp' from identity.totp_secrets t where t.user_id = u.id and t.sealed is not null),
  (select 'passkey' from identity.passkeys k where k.user_id = u.id limit 1)], null)`;

/** The second factors that the person has, the one most asked for first. */
export async function listFactors(tx: Tx, userId: UserId): Promise<Factor[]> {
  const [row] = await tx.query<{ factors: Factor[] }>(
    "identity_factors",
    `select ${FACTORS} as factors from identity.users u where u.id = $1`,
    [userId],
  );
  return row?.factors ?? [];
}

const SESSION = `select s.id as session_id, s.org_id, s.csrf_token, s.proven_at, s.last_seen_at, s.expires_at,
  ${FACTORS} as factors, ${USER_COLUMNS}
  from identity.sessions s join identity.users u on u.id = s.user_id
  where s.ended_at is null and u.disabled_at is null`;

const toSession = (row: SessionRow): Session => ({
  id: row.session_id,
  user: plainUser(row),
  orgId: row.org_id,
  csrfToken: row.csrf_token,
  provenAt: row.proven_at,
  factors: row.factors,
  lastSeenAt: row.last_seen_at,
  expiresAt: row.expires_at,
});

/** The open session of this secret; whether it has run out is for the caller to see. */
export async function findSessionByHash(tx: Tx, tokenHash: Buffer): Promise<Session | null> {
  const [row] = await tx.query<SessionRow>("identity_session_by_hash", `${SESSION} and s.token_hash = $1`, [
    tokenHash,
  ]);
  return row ? toSession(row) : null;
}

export async function findSessionById(tx: Tx, id: string): Promise<Session | null> {
  const [row] = await tx.query<SessionRow>("identity_session_by_id", `${SESSION} and s.id = $1`, [id]);
  return row ? toSession(row) : null;
}

/** Gives the session a new secret in another organization; null when it has ended meanwhile. */
export async function rotateSession(
  tx: Tx,
  id: string,
  to: { orgId: OrgId; tokenHash: Buffer; csrfToken: string },
): Promise<Session | null> {
  await tx.query(
    "identity_rotate_session",
    "update identity.sessions set org_id = $2, token_hash = $3, csrf_token = $4 where id = $1 and ended_at is null",
    [id, to.orgId, to.tokenHash, to.csrfToken],
  );
  return findSessionById(tx, id);
}

export async function updateLastSeen(tx: Tx, id: string, now: Date): Promise<void> {
  await tx.query(
    "identity_update_last_seen",
    "update identity.sessions set last_seen_at = $2 where id = $1 and ended_at is null and last_seen_at < $2",
    [id, now],
  );
}

/** Ends the session of this secret. Returns its id, or null when there was none open. */
export async function endSessionByHash(
  tx: Tx,
  tokenHash: Buffer,
  reason: EndReason,
  now: Date,
): Promise<Id<"ses"> | null> {
  const [row] = await tx.query<{ id: Id<"ses"> }>(
    "identity_end_session",
    `update identity.sessions set ended_at = $3, end_reason = $2 where token_hash = $1 and ended_at is null
     returning id`,
    [tokenHash, reason, now],
  );
  return row?.id ?? null;
}

/** Deletes at most `limit` sessions opened before then; returns how many. */
export async function deleteOldSessions(tx: Tx, before: Date, limit: number): Promise<number> {
  const rows = await tx.query(
    "identity_delete_old_sessions",
    `delete from identity.sessions where id in (
       select id from identity.sessions where created_at < $1 order by created_at limit $2 for update skip locked)
     returning id`,
    [before, limit],
  );
  return rows.length;
}
