import type { Tx } from "../../../platform/db/index.ts";
import type { Id, UserId } from "../../../platform/ids.ts";

export type StoredTotp = {
  sealed: Buffer | null;
  confirmedAt: Date | null;
  pending: { sealed: Buffer; until: Date } | null;
};

export async function findTotp(tx: Tx, userId: UserId): Promise<StoredTotp | null> {
  const [row] = await tx.query<{
    sealed: Buffer | null;
    confirmed_at: Date | null;
    pending_sealed: Buffer | null;
    pending_until: Date | null;
  }>(
    "identity_totp",
    "select sealed, confirmed_at, pending_sealed, pending_until from identity.totp_secrets where user_id = $1",
    [userId],
  );
  if (!row) return null;
  const { sealed, confirmed_at: confirmedAt, pending_sealed: pending, pending_until: until } = row;
  return { sealed, confirmedAt, pending: pending && until && { sealed: pending, until } };
}

/** Keeps a secret that no code has confirmed yet; the one in force stays so. */
export async function savePendingTotp(tx: Tx, userId: UserId, sealed: Buffer, until: Date): Promise<void> {
  await tx.query(
    "identity_save_pending_totp",
    `insert into identity.totp_secrets (user_id, pending_sealed, pending_until) values ($1, $2, $3)
     on conflict (user_id) do update set pending_sealed = $2, pending_until = $3`,
    [userId, sealed, until],
  );
}

/** Puts the pending secret in force; the step of the code that confirmed it is spent. */
export async function confirmPendingTotp(tx: Tx, userId: UserId, step: number, now: Date): Promise<void> {
  await tx.query(
    "identity_confirm_totp",
    `update identity.totp_secrets set sealed = pending_sealed, confirmed_at = $3, last_step = $2,
       pending_sealed = null, pending_until = null where user_id = $1 and pending_sealed is not null`,
    [userId, step, now],
  );
}

/** Spends a step and all before it. False when it was spent: of many at once, one is told true. */
export async function spendStep(tx: Tx, userId: UserId, step: number): Promise<boolean> {
  const rows = await tx.query(
    "identity_spend_totp_step",
    "update identity.totp_secrets set last_step = $2 where user_id = $1 and last_step < $2 returning user_id",
    [userId, step],
  );
  return rows.length === 1;
}

/** False when there was none in force. */
export async function deleteTotp(tx: Tx, userId: UserId): Promise<boolean> {
  const rows = await tx.query<{ in_force: boolean }>(
    "identity_delete_totp",
    "delete from identity.totp_secrets where user_id = $1 returning sealed is not null as in_force",
    [userId],
  );
  return rows[0]?.in_force ?? false;
}

/** Until when the person's second step is locked; null when it is not. */
export async function lockedUntil(tx: Tx, userId: UserId, now: Date): Promise<Date | null> {
  const [row] = await tx.query<{ locked_until: Date }>(
    "identity_mfa_locked_until",
    "select locked_until from identity.mfa_failures where user_id = $1 and locked_until > $2",
    [userId, now],
  );
  return row?.locked_until ?? null;
}

/** Counts a failure; the one that makes `most` in a row locks until then and starts the count anew. True when it did. */
export async function countFailure(tx: Tx, userId: UserId, most: number, until: Date): Promise<boolean> {
  const [row] = await tx.query<{ failures: number }>(
    "identity_count_mfa_failure",
    `insert into identity.mfa_failures as f (user_id, failures, locked_until) values ($1, 1, null)
     on conflict (user_id) do update set failures = (f.failures + 1) % $2,
       locked_until = case when f.failures + 1 >= $2 then $3::timestamptz end
     returning failures`,
    [userId, most, until],
  );
  return row?.failures === 0;
}

export async function forgetFailures(tx: Tx, userId: UserId): Promise<void> {
  await tx.query("identity_forget_mfa_failures", "delete from identity.mfa_failures where user_id = $1", [
    userId,
  ]);
}

/** The person's open sessions. */
export async function listOpenSessionIds(tx: Tx, userId: UserId): Promise<Id<"ses">[]> {
  const rows = await tx.query<{ id: Id<"ses"> }>(
    "identity_open_session_ids",
    "select id from identity.sessions where user_id = $1 and ended_at is null",
    [userId],
  );
  return rows.map(({ id }) => id);
}
