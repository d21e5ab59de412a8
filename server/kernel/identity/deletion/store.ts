import type { Tx } from "../../../platform/db/index.ts";
import type { Id, UserId } from "../../../platform/ids.ts";
import { ERASED_AT } from "../people/user.ts";

export type DeletionId = Id<"del">;
export type DeletionState = "pending" | "scheduled" | "completed" | "cancelled" | "expired";
export type OpenDeletion = { id: DeletionId; state: "pending" | "scheduled"; executeAt: Date | null };
export type Deletion = {
  id: DeletionId;
  userId: UserId;
  state: DeletionState;
  createdAt: Date;
  executeAt: Date | null;
};
type Row = {
  id: DeletionId;
  user_id: UserId;
  state: DeletionState;
  created_at: Date;
  execute_at: Date | null;
};

const COLUMNS = "id, user_id, state, created_at, execute_at";
const toDeletion = (row: Row): Deletion => ({
  id: row.id,
  userId: row.user_id,
  state: row.state,
  createdAt: row.created_at,
  executeAt: row.execute_at,
});

/** False when the person has an open one already. */
export async function insertDeletion(tx: Tx, id: DeletionId, userId: UserId, now: Date): Promise<boolean> {
  const rows = await tx.query(
    "identity_insert_deletion",
    `insert into identity.deletion_requests (id, user_id, state, created_at) values ($1, $2, 'pending', $3)
     on conflict (user_id) where state in ('pending', 'scheduled') do nothing returning id`,
    [id, userId, now],
  );
  return rows.length === 1;
}

export async function lockDeletion(tx: Tx, id: string): Promise<Deletion | null> {
  const [row] = await tx.query<Row>(
    "identity_lock_deletion",
    `select ${COLUMNS} from identity.deletion_requests where id = $1 for update`,
    [id],
  );
  return row ? toDeletion(row) : null;
}

export async function findDeletion(tx: Tx, id: string): Promise<Deletion | null> {
  const [row] = await tx.query<Row>(
    "identity_deletion",
    `select ${COLUMNS} from identity.deletion_requests where id = $1`,
    [id],
  );
  return row ? toDeletion(row) : null;
}

export async function findOpenDeletion(tx: Tx, userId: UserId): Promise<OpenDeletion | null> {
  const [row] = await tx.query<Row & { state: "pending" | "scheduled" }>(
    "identity_open_deletion",
    `select ${COLUMNS} from identity.deletion_requests where user_id = $1 and state in ('pending', 'scheduled')`,
    [userId],
  );
  return row ? { id: row.id, state: row.state, executeAt: row.execute_at } : null;
}

/** Moves the request on; the person's own row says from when they are to be erased. */
export async function updateDeletion(
  tx: Tx,
  { id, userId }: Deletion,
  to: { state: DeletionState; executeAt: Date | null; endedAt: Date | null },
): Promise<void> {
  await tx.query(
    "identity_update_deletion",
    `with request as (
       update identity.deletion_requests set state = $3, execute_at = coalesce($4, execute_at), ended_at = $5 where id = $1)
     update identity.users set erase_at = $4 where id = $2`,
    [id, userId, to.state, to.executeAt, to.endedAt],
  );
}

/** The requests to carry out, the longest due first. */
export async function listDueDeletions(tx: Tx, now: Date, limit: number): Promise<DeletionId[]> {
  const rows = await tx.query<{ id: DeletionId }>(
    "identity_due_deletions",
    `select id from identity.deletion_requests where state = 'scheduled' and execute_at <= $1
     order by execute_at limit $2`,
    [now, limit],
  );
  return rows.map(({ id }) => id);
}

/** Requests that nobody confirmed by mail are void. Returns whose. */
export async function expireDeletions(tx: Tx, before: Date, now: Date): Promise<UserId[]> {
  const rows = await tx.query<{ user_id: UserId }>(
    "identity_expire_deletions",
    `update identity.deletion_requests set state = 'expired', ended_at = $2
     where state = 'pending' and created_at <= $1 returning user_id`,
    [before, now],
  );
  return rows.map((row) => row.user_id);
}

/** Writes the alias over the person, who can never sign in again, and forgets all that was known of them here. */
export async function erasePerson(tx: Tx, userId: UserId, alias: string, now: Date): Promise<void> {
  await tx.query(
    "identity_erase_user",
    `update identity.users set email = $2 || '${ERASED_AT}', full_name = $2, password_hash = null, locale = 'en',
       disabled_reason = null, time_zone = 'UTC', notifications = '{}', erase_at = null, disabled_at = coalesce(disabled_at, $3), is_operator = false
     where id = $1`,
    [userId, alias, now],
  );
  await tx.query(
    "identity_erase_sessions",
    "update identity.sessions set device = 'erased', ip_masked = '' where user_id = $1",
    [userId],
  );
  for (const table of [
    "known_devices",
    "oauth_accounts",
    "address_changes",
    "one_time_tokens",
    "passkeys",
    "totp_secrets",
    "backup_codes",
    "mfa_resets",
  ])
    await tx.query(`identity_erase_${table}`, `delete from identity.${table} where user_id = $1`, [userId]);
}
