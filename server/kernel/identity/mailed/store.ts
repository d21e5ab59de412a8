import type { Tx } from "../../../platform/db/index.ts";
import type { Id, UserId } from "../../../platform/ids.ts";
import type { Purpose, TokenOf } from "./purpose.ts";

export type LiveToken = TokenOf & { id: Id<"otl"> };

export async function insertToken(
  tx: Tx,
  token: LiveToken & { tokenHash: Buffer; expiresAt: Date; now: Date },
): Promise<void> {
  await tx.query(
    "identity_insert_token",
    `insert into identity.one_time_tokens (id, purpose, user_id, subject_id, token_hash, expires_at, created_at)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict (token_hash) do nothing`,
    [token.id, token.purpose, token.userId, token.subjectId, token.tokenHash, token.expiresAt, token.now],
  );
}

/** Of one person, or of one row that has none. */
const SIBLINGS = `purpose = $1 and spent_at is null
  and ($2::text is null or user_id = $2) and ($2::text is not null or subject_id = $3)`;

/** Voids the oldest live ones beyond `most`. */
export async function voidSurplus(tx: Tx, of: TokenOf, most: number, now: Date): Promise<void> {
  await tx.query(
    "identity_void_surplus_tokens",
    `update identity.one_time_tokens set spent_at = $5 where id in (
       select id from identity.one_time_tokens where ${SIBLINGS} and expires_at > $5
       order by created_at desc, id desc offset $4)`,
    [of.purpose, of.userId, of.subjectId, most, now],
  );
}

export async function findLiveToken(
  tx: Tx,
  tokenHash: Buffer,
  purposes: readonly Purpose[],
  now: Date,
): Promise<LiveToken | null> {
  const [row] = await tx.query<{
    id: Id<"otl">;
    purpose: Purpose;
    user_id: UserId | null;
    subject_id: string | null;
  }>(
    "identity_live_token",
    `select id, purpose, user_id, subject_id from identity.one_time_tokens
     where token_hash = $1 and purpose = any($2) and spent_at is null and expires_at > $3`,
    [tokenHash, purposes, now],
  );
  return row ? { id: row.id, purpose: row.purpose, userId: row.user_id, subjectId: row.subject_id } : null;
}

/** Of tries at the same time one gets it. */
export async function lockLiveToken(tx: Tx, id: Id<"otl">, now: Date): Promise<boolean> {
  const rows = await tx.query(
    "identity_spend_token",
    `update identity.one_time_tokens set spent_at = $2 where id = $1 and spent_at is null and expires_at > $2
     returning id`,
    [id, now],
  );
  return rows.length === 1;
}

export async function voidTokens(tx: Tx, of: TokenOf, now: Date): Promise<void> {
  await tx.query(
    "identity_void_tokens",
    `update identity.one_time_tokens set spent_at = $4 where ${SIBLINGS}`,
    [of.purpose, of.userId, of.subjectId, now],
  );
}
