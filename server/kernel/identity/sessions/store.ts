import { addMs } from "../../../platform/clock.ts";
import type { Tx } from "../../../platform/db/index.ts";
import type { Id, OrgId, UserId } from "../../../platform/ids.ts";
import { plainUser, USER_COLUMNS, type UserRow } from "../people/store.ts";
import type { EndReason, Factor, Session, SessionKind, SessionRule, Viewer } from "./session.ts";

type SessionRow = {
  session_id: Id<"ses">;
  kind: SessionKind;
  org_id: OrgId;
  csrf_token: string;
  proven_at: Date;
  factors: Factor[];
  last_seen_at: Date;
  expires_at: Date;
  secret_ends_at: Date | null;
  rotate_due: boolean;
  amr: string[];
  client_id: string | null;
  scopes: string[] | null;
  viewer: Viewer | null;
} & UserRow;

export async function lastOrganization(tx: Tx, userId: UserId): Promise<OrgId | null> {
  const [row] = await tx.query<{ org_id: OrgId }>(
    "identity_last_organization",
    "select org_id from identity.sessions where user_id = $1 and viewer_id is null order by created_at desc, id desc limit 1",
    [userId],
  );
  return row?.org_id ?? null;
}

/** Ends the person's sessions of the rule's kinds that have run out, and the oldest, so that one more fits. */
export async function endSurplus(
  tx: Tx,
  userId: UserId,
  { kinds, most, idleMs }: SessionRule,
  now: Date,
): Promise<EndedSession[]> {
  const rows = await tx.query<EndedRow>(
    "identity_end_surplus",
    `with open as (
       select id, expires_at <= $4 or last_seen_at <= $3 as over,
         row_number() over (partition by expires_at <= $4 or last_seen_at <= $3 order by created_at desc, id desc) as rank
       from identity.sessions where user_id = $1 and kind = any($5) and ended_at is null and viewer_id is null)
     update identity.sessions s set ended_at = $4, end_reason = case when open.over then 'expired' else 'evicted' end
     from open where s.id = open.id and (open.over or open.rank > $2)
     returning s.id, s.user_id, s.org_id, s.end_reason, s.viewer_id, s.viewer_session_id`,
    [userId, most - 1, addMs(now, -idleMs), now, kinds],
  );
  return rows.map(toEnded);
}

