import type { Tx } from "../../../platform/db/index.ts";
import type { UserId } from "../../../platform/ids.ts";

export type Purpose = "register" | "login";

/** Remembers what an authenticator is asked to sign; `userId` null when it will tell whose it is. */
export async function insertCeremony(
  tx: Tx,
  ceremony: { challengeHash: Buffer; purpose: Purpose; userId: UserId | null; expiresAt: Date },
): Promise<void> {
  await tx.query(
    "identity_insert_passkey_challenge",
    `insert into identity.passkey_challenges (challenge_hash, purpose, user_id, expires_at) values ($1, $2, $3, $4)`,
    [ceremony.challengeHash, ceremony.purpose, ceremony.userId, ceremony.expiresAt],
  );
}

/** Spends a challenge: of many answers to it, one finds it. Null for one that nobody made, spent or expired. */
export async function spendCeremony(
  tx: Tx,
  challengeHash: Buffer,
  purpose: Purpose,
  now: Date,
): Promise<{ userId: UserId | null } | null> {
  const [row] = await tx.query<{ user_id: UserId | null; expires_at: Date }>(
    "identity_spend_passkey_challenge",
    `delete from identity.passkey_challenges where challenge_hash = $1 and purpose = $2
     returning user_id, expires_at`,
    [challengeHash, purpose],
  );
  return row && row.expires_at > now ? { userId: row.user_id } : null;
}

/** Deletes at most `limit` challenges that expired before then; returns how many. */
export async function deleteOldCeremonies(tx: Tx, before: Date, limit: number): Promise<number> {
  const rows = await tx.query(
    "identity_delete_old_passkey_challenges",
    `delete from identity.passkey_challenges where challenge_hash in (
       select challenge_hash from identity.passkey_challenges where expires_at < $1
       order by expires_at limit $2 for update skip locked)
     returning purpose`,
    [before, limit],
  );
  return rows.length;
}
