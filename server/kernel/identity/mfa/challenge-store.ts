import type { Tx } from "../../../platform/db/index.ts";
import type { Id, UserId } from "../../../platform/ids.ts";
import type { Amr, SignInMode } from "../sessions/session.ts";

/** A sign-in that waits for its second factor. */
export type WaitingSignIn = { id: Id<"chl">; userId: UserId; amr: readonly Amr[]; mode: SignInMode };

export async function insertChallenge(
  tx: Tx,
  waiting: WaitingSignIn & { tokenHash: Buffer; expiresAt: Date; now: Date },
): Promise<void> {
  await tx.query(
    "identity_insert_mfa_challenge",
    `insert into identity.mfa_challenges (id, user_id, token_hash, amr, mode, expires_at, created_at)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [
      waiting.id,
      waiting.userId,
      waiting.tokenHash,
      waiting.amr,
      waiting.mode,
      waiting.expiresAt,
      waiting.now,
    ],
  );
}

/** The sign-in of this challenge while it can still be finished. */
export async function findChallenge(tx: Tx, tokenHash: Buffer, now: Date): Promise<WaitingSignIn | null> {
  const [row] = await tx.query<{ id: Id<"chl">; user_id: UserId; amr: Amr[]; mode: SignInMode }>(
    "identity_mfa_challenge",
    `select id, user_id, amr, mode from identity.mfa_challenges
     where token_hash = $1 and spent_at is null and expires_at > $2`,
    [tokenHash, now],
  );
  return row ? { id: row.id, userId: row.user_id, amr: row.amr, mode: row.mode } : null;
}

export async function spendChallenge(tx: Tx, id: Id<"chl">, now: Date): Promise<void> {
  await tx.query(
    "identity_spend_mfa_challenge",
    "update identity.mfa_challenges set spent_at = $2 where id = $1 and spent_at is null",
    [id, now],
  );
}

/** Deletes at most `limit` challenges made before then; returns how many. */
export async function deleteOldChallenges(tx: Tx, before: Date, limit: number): Promise<number> {
  const rows = await tx.query(
    "identity_delete_old_mfa_challenges",
    `delete from identity.mfa_challenges where id in (
       select id from identity.mfa_challenges where created_at < $1 order by created_at limit $2 for update skip locked)
     returning id`,
    [before, limit],
  );
  return rows.length;
}