export async function insertSession(
  tx: Tx,
  session: Session,
  row: { tokenHash: Buffer | null; device: string; ipMasked: string; now: Date },
): Promise<void> {
  await tx.query(
    "identity_insert_session",
    `insert into identity.sessions (id, user_id, org_id, token_hash, csrf_token, device, ip_masked, created_at,
       last_seen_at, expires_at, amr, proven_at, kind, client_id, scopes, viewer_id, viewer_session_id, view_reason)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
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
      session.amr,
      session.provenAt,
      session.kind,
      session.clientId,
      session.scopes,
      session.viewer?.userId ?? null,
      session.viewer?.sessionId ?? null,
      session.viewer?.reason ?? null,
    ],
  );
}

/** Array of the `Factor`s of the person `u`. */
export const FACTORS = `array_remove(array[
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

const COLUMNS = `s.id as session_id, s.kind, s.amr, s.client_id, s.scopes, s.csrf_token, s.proven_at, s.last_seen_at, s.expires_at, s.rotate_due,
  ${FACTORS} as factors, (select jsonb_build_object('userId', v.id, 'fullName', v.full_name,
    'sessionId', s.viewer_session_id, 'reason', s.view_reason) from identity.users v where v.id = s.viewer_id) as viewer, ${USER_COLUMNS}`;
const OPEN = `identity.sessions s join identity.users u on u.id = s.user_id
  where s.ended_at is null and u.disabled_at is null and (u.erase_at is null or s.kind <> 'app')`;

const toSession = (row: SessionRow): Session => ({
  id: row.session_id,
  kind: row.kind,
  user: plainUser(row),
  orgId: row.org_id,
  csrfToken: row.csrf_token,
  provenAt: row.proven_at,
  factors: row.factors,
  lastSeenAt: row.last_seen_at,
  expiresAt: row.expires_at,
  secretEndsAt: row.secret_ends_at,
  rotateDue: row.rotate_due,
  amr: row.amr,
  clientId: row.client_id,
  scopes: row.scopes,
  viewer: row.viewer,
  leaving: row.erase_at !== null,
});

/** The open session of this secret, or of this one before the last; whether it has run out is for the caller to see. */
export async function findSessionByHash(tx: Tx, tokenHash: Buffer): Promise<Session | null> {
  const [row] = await tx.query<SessionRow>(
    "identity_session_by_hash",
    `select ${COLUMNS}, case when s.token_hash = $1 then s.org_id else s.previous_org_id end as org_id,
       case when s.token_hash = $1 then null else s.previous_until end as secret_ends_at
     from ${OPEN} and (s.token_hash = $1 or s.previous_token_hash = $1)`,
    [tokenHash],
  );
  return row ? toSession(row) : null;
}

export async function findSessionById(tx: Tx, id: string): Promise<Session | null> {
  const [row] = await tx.query<SessionRow>(
    "identity_session_by_id",
    `select ${COLUMNS}, s.org_id, null::timestamptz as secret_ends_at from ${OPEN} and s.id = $1`,
    [id],
  );
  return row ? toSession(row) : null;
}

/** The open session, locked, so that whatever changes it takes turns; null once it has ended. */
export async function lockSession(tx: Tx, id: string): Promise<Session | null> {
  const [row] = await tx.query<SessionRow>(
    "identity_lock_session",
    `select ${COLUMNS}, s.org_id, null::timestamptz as secret_ends_at from ${OPEN} and s.id = $1
     for no key update of s`,
    [id],
  );
  return row ? toSession(row) : null;
}

/**
 * Gives the session a new secret, in another organization if one is named; the old one serves until `oldUntil`. With
 * `ifDue` only when a rotation is due, so that of calls at the same time one rotates. Null: nothing was rotated.
 */
export async function rotateSession(
  tx: Tx,
  id: string,
  to: { orgId: OrgId | null; tokenHash: Buffer; oldUntil: Date; ifDue: boolean },
): Promise<Session | null> {
  const rotated = await tx.query(
    "identity_rotate_session",
    `update identity.sessions set previous_token_hash = token_hash, previous_org_id = org_id, previous_until = $4,
       org_id = coalesce($2, org_id), token_hash = $3, rotate_due = false
     where id = $1 and ended_at is null and kind = 'browser' and (rotate_due or not $5) returning id`,
    [id, to.orgId, to.tokenHash, to.oldUntil, to.ifDue],
  );
  return rotated.length > 0 ? findSessionById(tx, id) : null;
}

export async function updateOrganization(tx: Tx, id: string, orgId: OrgId): Promise<void> {
  await tx.query(
    "identity_update_session_organization",
    "update identity.sessions set org_id = $2 where id = $1 and ended_at is null",
    [id, orgId],
  );
}

/** Says that the next call of the person's browsers in this organization gets a new secret. Returns whose memory is stale. */
export async function markForRotation(tx: Tx, userId: UserId, orgId: OrgId): Promise<Id<"ses">[]> {
  const rows = await tx.query<{ id: Id<"ses"> }>(
    "identity_mark_for_rotation",
    `update identity.sessions set rotate_due = kind = 'browser'
     where user_id = $1 and org_id = $2 and ended_at is null returning id`,
    [userId, orgId],
  );
  return rows.map(({ id }) => id);
}

/** The person has proved once more who they are. */
export async function updateProven(tx: Tx, id: string, now: Date): Promise<void> {
  await tx.query(
    "identity_update_proven",
    "update identity.sessions set proven_at = $2 where id = $1 and ended_at is null",
    [id, now],
  );
}

/** By session; locked in the order of their ids, so that two processes with the same sessions do not wait for each other. */
export async function updateLastSeen(tx: Tx, usedAt: ReadonlyMap<string, Date>): Promise<void> {
  await tx.query(
    "identity_update_last_seen",
    `with used as (
       select s.id, u.at from unnest($1::text[], $2::timestamptz[]) u (id, at)
       join identity.sessions s on s.id = u.id
       where s.ended_at is null and s.last_seen_at < u.at order by s.id for update of s)
     update identity.sessions s set last_seen_at = used.at from used where s.id = used.id`,
    [[...usedAt.keys()], [...usedAt.values()]],
  );
}

export type EndedSession = {
  id: Id<"ses">;
  userId: UserId;
  orgId: OrgId;
  reason: EndReason;
  /** Of a session by which an operator looked on: who, and their own session. */
  viewer: { userId: UserId; sessionId: string } | null;
};
type EndedRow = {
  id: Id<"ses">;
  user_id: UserId;
  org_id: OrgId;
  end_reason: EndReason;
  viewer_id: UserId | null;
  viewer_session_id: string | null;
};
const ENDED = "id, user_id, org_id, end_reason, viewer_id, viewer_session_id";
const toEnded = (row: EndedRow): EndedSession => ({
  id: row.id,
  userId: row.user_id,
  orgId: row.org_id,
  reason: row.end_reason,
  viewer:
    row.viewer_id && row.viewer_session_id
      ? { userId: row.viewer_id, sessionId: row.viewer_session_id }
      : null,
});

/** Ends the session of this secret, or of this one before the last. Null when there was none open. */
export async function endSessionByHash(
  tx: Tx,
  tokenHash: Buffer,
  reason: EndReason,
  now: Date,
): Promise<EndedSession | null> {
  const [row] = await tx.query<EndedRow>(
    "identity_end_session",
    `update identity.sessions set ended_at = $3, end_reason = $2
     where (token_hash = $1 or (previous_token_hash = $1 and previous_until > $3)) and ended_at is null
     returning ${ENDED}`,
    [tokenHash, reason, now],
  );
  return row ? toEnded(row) : null;
}

/** Ends the person's open sessions, and those by which they look at other accounts: all, one, or all but one. */
export async function endSessionsOfUser(
  tx: Tx,
  userId: UserId,
  which: { only?: string | undefined; except?: string | undefined },
  reason: EndReason,
  now: Date,
): Promise<EndedSession[]> {
  const rows = await tx.query<EndedRow>(
    "identity_end_sessions_of_user",
    `update identity.sessions set ended_at = $5, end_reason = $4
     where (user_id = $1 or viewer_id = $1) and ended_at is null
       and ($2::text is null or id = $2) and ($3::text is null or id <> $3)
     returning ${ENDED}`,
    [userId, which.only ?? null, which.except ?? null, reason, now],
  );
  return rows.map(toEnded);
}

/** Ends the open sessions in an organization that did not begin with `amr`, but for these people's. */
export async function endSessionsWithout(
  tx: Tx,
  orgId: OrgId,
  { amr, exempt }: { amr: string; exempt: readonly UserId[] },
  reason: EndReason,
  now: Date,
): Promise<EndedSession[]> {
  const rows = await tx.query<EndedRow>(
    "identity_end_sessions_without",
    `update identity.sessions set ended_at = $5, end_reason = $4
     where org_id = $1 and ended_at is null and not amr @> array[$2::text] and user_id <> all($3)
     returning ${ENDED}`,
    [orgId, amr, exempt, reason, now],
  );
  return rows.map(toEnded);
}

export type ListedSession = {
  id: Id<"ses">;
  kind: SessionKind;
  device: string;
  ipMasked: string;
  createdAt: Date;
  lastSeenAt: Date;
};

/** Sessions of one person at most; far above what the rules let live. */
const MAX_LISTED = 100;

/** The person's live sessions, the one used last first. Browsers and tokens idle since `idleSince` are over. */
export async function listSessions(
  tx: Tx,
  userId: UserId,
  idleSince: Date,
  now: Date,
): Promise<ListedSession[]> {
  const rows = await tx.query<{
    id: Id<"ses">;
    kind: SessionKind;
    device: string;
    ip_masked: string;
    created_at: Date;
    last_seen_at: Date;
  }>(
    "identity_sessions_of_user",
    `select id, kind, device, ip_masked, created_at, last_seen_at from identity.sessions
     where user_id = $1 and ended_at is null and expires_at > $3 and (kind = 'app' or last_seen_at > $2)
     order by last_seen_at desc, id desc limit ${MAX_LISTED}`,
    [userId, idleSince, now],
  );
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    device: row.device,
    ipMasked: row.ip_masked,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
  }));
}

/** From where a session was opened. */
export async function findSessionPlace(
  tx: Tx,
  id: string,
): Promise<{ userId: UserId; device: string; ipMasked: string; createdAt: Date } | null> {
  const [row] = await tx.query<{ user_id: UserId; device: string; ip_masked: string; created_at: Date }>(
    "identity_session_place",
    "select user_id, device, ip_masked, created_at from identity.sessions where id = $1",
    [id],
  );
  if (!row) return null;
  return { userId: row.user_id, device: row.device, ipMasked: row.ip_masked, createdAt: row.created_at };
}

/** Notes where the person signs in from. True when they had signed in before, but never from such a device. */
export async function noteDevice(tx: Tx, userId: UserId, device: string, now: Date): Promise<boolean> {
  const [row] = await tx.query<{ fresh: boolean; others: boolean }>(
    "identity_note_device",
    `with noted as (
       insert into identity.known_devices (user_id, device, first_seen_at, last_seen_at) values ($1, $2, $3, $3)
       on conflict (user_id, device) do update set last_seen_at = excluded.last_seen_at
       returning first_seen_at = $3 and xmax = 0 as fresh)
     select fresh, exists (select from identity.known_devices where user_id = $1 and device <> $2) as others from noted`,
    [userId, device, now],
  );
  return row !== undefined && row.fresh && row.others;
}

/** Deletes at most `limit` sessions that were over before then; returns how many. */
export async function deleteOldSessions(tx: Tx, before: Date, limit: number): Promise<number> {
  const rows = await tx.query(
    "identity_delete_old_sessions",
    `delete from identity.sessions where id in (
       select id from identity.sessions where least(ended_at, expires_at) < $1
       order by least(ended_at, expires_at) limit $2 for update skip locked)
     returning id`,
    [before, limit],
  );
  return rows.length;
}
