import type { Tx } from "../../../platform/db/index.ts";
import type { UserId } from "../../../platform/ids.ts";

/** Puts a new set in the place of the one before. */
export async function replaceCodes(
  tx: Tx,
  userId: UserId,
  set: { salt: Buffer; hashes: readonly Buffer[] },
  now: Date,
): Promise<void> {
  await deleteCodes(tx, userId);
  await tx.query(
    "identity_insert_backup_codes",
    `insert into identity.backup_codes (user_id, code_hash, salt, created_at)
     select $1, hash, $3, $4 from unnest($2::bytea[]) as hash order by hash`,
    [userId, set.hashes, set.salt, now],
  );
}

export async function deleteCodes(tx: Tx, userId: UserId): Promise<void> {
  await tx.query("identity_delete_backup_codes", "delete from identity.backup_codes where user_id = $1", [
    userId,
  ]);
}

/** The salt of the person's set; null without one. */
export async function findSalt(tx: Tx, userId: UserId): Promise<Buffer | null> {
  const [row] = await tx.query<{ salt: Buffer }>(
    "identity_backup_code_salt",
    "select salt from identity.backup_codes where user_id = $1 limit 1",
    [userId],
  );
  return row?.salt ?? null;
}

export async function countCodesLeft(tx: Tx, userId: UserId): Promise<number> {
  const [row] = await tx.query<{ left: number }>(
    "identity_backup_codes_left",
    `select count(*)::int as "left" from identity.backup_codes where user_id = $1 and spent_at is null`,
    [userId],
  );
  return row?.left ?? 0;
}

/** Spends a code. False when there is no such code left: of many at once, one is told true. */
export async function spendCode(tx: Tx, userId: UserId, hash: Buffer, now: Date): Promise<boolean> {
  const rows = await tx.query(
    "identity_spend_backup_code",
    `update identity.backup_codes set spent_at = $3 where user_id = $1 and code_hash = $2 and spent_at is null
     returning user_id`,
    [userId, hash, now],
  );
  return rows.length === 1;
}
